import { isUtf8 } from "node:buffer";
import { CborCursor, isBreak } from "./cbor-cursor.ts";
import { ARRAY, BYTES, INDEFINITE, MAP, NEGATIVE, SIMPLE, TAG, TEXT, UNSIGNED } from "./cbor-head.ts";
import { readSimple } from "./cbor-value.ts";
import { ItemSkipper } from "./item-skipper.ts";

/** Characters that are collected before they are emitted. */
const CHUNK = 1 << 16;
/** Bytes of a long string that are converted at once; a multiple of three, for base64. */
const PIECE_BYTES = 3 << 14;
/** Longer bignums are written as their bytes. */
const MOST_BIGNUM_BYTES = 1024;
const POSITIVE_BIGNUM = 2;
const NEGATIVE_BIGNUM = 3;

/** An open list or map. `remaining`: remaining items or entries; -1 until a break. */
interface Open {
  isMap: boolean;
  remaining: number;
  count: number;
}

/**
 * Writes a whole CBOR item as JSON, on one line, without loss: integers of any size with all their digits; byte strings, and texts that
 * are not UTF-8, as `{"base64": …}`; tags as their content; floats that are not finite, and simple values without a meaning, as text;
 * undefined as null; keys that are not text as text, lists and maps among them as `base64:` and their bytes. Duplicate keys
 * are kept.
 * @param item well-formed. @param emit receives the text piece by piece.
 */
export function writeJson(item: Buffer, emit: (text: string) => void): void {
  const cursor = new CborCursor();
  cursor.append(item);
  new JsonWriter(cursor, emit).write();
}

class JsonWriter {
  readonly #cursor: CborCursor;
  readonly #emit: (text: string) => void;
  readonly #open: Open[] = [];
  #text = "";

  constructor(cursor: CborCursor, emit: (text: string) => void) {
    this.#cursor = cursor;
    this.#emit = emit;
  }

  write(): void {
    do {
      const open = this.#open.at(-1);
      if (open !== undefined && this.#ends(open)) {
        this.#put(open.isMap ? "}" : "]");
        this.#open.pop();
        continue;
      }
      if (open !== undefined && open.count++ > 0) this.#put(",");
      if (open?.isMap) this.#writeKey();
      this.#writeValue();
    } while (this.#open.length > 0);
    this.#emit(this.#text);
    this.#text = "";
  }

  #ends(open: Open): boolean {
    if (open.remaining === 0) return true;
    if (open.remaining > 0) {
      open.remaining--;
      return false;
    }
    this.#readHead();
    if (!isBreak(this.#cursor)) return false;
    this.#cursor.at = this.#cursor.afterHead;
    return true;
  }

  #readHead(): number {
    const cursor = this.#cursor;
    if (!cursor.readHead()) throw cursor.malformed("the item is incomplete");
    return cursor.major;
  }

  #writeKey(): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    switch (this.#readHead()) {
      case TEXT:
        this.#writeText(this.#readString(), "base64:");
        break;
      case UNSIGNED:
      case NEGATIVE:
        this.#put(`"${this.#readInteger()}"`);
        break;
      case SIMPLE:
        this.#put(JSON.stringify(this.#readScalar().replaceAll('"', "")));
        break;
      default: {
        const skipper = new ItemSkipper();
        skipper.start(1);
        if (!skipper.run(cursor)) throw cursor.malformed("the item is incomplete");
        this.#writeBase64(cursor.bytes.subarray(start, cursor.at), '"base64:', '"');
      }
    }
    this.#put(":");
  }

  #writeValue(): void {
    const cursor = this.#cursor;
    let tag = -1;
    while (this.#readHead() === TAG) {
      tag = cursor.argument;
      cursor.at = cursor.afterHead;
    }
    const { major, info, argument } = cursor;
    switch (major) {
      case UNSIGNED:
      case NEGATIVE:
        return this.#put(this.#readInteger());
      case BYTES:
        return this.#writeBytes(this.#readString(), tag);
      case TEXT:
        return this.#writeText(this.#readString());
      case ARRAY:
      case MAP:
        cursor.at = cursor.afterHead;
        this.#put(major === MAP ? "{" : "[");
        this.#open.push({ isMap: major === MAP, remaining: info === INDEFINITE ? -1 : argument, count: 0 });
        return undefined;
      default:
        return this.#put(this.#readScalar());
    }
  }

  #readInteger(): string {
    const cursor = this.#cursor;
    const argument = cursor.info === 27 ? cursor.exactArgument() : BigInt(cursor.argument);
    cursor.at = cursor.afterHead;
    return String(cursor.major === UNSIGNED ? argument : -1n - argument);
  }

  #readScalar(): string {
    const { info, argument } = this.#cursor;
    const value = readSimple(this.#cursor);
    if (value === undefined && info !== 23) return `"simple(${String(argument)})"`;
    if (value === undefined || value === null) return "null";
    if (typeof value !== "number") return JSON.stringify(value);
    if (Object.is(value, -0)) return "-0";
    return Number.isFinite(value) ? String(value) : `"${String(value)}"`;
  }

  /** The bytes of the string whose head was read last. */
  #readString(): Buffer {
    const cursor = this.#cursor;
    const { bytes } = cursor;
    cursor.at = cursor.afterHead;
    if (cursor.info !== INDEFINITE) return this.#take(bytes, cursor.argument);
    const parts: Buffer[] = [];
    for (;;) {
      this.#readHead();
      cursor.at = cursor.afterHead;
      if (isBreak(cursor)) return Buffer.concat(parts);
      parts.push(this.#take(bytes, cursor.argument));
    }
  }

  #take(bytes: Buffer, length: number): Buffer {
    const cursor = this.#cursor;
    const end = cursor.at + length;
    if (end > bytes.length) throw cursor.malformed("the item is incomplete");
    const taken = bytes.subarray(cursor.at, end);
    cursor.at = end;
    return taken;
  }

  #writeBytes(bytes: Buffer, tag: number): void {
    if ((tag !== POSITIVE_BIGNUM && tag !== NEGATIVE_BIGNUM) || bytes.length > MOST_BIGNUM_BYTES) return this.#writeBase64(bytes, '{"base64":"', '"}');
    const magnitude = BigInt(`0x0${bytes.toString("hex")}`);
    return this.#put(String(tag === POSITIVE_BIGNUM ? magnitude : -1n - magnitude));
  }

  /** @param unreadable prefix of base64 where the bytes are not UTF-8 and JSON does not allow an object. */
  #writeText(bytes: Buffer, unreadable?: string): void {
    if (!isUtf8(bytes)) return unreadable === undefined ? this.#writeBase64(bytes, '{"base64":"', '"}') : this.#writeBase64(bytes, `"${unreadable}`, '"');
    this.#put('"');
    for (let from = 0; from < bytes.length; ) {
      let to = Math.min(from + PIECE_BYTES, bytes.length);
      while (to < bytes.length && ((bytes[to] ?? 0) & 0xc0) === 0x80) to--;
      this.#put(JSON.stringify(bytes.toString("utf8", from, to)).slice(1, -1));
      from = to;
    }
    return this.#put('"');
  }

  #writeBase64(bytes: Buffer, before: string, after: string): void {
    this.#put(before);
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) this.#put(bytes.toString("base64", from, Math.min(from + PIECE_BYTES, bytes.length)));
    this.#put(after);
  }

  #put(text: string): void {
    this.#text += text;
    if (this.#text.length < CHUNK) return;
    this.#emit(this.#text);
    this.#text = "";
  }
}
