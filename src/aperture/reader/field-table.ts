import { isName, type NameWords, wordsOf } from "./cbor/byte-words.ts";

/** How the value of a wanted field is read. */
export type FieldReading =
  /** Kept as a value. */
  | "value"
  /** Kept as a value whose texts come again and again. */
  | "repeated"
  /** A text that a client writes: kept whatever it is. */
  | "text"
  /** A request header, likewise. */
  | "header"
  /** A request header of which nothing but signs of the kind of credential is kept. */
  | "credential"
  /** A list of which the length is kept. */
  | "length"
  /** A map some of whose own fields are wanted. */
  | "map";

/** A wanted field of a map. */
export interface Field {
  name: string;
  reading: FieldReading;
  /** Puts the value where it belongs. */
  keep(into: object, value: unknown): void;
  /** Wanted fields of a map. */
  fields: FieldTable | undefined;
  /** What the map's fields or the list's length go into. */
  create(): object;
}

/** What becomes of the keys of a map that name no wanted field. */
export interface OtherKeys {
  /** `presence`: that there is one is all that is wanted. `name`: its name is, `count`: its name and its value. */
  reading: "presence" | "name" | "count";
  keep(into: object, name: string, value: unknown): void;
}

interface NamedField {
  name: Uint8Array;
  words: NameWords;
  field: Field;
}

/** No wanted field has a longer name; a longer key is passed over unread. */
export const MAX_NAME_BYTES = 256;

/** Wanted fields by the bytes of their names, so that no text is made of a key. */
export class FieldTable {
  readonly fields: readonly Field[];
  readonly caseless: boolean;
  /** Undefined where other keys are passed over. */
  readonly others: OtherKeys | undefined;
  /** Those of which more is wanted than that there is one. */
  readonly readOthers: OtherKeys | undefined;
  readonly #byLength: readonly (readonly NamedField[])[];

  /** @param compare `caseless`: names are in small letters and keys are taken as if they were, as HTTP has it. */
  constructor(fields: readonly Field[], compare: "exact" | "caseless" = "exact", others?: OtherKeys) {
    this.fields = fields;
    this.others = others;
    this.readOthers = others?.reading === "presence" ? undefined : others;
    this.caseless = compare === "caseless";
    const byLength = Map.groupBy(fields.map(named), ({ name }) => name.length);
    this.#byLength = Array.from({ length: MAX_NAME_BYTES + 1 }, (_, length) => byLength.get(length) ?? []);
  }

  /** The field whose name is this key of at most `MAX_NAME_BYTES`. */
  find(bytes: DataView, start: number, length: number): Field | undefined {
    const candidates = this.#byLength[length];
    if (candidates === undefined) return undefined;
    for (let i = 0; i < candidates.length; i++) {
      const candidate = candidates[i];
      if (candidate === undefined) continue;
      const { name, words } = candidate;
      if (this.caseless ? isSameCaseless(name, bytes, start) : isName(words, bytes, start)) return candidate.field;
    }
    return undefined;
  }
}

function named(field: Field): NamedField {
  const name = Buffer.from(field.name);
  return { name, words: wordsOf(name), field };
}

const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
/** What tells a small ASCII letter from its capital. */
const SMALL = 0x20;

function isSameCaseless(name: Uint8Array, bytes: DataView, start: number): boolean {
  for (let at = 0; at < name.length; at++) {
    const byte = bytes.getUint8(start + at);
    const small = byte >= UPPER_A && byte <= UPPER_Z ? byte | SMALL : byte;
    if (small !== name[at]) return false;
  }
  return true;
}
