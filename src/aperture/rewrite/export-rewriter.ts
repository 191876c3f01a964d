import { CborCursor, isBreak } from "../cbor-cursor.ts";
import { ARRAY, BYTES, INDEFINITE, MAP, NOTHING, SIMPLE, TAG, TEXT } from "../cbor-head.ts";
import { NOT_ALL_HERE, readBounded } from "../cbor-value.ts";
import { MAX_NAME_BYTES } from "../field-table.ts";
import { ItemSkipper } from "../item-skipper.ts";
import { captureRule, DROPPED, isCredential, isDevice, isFieldName, MOST_BYTES, type ValueRule } from "./capture-rules.ts";
import { NULL_ITEM, textItem } from "./encode-item.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { ItemRedactor } from "./item-redactor.ts";
import type { Redactor } from "./redactor.ts";

/** What becomes of a record. */
export type Treatment = "keep" | "remove" | "drop_bodies" | "redact_bodies" | "pseudonymise";

export interface RewritingCounts {
  /** Whole items found, removed ones included. */
  records: number;
  removed: number;
  /** Records of which anything but a credential was left out. */
  bodiesDropped: number;
  /** Matches replaced, by the pattern's name. */
  redactions: Record<string, number>;
}

/** Takes what bytes there are; `yield` waits for more. No place in the buffer is the same afterwards. */
type Reading<Result = void> = Generator<void, Result, void>;

/** What is replaced in the texts of records that are redacted or pseudonymised. */
export interface Redactors {
  redact: Redactor;
  pseudonymise: Redactor;
}

const DROPPED_TEXT = textItem(DROPPED);

/**
 * Writes a CBOR sequence of records again as its bytes arrive, each as it is treated. What stands for a value is written
 * when the value has been passed: a record that ends early ends early in the copy too.
 */
export class ExportRewriter {
  readonly counts: RewritingCounts = { records: 0, removed: 0, bodiesDropped: 0, redactions: {} };
  readonly #cursor = new CborCursor();
  readonly #skipper = new ItemSkipper();
  readonly #redactor: ItemRedactor;
  readonly #pseudonymiser: ItemRedactor;
  readonly #keyPseudonymiser: ItemRedactor;
  readonly #treat: (position: number) => Treatment;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #held = new GrowingBytes();
  readonly #reading: Reading;
  #dropped = false;
  /** Whether texts of the record are written with a pseudonym for a login. */
  #pseudonymises = false;

  /** @param write given bytes that are valid until it returns. */
  constructor(treat: (position: number) => Treatment, { redact, pseudonymise }: Redactors, write: (bytes: Uint8Array) => void) {
    const { redactions } = this.counts;
    const found = (name: string): void => void (redactions[name] = (redactions[name] ?? 0) + 1);
    this.#treat = treat;
    this.#write = write;
    this.#redactor = new ItemRedactor(redact, found, write);
    const pseudonymiseKey: Redactor = (key, told) => (isFieldName(key) ? key : pseudonymise(key, told));
    this.#pseudonymiser = new ItemRedactor(pseudonymise, () => undefined, write, pseudonymiseKey);
    this.#keyPseudonymiser = new ItemRedactor(pseudonymiseKey, () => undefined, write);
    this.#reading = this.#readSequence();
  }

  /** The chunk's memory is not looked at any more when this returns. Throws `DamageFound` where the bytes are no CBOR. */
  push(chunk: Buffer): void {
    this.#cursor.append(chunk);
    this.#reading.next();
    this.#cursor.keepRest();
  }

  *#readSequence(): Reading {
    for (let position = 0; ; position++) {
      yield* this.#readHead();
      if (isBreak(this.#cursor)) throw this.#cursor.malformed("a break where a record belongs");
      this.#dropped = false;
      const treatment = this.#treat(position);
      this.#pseudonymises = treatment === "pseudonymise";
      yield* this.#readItem(treatment);
      this.counts.records++;
      if (treatment === "remove") this.counts.removed++;
      if (this.#dropped) this.counts.bodiesDropped++;
    }
  }

  *#readItem(treatment: Treatment): Reading {
    const isRecord = this.#cursor.major === MAP;
    switch (treatment) {
      case "keep":
        return yield* this.#copy();
      case "remove":
        return yield* this.#pass();
      case "drop_bodies":
      case "pseudonymise":
        return isRecord ? yield* this.#readMap((name) => this.#readField(name, () => this.#dropCapture())) : yield* this.#dropLarge(MOST_BYTES.unknown);
      case "redact_bodies":
        return isRecord ? yield* this.#readMap((name) => this.#readField(name, () => this.#redact())) : yield* this.#redact();
      default:
        return treatment satisfies never;
    }
  }

  *#readField(name: string | undefined, readCapture: () => Reading): Reading {
    yield* this.#copyKey();
    if (name === "capture") return yield* readCapture();
    return yield* name === "identity" && this.#pseudonymises ? this.#readIdentity() : this.#copyValue();
  }

  *#readIdentity(): Reading {
    yield* this.#readHead();
    if (this.#cursor.major !== MAP) return yield* this.#copyValue();
    return yield* this.#readMap((name) => this.#readIdentityField(name));
  }

  *#readIdentityField(name: string | undefined): Reading {
    yield* this.#copyKey();
    yield* isDevice(name) ? this.#pass(NULL_ITEM) : this.#copyValue();
  }

  *#readHead(): Reading {
    while (!this.#cursor.readHead()) yield;
  }

  /** Writes the map whose head was read last; `entry` is asked for each entry, with the cursor before its key. */
  *#readMap(entry: (name: string | undefined) => Reading): Reading {
    const readEntry = function* (this: ExportRewriter): Reading {
      yield* entry(yield* this.#readName());
    }.bind(this);
    yield* this.#readContainer(readEntry);
  }

  /** Writes the list or map whose head was read last; `one` is asked for each item or entry. */
  *#readContainer(one: () => Reading): Reading {
    const cursor = this.#cursor;
    const isParted = cursor.info === INDEFINITE;
    const expected = cursor.argument;
    this.#copyHead();
    for (let read = 0; isParted || read < expected; read++) {
      yield* this.#readHead();
      if (isBreak(cursor)) {
        if (!isParted) throw cursor.malformed("a break where no indefinite item is open");
        this.#copyHead();
        break;
      }
      yield* one();
    }
  }

  /** The key at the cursor, which stays before it; undefined for one that names nothing that is known. */
  *#readName(): Reading<string | undefined> {
    const cursor = this.#cursor;
    for (;;) {
      yield* this.#readHead();
      const { at, major, argument } = cursor;
      if (major !== TEXT || argument > MAX_NAME_BYTES) return undefined;
      const name = readBounded(cursor, undefined);
      cursor.at = at;
      if (name !== NOT_ALL_HERE) return typeof name === "string" && name.length <= MAX_NAME_BYTES ? name : undefined;
      yield;
    }
  }

  *#dropCapture(): Reading {
    yield* this.#readHead();
    if (this.#cursor.major !== MAP) return yield* this.#dropOdd();
    return yield* this.#readMap((name) => this.#dropEntry(name));
  }

  *#dropEntry(name: string | undefined): Reading {
    if (name === undefined) yield* this.#dropUnknown();
    else yield* this.#copyKey();
    yield* this.#pseudonymises && isDevice(name) ? this.#pass(NULL_ITEM) : this.#dropValue(captureRule(name));
  }

  *#dropValue(rule: ValueRule): Reading {
    yield* this.#readHead();
    const { major } = this.#cursor;
    switch (rule) {
      case "null":
        return yield* this.#replace(NULL_ITEM);
      case "nulls":
        return major === ARRAY ? yield* this.#readContainer(() => this.#replace(NULL_ITEM)) : yield* this.#dropOdd();
      case "headers":
        return major === MAP ? yield* this.#readMap((header) => this.#readHeader(header)) : yield* this.#dropOdd();
      case "small":
        return yield* this.#dropLarge(MOST_BYTES.known);
      case "unknown":
        return yield* this.#dropUnknown();
      default:
        return rule satisfies never;
    }
  }

  *#readHeader(name: string | undefined): Reading {
    yield* this.#copyKey();
    if (!isCredential(name)) return yield* this.#copyValue();
    yield* this.#readHead();
    return yield* this.#cursor.major === ARRAY ? this.#readContainer(() => this.#pass(DROPPED_TEXT)) : this.#readCredential();
  }

  *#readCredential(): Reading {
    return yield* this.#isContent() ? this.#pass(DROPPED_TEXT) : this.#copy();
  }

  /** What is of a type that it cannot be of is wrong afterwards too: accounting turns such a record away. */
  *#dropOdd(): Reading {
    yield* this.#readHead();
    return yield* this.#isContent() ? this.#replace(DROPPED_TEXT) : this.#copy();
  }

  *#dropUnknown(): Reading {
    yield* this.#readHead();
    const { major } = this.#cursor;
    return yield* major === ARRAY || major === MAP || major === TAG ? this.#replace(NULL_ITEM) : this.#dropLarge(MOST_BYTES.unknown);
  }

  /** Whether the item whose head was read last can hold a text. */
  #isContent(): boolean {
    const { major } = this.#cursor;
    return major === TEXT || major === BYTES || major === ARRAY || major === MAP || major === TAG;
  }

  /** As `pass`, of what conversation may be lost with. */
  *#replace(item: Buffer): Reading {
    yield* this.#readHead();
    const { major, info } = this.#cursor;
    this.#dropped ||= major !== SIMPLE || info !== NOTHING;
    yield* this.#pass(item);
  }

  /** Writes the item at the cursor if it takes no more than so many bytes, else null. */
  *#dropLarge(most: number): Reading {
    const cursor = this.#cursor;
    this.#held.clear();
    let size = 0;
    this.#skipper.start(1);
    for (let isWhole = false; !isWhole; ) {
      const { at } = cursor;
      isWhole = this.#skipper.run(cursor);
      size += cursor.at - at;
      if (size <= most) this.#held.add(cursor.bytes.subarray(at, cursor.at));
      if (!isWhole) yield;
    }
    this.#dropped ||= size > most;
    if (size > most) this.#write(NULL_ITEM);
    else if (this.#pseudonymises) this.#writePseudonymised(this.#held.view());
    else this.#write(this.#held.view());
  }

  /** @param item a whole one. */
  #writePseudonymised(item: Buffer): void {
    const cursor = new CborCursor();
    cursor.append(item);
    this.#pseudonymiser.start();
    this.#pseudonymiser.run(cursor);
  }

  *#redact(redactor = this.#redactor): Reading {
    redactor.start();
    while (!redactor.run(this.#cursor)) yield;
  }

  *#copyValue(): Reading {
    return yield* this.#pseudonymises ? this.#redact(this.#pseudonymiser) : this.#copy();
  }

  *#copyKey(): Reading {
    return yield* this.#pseudonymises ? this.#redact(this.#keyPseudonymiser) : this.#copy();
  }

  *#copy(): Reading {
    const cursor = this.#cursor;
    this.#skipper.start(1);
    for (;;) {
      const { at } = cursor;
      const isWhole = this.#skipper.run(cursor);
      this.#write(cursor.bytes.subarray(at, cursor.at));
      if (isWhole) return;
      yield;
    }
  }

  /** Passes the item at the cursor and writes another, or none. */
  *#pass(instead?: Buffer): Reading {
    this.#skipper.start(1);
    while (!this.#skipper.run(this.#cursor)) yield;
    if (instead !== undefined) this.#write(instead);
  }

  #copyHead(): void {
    const cursor = this.#cursor;
    this.#write(cursor.bytes.subarray(cursor.at, cursor.afterHead));
    cursor.at = cursor.afterHead;
  }
}
