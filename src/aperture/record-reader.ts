import { CborCursor, isBreak } from "./cbor-cursor.ts";
import { ARRAY, INDEFINITE, MAP, TEXT } from "./cbor-head.ts";
import { NOT_ALL_HERE, readBounded, UnkeptValue } from "./cbor-value.ts";
import { viewOf } from "./byte-words.ts";
import type { Damage } from "./damage.ts";
import { type Field, type FieldTable, MAX_NAME_BYTES } from "./field-table.ts";
import { ItemSkipper } from "./item-skipper.ts";
import { OrdinaryReader } from "./ordinary-reader.ts";
import { ListLength, ProjectedRecord } from "./projection.ts";
import { TextCache } from "./text-cache.ts";

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

/** Logins, models and clients are the same in one export after the other. */
const TEXTS = new TextCache();

/** An open map or list whose contents are wanted. `remaining`: entries still to come; -1 until a break. */
interface OpenContainer {
  /** Undefined for a list, whose items are counted. */
  fields: FieldTable | undefined;
  into: object;
  remaining: number;
  outer: OpenContainer | undefined;
}

/**
 * Reads a CBOR sequence (RFC 8742) of Aperture records as its bytes arrive, in constant memory: wanted fields are
 * kept, everything else is passed over in place. Works synchronously over what is there and takes up again,
 * at the entry it had begun, when more arrives.
 */
export class RecordReader {
  readonly #cursor = new CborCursor();
  readonly #skipper = new ItemSkipper();
  readonly #ordinary = new OrdinaryReader(this.#cursor, TEXTS);
  readonly #fields: FieldTable;
  readonly #visitor: RecordVisitor;
  #open: OpenContainer | undefined;
  #record = new ProjectedRecord();
  #skipping = false;
  #insideItem = false;
  #isRecord = false;
  #position = 0;
  #start = 0;

  constructor(fields: FieldTable, visitor: RecordVisitor) {
    this.#fields = fields;
    this.#visitor = visitor;
  }

  /** The chunk's memory is not looked at any more when this returns. Throws `DamageFound` where the bytes are no CBOR. */
  push(chunk: Buffer): void {
    this.#cursor.append(chunk);
    while (this.#step());
    this.#cursor.keepRest();
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
    const container = this.#open;
    if (container === undefined) return this.#endItem();
    return container.fields === undefined ? this.#countItem(container) : this.#readEntry(container, container.fields);
  }

  #startItem(): boolean {
    const cursor = this.#cursor;
    this.#start = cursor.offset;
    const record = this.#ordinary.read(this.#fields);
    if (record !== undefined) {
      this.#record = record;
      this.#isRecord = true;
      return this.#endItem();
    }
    if (!cursor.readHead()) return false;
    if (isBreak(cursor)) throw cursor.malformed("a break where a record belongs");
    this.#insideItem = true;
    this.#isRecord = cursor.major === MAP;
    if (!this.#isRecord) return this.#skip(1);
    this.#record = new ProjectedRecord();
    return this.#enter(this.#fields, this.#record);
  }

  #endItem(): boolean {
    const place = { position: this.#position, offset: this.#start, length: this.#cursor.offset - this.#start };
    this.#insideItem = false;
    this.#position++;
    if (this.#isRecord) this.#visitor.record(this.#record, place);
    else this.#visitor.noRecord(place);
    return true;
  }

  /** Enters the container whose head was read last. */
  #enter(fields: FieldTable | undefined, into: object): boolean {
    const cursor = this.#cursor;
    const remaining = cursor.info === INDEFINITE ? -1 : cursor.argument;
    this.#open = { fields, into, remaining, outer: this.#open };
    cursor.at = cursor.afterHead;
    return true;
  }

  #leave(container: OpenContainer): boolean {
    this.#open = container.outer;
    return true;
  }

  #skip(items: number): boolean {
    this.#skipper.start(items);
    this.#skipping = true;
    return true;
  }

  /** Whether the head read last is the break that ends the container; moves behind it if so. */
  #endsHere(container: OpenContainer): boolean {
    const cursor = this.#cursor;
    if (!isBreak(cursor)) return false;
    if (container.remaining > 0) throw cursor.malformed("a break where no indefinite item is open");
    cursor.at = cursor.afterHead;
    return true;
  }

  #countItem(list: OpenContainer): boolean {
    if (list.remaining === 0) return this.#leave(list);
    if (!this.#cursor.readHead()) return false;
    if (this.#endsHere(list)) return this.#leave(list);
    if (list.remaining > 0) list.remaining--;
    if (list.into instanceof ListLength) list.into.items++;
    return this.#skip(1);
  }

  #readEntry(map: OpenContainer, fields: FieldTable): boolean {
    if (map.remaining === 0) return this.#leave(map);
    const cursor = this.#cursor;
    if (!cursor.readHead()) return false;
    if (this.#endsHere(map)) return this.#leave(map);

    const start = cursor.at;
    const field = this.#readKey(fields);
    if (field === NOT_ALL_HERE) return this.#waitAt(start);
    if (field !== undefined && !(cursor.readHead() && this.#readField(field, map.into))) return this.#waitAt(start);
    if (map.remaining > 0) map.remaining--;
    if (field !== undefined) return true;
    return this.#skip(cursor.at === start ? 2 : 1);
  }

  #waitAt(start: number): false {
    this.#cursor.at = start;
    return false;
  }

  /**
   * The wanted field that the key at the cursor names, with the cursor behind the key; undefined when there is none,
   * with the cursor before a key that was not read at all.
   */
  #readKey(fields: FieldTable): Field | undefined | typeof NOT_ALL_HERE {
    const cursor = this.#cursor;
    const { bytes, afterHead, argument } = cursor;
    if (cursor.major !== TEXT || argument > MAX_NAME_BYTES) return undefined;
    if (cursor.info === INDEFINITE) return this.#readPartedKey(fields);
    if (afterHead + argument > bytes.length) return NOT_ALL_HERE;
    cursor.at = afterHead + argument;
    return fields.find(cursor.view, afterHead, argument);
  }

  #readPartedKey(fields: FieldTable): Field | undefined | typeof NOT_ALL_HERE {
    const cursor = this.#cursor;
    const start = cursor.at;
    const name = readBounded(cursor, undefined);
    if (name === NOT_ALL_HERE) return name;
    if (typeof name !== "string") {
      cursor.at = start;
      return undefined;
    }
    const key = Buffer.from(name);
    return key.length > MAX_NAME_BYTES ? undefined : fields.find(viewOf(key), 0, key.length);
  }

  /** Reads or enters a wanted field whose head was read last; false when it has not all arrived. */
  #readField(field: Field, into: object): boolean {
    const cursor = this.#cursor;
    const { major, at: start } = cursor;
    if (field.reading === "length" && major === ARRAY) return this.#enterField(field, into);
    if (field.reading === "map" && major === MAP) return this.#enterField(field, into);
    const value = readBounded(cursor, field.reading === "repeated" ? TEXTS : undefined);
    if (value === NOT_ALL_HERE) return false;
    field.keep(into, value);
    if (!(value instanceof UnkeptValue)) return true;
    cursor.at = start;
    return this.#skip(1);
  }

  #enterField(field: Field, into: object): boolean {
    const value = field.create();
    field.keep(into, value);
    return this.#enter(field.fields, value);
  }
}
