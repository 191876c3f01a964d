import { isName, type NameWords, wordsOf } from "./cbor/byte-words.ts";

/** How the value of a wanted field is read. */
export type FieldReading =
  /** Kept as a value. */
  | "value"
  /** Kept as a value whose texts repeat. */
  | "repeated"
  /** A text that a client writes: always kept. */
  | "text"
  /** A request header, likewise. */
  | "header"
  /** A request header; only signs of its kind of credential are kept. */
  | "credential"
  /** A list of maps; a few fields of each are kept. */
  | "tools"
  /** A map some of whose own fields are wanted, or a string that is scanned while it arrives. */
  | "answer"
  /** A map some of whose own fields are wanted. */
  | "map";

/** A wanted field of a map. */
export interface Field {
  name: string;
  reading: FieldReading;
  /** Stores the value. */
  keep(into: object, value: unknown): void;
  /** Wanted fields of a map, or of the maps of a list. */
  fields: FieldTable | undefined;
  /** Receives the map's fields or the list's items. */
  create(): object;
}

/** What to do with the keys of a map that are not wanted fields. */
export interface OtherKeys {
  /** `presence`: only notes that there is one. `name`: keeps its name. `count`: keeps its name and its value. */
  reading: "presence" | "name" | "count";
  keep(into: object, name: string, value: unknown): void;
}

interface NamedField {
  name: Uint8Array;
  words: NameWords;
  field: Field;
}

/** The longest name of a wanted field; a longer key is skipped. */
export const MAX_NAME_BYTES = 256;

/** Wanted fields by the bytes of their names, so that keys need not become texts. */
export class FieldTable {
  readonly fields: readonly Field[];
  readonly caseless: boolean;
  /** Undefined where other keys are skipped. */
  readonly others: OtherKeys | undefined;
  /** The kinds of other keys that are kept by name. */
  readonly readOthers: OtherKeys | undefined;
  readonly #byLength: readonly (readonly NamedField[])[];

  /** @param compare `caseless`: names are in lower case and keys are compared without case, as in HTTP. */
  constructor(fields: readonly Field[], compare: "exact" | "caseless" = "exact", others?: OtherKeys) {
    this.fields = fields;
    this.others = others;
    this.readOthers = others?.reading === "presence" ? undefined : others;
    this.caseless = compare === "caseless";
    const byLength = Map.groupBy(fields.map(named), ({ name }) => name.length);
    this.#byLength = Array.from({ length: MAX_NAME_BYTES + 1 }, (_, length) => byLength.get(length) ?? []);
  }

  /** The field with this name, a key of at most `MAX_NAME_BYTES`. */
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
/** The bit by which a lower-case ASCII letter differs from its capital. */
const SMALL = 0x20;

function isSameCaseless(name: Uint8Array, bytes: DataView, start: number): boolean {
  for (let at = 0; at < name.length; at++) {
    const byte = bytes.getUint8(start + at);
    const small = byte >= UPPER_A && byte <= UPPER_Z ? byte | SMALL : byte;
    if (small !== name[at]) return false;
  }
  return true;
}
