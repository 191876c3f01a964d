import type { CborCursor } from "./cbor/cbor-cursor.ts";
import { ARRAY, BYTES, FIRST_WIDTH, LAST_WIDTH, MAP, SELF_DESCRIBED, SHORT_TEXT, TAG, TEXT, UNSIGNED, wideArgument } from "./cbor/cbor-head.ts";
import { decodeText, MAX_KEPT_BYTES, NOT_ALL_HERE } from "./cbor/cbor-value.ts";
import type { Field, FieldTable, OtherKeys } from "./field-table.ts";
import { ProjectedRecord, ProjectedTools, ScannedAnswer } from "./projection.ts";
import { readStrict, readValueOf } from "./cbor/read-value.ts";
import type { TextCache } from "./cbor/text-cache.ts";
import { keyName } from "./unknown-keys.ts";

/** Initial byte and an argument of eight bytes (RFC 8949, section 3). */
const LONGEST_HEAD = 9;
/** Not a major type: the `RecordReader` has to read this record. */
const ODD = -1;

/**
 * Reads a record that is completely buffered and encoded as gateways encode records: definite maps and lists, keys of
 * less than 256 bytes. It gives up on anything else, and the `RecordReader`, which reads every form and partial records,
 * reads the record instead. Where both can read a record, they return the same.
 */
export class OrdinaryReader {
  readonly #cursor: CborCursor;
  readonly #texts: TextCache;
  #view: DataView;
  #at = 0;
  /** Number of buffered bytes. */
  #end = 0;
  /** Values of the head read last. */
  #info = 0;
  #argument = 0;

  constructor(cursor: CborCursor, texts: TextCache) {
    this.#cursor = cursor;
    this.#view = cursor.view;
    this.#texts = texts;
  }

  /** The record at the cursor, which moves past it; undefined, without any effect, for a record that this reader cannot read. */
  read(fields: FieldTable): ProjectedRecord | undefined {
    const cursor = this.#cursor;
    const { at: start } = cursor;
    this.#view = cursor.view;
    this.#end = cursor.bytes.length;
    this.#at = start;
    if (this.#readItemHead() !== MAP) return undefined;
    const record = new ProjectedRecord();
    const isWhole = this.#readMap(fields, record, this.#argument);
    cursor.at = isWhole ? this.#at : start;
    return isWhole ? record : undefined;
  }

  /** Reads the major type, `#info` and `#argument`. It gives up in the last bytes of a buffer, which may not hold a complete head. */
  #readHead(): number {
    const view = this.#view;
    const at = this.#at;
    if (at + LONGEST_HEAD > this.#end) return ODD;
    const initial = view.getUint8(at);
    const info = initial & 0x1f;
    this.#info = info;
    this.#at = at + 1;
    if (info < FIRST_WIDTH) {
      this.#argument = info;
    } else {
      if (info > LAST_WIDTH) return ODD;
      this.#argument = wideArgument(view, at + 1, info);
      this.#at += 1 << (info - FIRST_WIDTH);
    }
    return initial >> 5;
  }

  /** Like `#readHead`, but skips tags that change nothing. */
  #readItemHead(): number {
    let major = this.#readHead();
    while (major === TAG && this.#argument === SELF_DESCRIBED) major = this.#readHead();
    return major;
  }

  #readMap(fields: FieldTable, into: object, entries: number): boolean {
    const view = this.#view;
    const end = this.#end;
    const others = fields.readOthers;
    // Where only presence is wanted, the number of entries is enough.
    if (others !== fields.others && entries > 0) fields.others?.keep(into, "", undefined);
    for (let left = entries; left > 0; left--) {
      const at = this.#at;
      if (at + LONGEST_HEAD > end) return false;
      let keyAt = at + 1;
      let length = view.getUint8(at) ^ SHORT_TEXT;
      if (length === FIRST_WIDTH) length = view.getUint8(keyAt++);
      else if (length > FIRST_WIDTH) return false;
      this.#at = keyAt + length;
      if (this.#at > end) return false;
      const field = fields.find(view, keyAt, length);
      const isRead = field !== undefined ? this.#readField(field, into) : others === undefined ? this.#skipItems(1) : this.#passOther(others, into, keyAt, length);
      if (!isRead) return false;
    }
    return true;
  }

  /** Skips the value of a key that is not a wanted field, and notes the key where that is asked. */
  #passOther(others: OtherKeys, into: object, keyAt: number, length: number): boolean {
    const name = keyName(this.#cursor.bytes, this.#view, keyAt, length, this.#texts);
    if (others.reading === "count") return this.#readCount(others, into, name);
    others.keep(into, name, undefined);
    return this.#skipItems(1);
  }

  #readCount(others: OtherKeys, into: object, name: string): boolean {
    const cursor = this.#cursor;
    const start = this.#at;
    cursor.at = start;
    const value = readStrict(cursor, undefined);
    if (cursor.at === start) return false;
    others.keep(into, name, value);
    this.#at = cursor.at;
    return true;
  }

  /** Reads heads into local variables of this loop for speed: half of all items are skipped. */
  #skipItems(items: number): boolean {
    const view = this.#view;
    const end = this.#end;
    let at = this.#at;
    for (let left = items; left > 0; left--) {
      if (at + LONGEST_HEAD > end) return false;
      const initial = view.getUint8(at++);
      const major = initial >> 5;
      const info = initial & 0x1f;
      let argument = info;
      if (info >= FIRST_WIDTH) {
        if (info > LAST_WIDTH) return false;
        argument = wideArgument(view, at, info);
        at += 1 << (info - FIRST_WIDTH);
      }
      if (major === TEXT || major === BYTES) at += argument;
      else if (major === ARRAY) left += argument;
      else if (major === MAP) left += argument * 2;
      else if (major === TAG) left++;
    }
    this.#at = at;
    return at <= end;
  }

  #readField(field: Field, into: object): boolean {
    let start = this.#at;
    let major = this.#readHead();
    while (major === TAG && this.#argument === SELF_DESCRIBED) {
      start = this.#at;
      major = this.#readHead();
    }
    const argument = this.#argument;
    if (field.reading === "answer" && (major === TEXT || major === BYTES)) return this.#scan(field, into, argument);
    if (field.reading === "credential") return major !== ODD && this.#readOther(field, into, start);
    if (major === UNSIGNED && this.#info < LAST_WIDTH) {
      field.keep(into, argument);
      return true;
    }
    if (major === TEXT) return this.#readText(field, into, start, argument);
    if (field.reading === "header" && major === ARRAY && argument === 1) return this.#readOnlyText(field, into, start);
    if ((field.reading === "map" || field.reading === "answer") && major === MAP && field.fields !== undefined) {
      const inner = field.create();
      field.keep(into, inner);
      return this.#readMap(field.fields, inner, argument);
    }
    if (field.reading === "tools" && major === ARRAY && field.fields !== undefined) {
      const list = new ProjectedTools();
      field.keep(into, list);
      return this.#readTools(field.fields, list, argument);
    }
    return major !== ODD && this.#readOther(field, into, start);
  }

  #readTools(fields: FieldTable, list: ProjectedTools, items: number): boolean {
    for (; list.items < items; list.items++) {
      const start = this.#at;
      const tool = list.add();
      if (this.#readItemHead() === MAP) {
        if (!this.#readMap(fields, tool, this.#argument)) return false;
      } else {
        this.#at = start;
        if (!this.#skipItems(1)) return false;
      }
    }
    return true;
  }

  #scan(field: Field, into: object, length: number): boolean {
    const end = this.#at + length;
    if (end > this.#end) return false;
    const answer = new ScannedAnswer();
    field.keep(into, answer);
    answer.scanner.push(this.#cursor.bytes.subarray(this.#at, end));
    this.#at = end;
    return true;
  }

  /** Reads a list of one item, like nearly every header. */
  #readOnlyText(field: Field, into: object, start: number): boolean {
    const headAt = this.#at;
    if (this.#readHead() === TEXT) return this.#readText(field, into, headAt, this.#argument);
    return this.#readOther(field, into, start);
  }

  #readText(field: Field, into: object, headAt: number, length: number): boolean {
    const start = this.#at;
    const end = start + length;
    if (end - headAt > MAX_KEPT_BYTES || end > this.#end) return false;
    const { bytes } = this.#cursor;
    const { reading } = field;
    const isRepeated = reading === "text" || reading === "repeated" || reading === "header";
    const text = (isRepeated ? this.#texts.find(bytes, this.#view, start, length) : undefined) ?? decodeText(bytes, start, end);
    // Bytes that are not UTF-8 are replaced, and the text may then have to be cut.
    if (typeof text !== "string" && (reading === "text" || reading === "header")) return false;
    field.keep(into, text);
    this.#at = end;
    return true;
  }

  #readOther(field: Field, into: object, start: number): boolean {
    const cursor = this.#cursor;
    cursor.at = start;
    const value = readValueOf(cursor, field, this.#texts);
    if (value === NOT_ALL_HERE || cursor.at === start) return false;
    field.keep(into, value);
    this.#at = cursor.at;
    return true;
  }
}
