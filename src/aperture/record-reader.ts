import { ARRAY, CborCursor, INDEFINITE, isBreak, MAP, TEXT } from "./cbor-cursor.ts";
import { type CborValue, MAX_KEPT_BYTES, NOT_ALL_HERE, readValue, UnkeptValue } from "./cbor-value.ts";
import type { Damage } from "./damage.ts";
import { ItemSkipper } from "./item-skipper.ts";
import { type FieldPlan, ListLength, type MapPlan, type ProjectedRecord } from "./projection.ts";

/** Where a record lies in the decompressed export. */
export interface RecordPlace {
  /** Counted from 0, items that are no records included. */
  position: number;
  /** First byte, and how many. */
  offset: number;
  length: number;
}

export interface RecordVisitor {
  record(record: ProjectedRecord, place: RecordPlace): void;
  /** A whole CBOR item that is no map. */
  noRecord(place: RecordPlace): void;
}

/** `remaining`: entries still to come; -1 until a break. */
interface OpenMap {
  plan: MapPlan;
  into: Record<string, unknown>;
  remaining: number;
}

interface OpenList {
  plan: "length";
  into: ListLength;
  remaining: number;
}

/** An open map or list whose contents are wanted. */
type OpenContainer = OpenMap | OpenList;

/** Longest name that any wanted field or header has; a longer key is passed over unread. */
const MAX_NAME_BYTES = 256;

/**
 * Reads a CBOR sequence (RFC 8742) of Aperture records as its bytes arrive, in constant memory: wanted fields are
 * kept, everything else is passed over in place. Works synchronously over what is there and takes up again,
 * at the entry it had begun, when more arrives.
 */
export class RecordReader {
  readonly #cursor = new CborCursor();
  readonly #skipper = new ItemSkipper();
  readonly #plan: MapPlan;
  readonly #visitor: RecordVisitor;
  readonly #open: OpenContainer[] = [];
  #record: ProjectedRecord & Record<string, unknown> = {};
  #skipping = false;
  #insideItem = false;
  #isRecord = false;
  #position = 0;
  #start = 0;

  constructor(plan: MapPlan, visitor: RecordVisitor) {
    this.#plan = plan;
    this.#visitor = visitor;
  }

  /** Throws `DamageFound` where the bytes are no CBOR. */
  push(chunk: Buffer): void {
    this.#cursor.append(chunk);
    while (this.#step());
  }

  /** The damage of an end inside an item, or null. */
  finish(): Damage | null {
    const cursor = this.#cursor;
    if (!this.#insideItem && cursor.at === cursor.bytes.length) return null;
    const message = `the content ends inside record ${this.#position}, which starts at byte ${this.#start}`;
    return { code: "cbor_truncated", message, offset: this.#start };
  }

  /** Does one thing; false when it takes more bytes than have arrived. */
  #step(): boolean {
    if (this.#skipping) {
      if (!this.#skipper.run(this.#cursor)) return false;
      this.#skipping = false;
      return true;
    }
    if (!this.#insideItem) return this.#startItem();
    const container = this.#open.at(-1);
    if (container === undefined) return this.#endItem();
    return container.plan === "length" ? this.#countEntry(container) : this.#readEntry(container);
  }

  #startItem(): boolean {
    const cursor = this.#cursor;
    this.#start = cursor.offset;
    if (!cursor.readHead()) return false;
    if (isBreak(cursor)) throw cursor.malformed("a break where a record belongs");
    this.#insideItem = true;
    this.#isRecord = cursor.major === MAP;
    if (!this.#isRecord) return this.#skip(1);
    this.#record = {};
    return this.#enter({ plan: this.#plan, into: this.#record, remaining: this.#entries() });
  }

  #endItem(): boolean {
    const place = { position: this.#position, offset: this.#start, length: this.#cursor.offset - this.#start };
    this.#insideItem = false;
    this.#position++;
    if (this.#isRecord) this.#visitor.record(this.#record, place);
    else this.#visitor.noRecord(place);
    return true;
  }

  /** How many entries the container has whose head was read last. */
  #entries(): number {
    return this.#cursor.info === INDEFINITE ? -1 : this.#cursor.argument;
  }

  #enter(container: OpenContainer): boolean {
    this.#open.push(container);
    this.#cursor.at = this.#cursor.afterHead;
    return true;
  }

  #skip(items: number): boolean {
    this.#skipper.start(items);
    this.#skipping = true;
    return true;
  }

  /** Whether the container is at its end; undefined when its next head has not all arrived. */
  #atEnd(container: OpenContainer): boolean | undefined {
    if (container.remaining === 0) return true;
    const cursor = this.#cursor;
    if (!cursor.readHead()) return undefined;
    if (!isBreak(cursor)) return false;
    if (container.remaining > 0) throw cursor.malformed("a break where no indefinite item is open");
    cursor.at = cursor.afterHead;
    return true;
  }

  #countEntry(container: OpenList): boolean {
    const atEnd = this.#atEnd(container);
    if (atEnd === undefined) return false;
    if (atEnd) return this.#open.pop() !== undefined;
    if (container.remaining > 0) container.remaining--;
    container.into.items++;
    return this.#skip(1);
  }

  #readEntry(container: OpenMap): boolean {
    const cursor = this.#cursor;
    const { plan } = container;
    const entryStart = cursor.at;
    const atEnd = this.#atEnd(container);
    if (atEnd === undefined) return false;
    if (atEnd) return this.#open.pop() !== undefined;

    const name = this.#readName(plan.caseless);
    if (name === NOT_ALL_HERE || (name !== undefined && !cursor.readHead())) {
      cursor.at = entryStart;
      return false;
    }
    const field = name === undefined ? undefined : plan.fields.get(name);
    if (name !== undefined && field !== undefined && !this.#readField(field, container.into, name)) {
      cursor.at = entryStart;
      return false;
    }
    if (container.remaining > 0) container.remaining--;
    if (name === undefined) return this.#skip(2);
    if (field === undefined) return this.#skip(1);
    return true;
  }

  /** The key's text with the cursor behind it; undefined, with the cursor before it, for a key that no field has. */
  #readName(caseless: boolean): string | undefined | typeof NOT_ALL_HERE {
    const cursor = this.#cursor;
    if (cursor.major !== TEXT || cursor.argument > MAX_NAME_BYTES) return undefined;
    const start = cursor.at;
    if (cursor.info !== INDEFINITE) return this.#readDefiniteName(caseless);
    const name = readValue(cursor);
    if (name === NOT_ALL_HERE) return cursor.bytes.length - start > MAX_KEPT_BYTES ? this.#unread(start) : name;
    if (typeof name !== "string" || cursor.at - start > MAX_KEPT_BYTES) return this.#unread(start);
    return caseless ? name.toLowerCase() : name;
  }

  /** Wanted names are ASCII, so one byte a character is enough to tell them from all others. */
  #readDefiniteName(caseless: boolean): string | typeof NOT_ALL_HERE {
    const { bytes, afterHead, argument } = this.#cursor;
    const end = afterHead + argument;
    if (end > bytes.length) return NOT_ALL_HERE;
    this.#cursor.at = end;
    const name = bytes.toString("latin1", afterHead, end);
    return caseless ? name.toLowerCase() : name;
  }

  #unread(start: number): undefined {
    this.#cursor.at = start;
    return undefined;
  }

  /** Reads or enters a wanted field whose head is at the cursor; false when it has not all arrived. */
  #readField(field: FieldPlan, into: Record<string, unknown>, name: string): boolean {
    const cursor = this.#cursor;
    if (field === "length" && cursor.major === ARRAY) {
      const length = new ListLength();
      into[name] = length;
      return this.#enter({ plan: "length", into: length, remaining: this.#entries() });
    }
    if (typeof field === "object" && cursor.major === MAP) {
      const inner: Record<string, unknown> = {};
      into[name] = inner;
      return this.#enter({ plan: field, into: inner, remaining: this.#entries() });
    }
    const start = cursor.at;
    const value = this.#readBounded();
    if (value === NOT_ALL_HERE) return false;
    into[name] = value;
    if (value instanceof UnkeptValue) {
      cursor.at = start;
      this.#skip(1);
    }
    return true;
  }

  /** What is kept must not depend on how much has arrived: nothing behind a value's first bytes is looked at. */
  #readBounded(): CborValue | typeof NOT_ALL_HERE {
    const cursor = this.#cursor;
    const { at: start, bytes } = cursor;
    const value = readValue(cursor);
    const isKept = value !== NOT_ALL_HERE && !(value instanceof UnkeptValue) && cursor.at - start <= MAX_KEPT_BYTES;
    if (isKept || bytes.length - start <= MAX_KEPT_BYTES) return value;
    cursor.at = start;
    cursor.bytes = bytes.subarray(0, start + MAX_KEPT_BYTES);
    const bounded = readValue(cursor);
    cursor.bytes = bytes;
    return bounded === NOT_ALL_HERE ? new UnkeptValue("too_large") : bounded;
  }
}
