import { viewOf } from "./cbor/byte-words.ts";
import { CborCursor, isBreak, isSelfDescribed } from "./cbor/cbor-cursor.ts";
import { ARRAY, BYTES, INDEFINITE, MAP, TEXT } from "./cbor/cbor-head.ts";
import { AlteredText, NOT_ALL_HERE } from "./cbor/cbor-value.ts";
import { readClientText } from "./client-text.ts";
import type { Damage } from "./damage.ts";
import { type Field, type FieldTable, MAX_NAME_BYTES, type OtherKeys } from "./field-table.ts";
import { ItemSkipper } from "./cbor/item-skipper.ts";
import { OrdinaryReader } from "./ordinary-reader.ts";
import { ProjectedRecord, ProjectedTools, ScannedAnswer } from "./projection.ts";
import { readStrict, readValueOf } from "./cbor/read-value.ts";
import { StringPieces } from "./cbor/string-pieces.ts";
import type { TermScanner } from "./term-scanner.ts";
import { TextCache } from "./cbor/text-cache.ts";
import { keyName, LONG_NAME, NO_NAME } from "./unknown-keys.ts";

/** The position of a record in the decompressed export. */
export interface RecordPlace {
  /** Counted from 0; items that are not records count too. */
  position: number;
  /** First byte, and number of bytes. */
  offset: number;
  length: number;
}

export interface RecordVisitor {
  record(record: ProjectedRecord, place: RecordPlace): void;
  /** A complete CBOR item that is not a map. */
  noRecord(place: RecordPlace): void;
}

/** Shared by all exports: logins, models and clients repeat from one export to the next. */
const TEXTS = new TextCache();

/** An open map or list whose contents are wanted. `remaining`: remaining entries; -1 until a break. */
interface OpenContainer {
  /** The wanted fields of the map, or of the maps in the list. */
  fields: FieldTable | undefined;
  isList: boolean;
  into: object;
  remaining: number;
  outer: OpenContainer | undefined;
}

/** A key whose value comes next. */
interface OpenEntry {
  field: Field | undefined;
  name: string;
}

/**
 * Reads a CBOR sequence (RFC 8742) of Aperture records while its bytes arrive, in constant memory: wanted fields are
 * kept, everything else is skipped in place. It works synchronously on the buffered bytes; when more arrive it continues
 * at the key or value that it had begun.
 */
export class RecordReader {
  readonly #cursor = new CborCursor();
  readonly #skipper = new ItemSkipper();
  readonly #ordinary = new OrdinaryReader(this.#cursor, TEXTS);
  readonly #fields: FieldTable;
  readonly #visitor: RecordVisitor;
  #open: OpenContainer | undefined;
  /** The wanted fields of the innermost open map. */
  #entry: OpenEntry | undefined;
  /** A tag that changes nothing was skipped, and its item must follow. */
  #isTagged = false;
  #record = new ProjectedRecord();
  #skipping = false;
  readonly #pieces = new StringPieces();
  /** Receives the string that is being passed. */
  #scanner: TermScanner | undefined;
  #insideItem = false;
  #isRecord = false;
  #position = 0;
  #start = 0;

  constructor(fields: FieldTable, visitor: RecordVisitor) {
    this.#fields = fields;
    this.#visitor = visitor;
  }

  /** The caller may reuse the chunk's memory when this returns. Throws `DamageFound` where the bytes are not CBOR. */
  push(chunk: Buffer): void {
    this.#cursor.append(chunk);
    while (this.#step());
    this.#cursor.keepRest();
  }

  /** The damage where the content ends inside an item, otherwise null. */
  finish(): Damage | null {
    const cursor = this.#cursor;
    if (!this.#insideItem && cursor.at === cursor.bytes.length) return null;
    const message = `the content ends inside record ${this.#position}, which starts at byte ${this.#start}`;
    return { code: "cbor_truncated", message, offset: this.#start };
  }

  /** Takes one step; false when that needs more bytes than have arrived. */
  #step(): boolean {
    if (this.#skipping) {
      if (!this.#skipper.run(this.#cursor)) return false;
      this.#skipping = false;
      return true;
    }
    if (this.#scanner !== undefined) {
      const scanner = this.#scanner;
      if (!this.#pieces.run(this.#cursor, (bytes) => scanner.push(bytes))) return false;
      this.#scanner = undefined;
      return true;
    }
    if (!this.#insideItem) return this.#startItem();
    if (this.#entry !== undefined && this.#open !== undefined) return this.#readValue(this.#open, this.#entry);
    const container = this.#open;
    if (container === undefined) return this.#isTagged ? this.#enterItem() : this.#endItem();
    return container.isList || container.fields === undefined ? this.#readItem(container) : this.#readEntry(container, container.fields);
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
    this.#insideItem = true;
    return this.#enterItem();
  }

  #enterItem(): boolean {
    const cursor = this.#cursor;
    if (!cursor.readHead()) return false;
    if (isBreak(cursor)) throw cursor.malformed("a break where a record belongs");
    if (this.#passTag()) return true;
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

  /** Whether the head read last was a tag that changes nothing; if so, the cursor has moved past it. */
  #passTag(): boolean {
    const cursor = this.#cursor;
    this.#isTagged = isSelfDescribed(cursor);
    if (this.#isTagged) cursor.at = cursor.afterHead;
    return this.#isTagged;
  }

  /** Enters the container whose head was read last. */
  #enter(fields: FieldTable | undefined, into: object): boolean {
    const cursor = this.#cursor;
    const remaining = cursor.info === INDEFINITE ? -1 : cursor.argument;
    this.#open = { fields, isList: cursor.major === ARRAY, into, remaining, outer: this.#open };
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

  /** Whether the head read last is the break that ends the container; if so, the cursor moves past it. */
  #endsHere(container: OpenContainer): boolean {
    const cursor = this.#cursor;
    if (!isBreak(cursor)) return false;
    if (container.remaining > 0) throw cursor.malformed("a break where no indefinite item is open");
    cursor.at = cursor.afterHead;
    return true;
  }

  #readItem(list: OpenContainer): boolean {
    if (list.remaining === 0) return this.#leave(list);
    const cursor = this.#cursor;
    if (!cursor.readHead()) return false;
    if (this.#isTagged && isBreak(cursor)) throw cursor.malformed("a break where a value belongs");
    if (this.#endsHere(list)) return this.#leave(list);
    if (this.#passTag()) return true;
    if (list.remaining > 0) list.remaining--;
    if (!(list.into instanceof ProjectedTools)) return this.#skip(1);
    list.into.items++;
    const tool = list.into.add();
    return cursor.major === MAP ? this.#enter(list.fields, tool) : this.#skip(1);
  }

  #readEntry(map: OpenContainer, fields: FieldTable): boolean {
    if (map.remaining === 0) return this.#leave(map);
    const cursor = this.#cursor;
    if (!cursor.readHead()) return false;
    if (this.#isTagged && isBreak(cursor)) throw cursor.malformed("a break where a value belongs");
    if (this.#endsHere(map)) return this.#leave(map);
    return this.#passTag() || this.#readKey(fields);
  }

  /** Reads the key whose head was read last; a key that is not wanted is skipped before its value. */
  #readKey(fields: FieldTable): boolean {
    const cursor = this.#cursor;
    const { bytes, view, major, afterHead, argument } = cursor;
    if (major !== TEXT || argument > MAX_NAME_BYTES) return this.#passKey(major === TEXT ? LONG_NAME : NO_NAME);
    if (cursor.info === INDEFINITE) return this.#readPartedKey(fields);
    if (afterHead + argument > bytes.length) return false;
    cursor.at = afterHead + argument;
    const field = fields.find(view, afterHead, argument);
    const isNamed = field === undefined && fields.others !== undefined && fields.others.reading !== "presence";
    this.#entry = { field, name: isNamed ? keyName(bytes, view, afterHead, argument, TEXTS) : "" };
    return true;
  }

  #readPartedKey(fields: FieldTable): boolean {
    const cursor = this.#cursor;
    const start = cursor.at;
    const read = readClientText(cursor, undefined);
    if (read === NOT_ALL_HERE) {
      cursor.at = start;
      return false;
    }
    if (cursor.at === start) return this.#passKey(LONG_NAME);
    const name = read instanceof AlteredText ? read.text : typeof read === "string" ? read : NO_NAME;
    const key = Buffer.from(name);
    // A name in which U+FFFD replaces invalid bytes is never the name of a wanted field.
    const field = key.length > MAX_NAME_BYTES ? undefined : fields.find(viewOf(key), 0, key.length);
    this.#entry = { field, name: key.length > MAX_NAME_BYTES ? LONG_NAME : name };
    return true;
  }

  #passKey(name: string): boolean {
    this.#entry = { field: undefined, name };
    return this.#skip(1);
  }

  #readValue(map: OpenContainer, { field, name }: OpenEntry): boolean {
    const cursor = this.#cursor;
    if (!cursor.readHead()) return false;
    if (this.#passTag()) return true;
    const { at: start } = cursor;
    const isRead = field === undefined ? this.#readOther(map.fields?.others, map.into, name) : this.#readField(field, map.into);
    if (!isRead) {
      cursor.at = start;
      return false;
    }
    if (map.remaining > 0) map.remaining--;
    this.#entry = undefined;
    return true;
  }

  #readOther(others: OtherKeys | undefined, into: object, name: string): boolean {
    const cursor = this.#cursor;
    const { at: start } = cursor;
    const value = others?.reading === "count" ? readStrict(cursor, undefined) : undefined;
    if (value === NOT_ALL_HERE) return false;
    others?.keep(into, name, value);
    return cursor.at === start ? this.#skip(1) : true;
  }

  /** Reads or enters a wanted field whose head was read last; false when it has not all arrived. */
  #readField(field: Field, into: object): boolean {
    const cursor = this.#cursor;
    const { major, at: start } = cursor;
    if (field.reading === "tools" && major === ARRAY) return this.#enterField(field, into);
    if ((field.reading === "map" || field.reading === "answer") && major === MAP) return this.#enterField(field, into);
    if (field.reading === "answer" && (major === TEXT || major === BYTES)) return this.#scan(field, into);
    const value = readValueOf(cursor, field, TEXTS);
    if (value === NOT_ALL_HERE) return false;
    field.keep(into, value);
    return cursor.at === start ? this.#skip(1) : true;
  }

  #scan(field: Field, into: object): boolean {
    const answer = new ScannedAnswer();
    field.keep(into, answer);
    this.#pieces.start(this.#cursor);
    this.#scanner = answer.scanner;
    return true;
  }

  #enterField(field: Field, into: object): boolean {
    const value = field.create();
    field.keep(into, value);
    return this.#enter(field.fields, value);
  }
}
