import { CborCursor, isBreak } from "../reader/cbor/cbor-cursor.ts";
import { ARRAY, BYTES, MAP, NOTHING, SIMPLE, TAG, TEXT } from "../reader/cbor/cbor-head.ts";
import { NOT_ALL_HERE } from "../reader/cbor/cbor-value.ts";
import { isCredentialHeader, isKindSeen, markerOf, readCredential } from "../reader/credential.ts";
import { ItemSkipper } from "../reader/cbor/item-skipper.ts";
import { captureRule, DROPPED, isDevice, isFieldName, isSecretHeader, MOST_BYTES, type ValueRule } from "./capture-rules.ts";
import { NULL_ITEM, termsItem, textItem, toolItem } from "./encode-item.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { ItemCopier, type Reading } from "./item-copier.ts";
import { ItemRedactor } from "./item-redactor.ts";
import { KeptNames } from "./kept-names.ts";
import type { Redactor } from "./redactor.ts";
import type { Replacing } from "./string-redactor.ts";

/** What to do with a record. */
export type Treatment = "keep" | "remove" | "drop_bodies" | "redact_bodies" | "pseudonymise";

export interface RewritingCounts {
  /** Whole items found, removed ones included. */
  records: number;
  removed: number;
  /** Records that lost anything other than a credential. */
  bodiesDropped: number;
  /** Matches replaced, by the pattern's name. */
  redactions: Record<string, number>;
}

/** The replacements in the texts of records that are redacted or pseudonymised. */
export interface Redactors {
  redact: Redactor;
  pseudonymise: Redactor;
}

const DROPPED_TEXT = textItem(DROPPED);

/**
 * Copies a CBOR sequence of records while its bytes arrive, and treats each record as asked. A replacement is written only when its
 * value has been passed: a record that ends early also ends early in the copy.
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
  readonly #items: ItemCopier;
  readonly #names: KeptNames;
  readonly #reading: Reading;
  #dropped = false;
  /** Whether a pseudonym replaces a login in the texts of the record. */
  #pseudonymises = false;

  /** @param write given bytes that are valid until it returns. */
  constructor(treat: (position: number) => Treatment, { redact, pseudonymise }: Redactors, write: (bytes: Uint8Array) => void) {
    const { redactions } = this.counts;
    const found = (name: string): void => void (redactions[name] = (redactions[name] ?? 0) + 1);
    this.#treat = treat;
    this.#write = write;
    this.#redactor = new ItemRedactor({ redact, found, write, codings: "one" });
    const pseudonymiseKey: Redactor = (key, told) => (isFieldName(key) ? key : pseudonymise(key, told));
    const untold = { found: () => undefined, write, codings: "both" } as const;
    const keys: Replacing = { ...untold, redact: pseudonymiseKey };
    this.#pseudonymiser = new ItemRedactor({ ...untold, redact: pseudonymise }, keys);
    this.#keyPseudonymiser = new ItemRedactor(keys);
    this.#items = new ItemCopier(this.#cursor, write);
    this.#names = new KeptNames(this.#cursor);
    this.#reading = this.#readSequence();
  }

  /** The caller may reuse the chunk's memory when this returns. Throws `DamageFound` where the bytes are not CBOR. */
  push(chunk: Buffer): void {
    this.#cursor.append(chunk);
    this.#reading.next();
    this.#cursor.keepRest();
  }

  *#readSequence(): Reading {
    for (let position = 0; ; position++) {
      yield* this.#items.readHead();
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
    switch (treatment) {
      case "keep":
        return yield* this.#items.copy();
      case "remove":
        return yield* this.#items.pass();
      case "drop_bodies":
      case "pseudonymise":
        yield* this.#items.readItemHead();
        return this.#cursor.major === MAP ? yield* this.#items.readMap((name) => this.#readField(name, () => this.#dropCapture())) : yield* this.#dropLarge(MOST_BYTES.unknown);
      case "redact_bodies":
        yield* this.#items.readItemHead();
        return this.#cursor.major === MAP ? yield* this.#items.readMap((name) => this.#readField(name, () => this.#redactCapture())) : yield* this.#redact();
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
    yield* this.#items.readItemHead();
    if (this.#cursor.major !== MAP) return yield* this.#copyValue();
    return yield* this.#items.readMap((name) => this.#readIdentityField(name));
  }

  *#readIdentityField(name: string | undefined): Reading {
    yield* this.#copyKey();
    yield* isDevice(name) ? this.#items.pass(NULL_ITEM) : this.#copyValue();
  }

  *#dropCapture(): Reading {
    yield* this.#items.readItemHead();
    if (this.#cursor.major !== MAP) return yield* this.#dropOdd();
    return yield* this.#items.readMap((name) => this.#dropEntry(name));
  }

  *#dropEntry(name: string | undefined): Reading {
    if (name === undefined) yield* this.#dropUnknown();
    else yield* this.#copyKey();
    yield* this.#pseudonymises && isDevice(name) ? this.#items.pass(NULL_ITEM) : this.#dropValue(captureRule(name));
  }

  *#dropValue(rule: ValueRule): Reading {
    yield* this.#items.readItemHead();
    const { major } = this.#cursor;
    switch (rule) {
      case "null":
        return yield* this.#replace(NULL_ITEM);
      case "terms":
        return yield* this.#keepOf(this.#names.readAnswer(), termsItem);
      case "tools":
        return major === ARRAY ? yield* this.#items.readContainer(() => this.#keepOf(this.#names.readTool(), toolItem)) : yield* this.#dropOdd();
      case "headers":
        return major === MAP ? yield* this.#items.readMap((header) => this.#readHeader(header)) : yield* this.#dropOdd();
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
    if (name === undefined || !isSecretHeader(name)) return yield* this.#copyValue();
    yield* this.#items.readItemHead();
    if (this.#cursor.major === ARRAY) return yield* this.#items.readContainer(() => this.#dropCredential(name));
    return yield* this.#isContent() ? this.#dropCredential(name) : this.#items.copy();
  }

  /** Keeps only the kind of credential, which decides who pays. */
  *#dropCredential(header: string): Reading {
    const isTold = isCredentialHeader(header) && this.#cursor.major === TEXT;
    yield* this.#items.pass(isTold ? textItem(markerOf(yield* this.#readSigns(header), DROPPED)) : DROPPED_TEXT);
  }

  /** Signs of the credential at the cursor, which does not move. */
  *#readSigns(header: string): Reading<number> {
    const cursor = this.#cursor;
    for (;;) {
      const { at } = cursor;
      const signs = readCredential(cursor, header.toLowerCase());
      cursor.at = at;
      if (signs !== NOT_ALL_HERE) return signs;
      yield;
    }
  }

  *#redactCapture(): Reading {
    yield* this.#items.readItemHead();
    if (this.#cursor.major !== MAP) return yield* this.#redact();
    return yield* this.#items.readMap((name) => this.#redactEntry(name));
  }

  *#redactEntry(name: string | undefined): Reading {
    yield* this.#items.copy();
    yield* this.#items.readItemHead();
    const areHeaders = name === "requestHeaders" && this.#cursor.major === MAP;
    return yield* areHeaders ? this.#items.readMap((header) => this.#redactHeader(header)) : this.#redact();
  }

  *#redactHeader(name: string | undefined): Reading {
    yield* this.#items.copy();
    if (name === undefined || !isCredentialHeader(name)) return yield* this.#redact();
    yield* this.#items.readItemHead();
    return yield* this.#cursor.major === ARRAY ? this.#items.readContainer(() => this.#redactCredential(name)) : this.#redactCredential(name);
  }

  *#redactCredential(header: string): Reading {
    const signs = this.#cursor.major === TEXT ? yield* this.#readSigns(header) : undefined;
    if (signs === undefined || !isKindSeen(signs)) return yield* this.#redact();
    this.counts.redactions["credential"] = (this.counts.redactions["credential"] ?? 0) + 1;
    return yield* this.#items.pass(textItem(markerOf(signs, DROPPED)));
  }

  /** Replaces a value of an impossible type by another invalid value, so that accounting still leaves it out and counts it as left out. */
  *#dropOdd(): Reading {
    yield* this.#items.readItemHead();
    return yield* this.#isContent() ? this.#replace(DROPPED_TEXT) : this.#items.copy();
  }

  *#dropUnknown(): Reading {
    yield* this.#items.readItemHead();
    const { major } = this.#cursor;
    return yield* major === ARRAY || major === MAP || major === TAG ? this.#replace(NULL_ITEM) : this.#dropLarge(MOST_BYTES.unknown);
  }

  /** Whether the item whose head was read last can hold a text. */
  #isContent(): boolean {
    const { major } = this.#cursor;
    return major === TEXT || major === BYTES || major === ARRAY || major === MAP || major === TAG;
  }

  /** Passes the item that `reading` reads, and writes the part of it that is kept. */
  *#keepOf<Kept>(reading: Reading<Kept>, itemOf: (kept: Kept) => Buffer): Reading {
    const start = this.#cursor.offset;
    const item = itemOf(yield* reading);
    // An item of this size was reduced before: only a reduced item is as short as its kept part.
    this.#dropped ||= this.#cursor.offset - start !== item.length;
    if (this.#pseudonymises) this.#writePseudonymised(item);
    else this.#write(item);
  }

  /** Like `pass`, for an item that may contain conversation. */
  *#replace(item: Buffer): Reading {
    yield* this.#items.readHead();
    const { major, info } = this.#cursor;
    this.#dropped ||= major !== SIMPLE || info !== NOTHING;
    yield* this.#items.pass(item);
  }

  /** Writes the item at the cursor if it takes at most `most` bytes, otherwise null. */
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

  /** @param item complete. */
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
    return yield* this.#pseudonymises ? this.#redact(this.#pseudonymiser) : this.#items.copy();
  }

  *#copyKey(): Reading {
    return yield* this.#pseudonymises ? this.#redact(this.#keyPseudonymiser) : this.#items.copy();
  }
}
