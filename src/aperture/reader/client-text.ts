import { type CborCursor, isBreak, isSelfDescribed } from "./cbor/cbor-cursor.ts";
import { ARRAY, INDEFINITE, TEXT } from "./cbor/cbor-head.ts";
import { AlteredText, decodeAny, MAX_KEPT_BYTES, NOT_ALL_HERE, readBounded, type Reading, UnkeptValue } from "./cbor/cbor-value.ts";
import type { TextCache } from "./cbor/text-cache.ts";

/**
 * Texts whose content cannot lead to a rejection, such as those that a client writes. Bytes that are not UTF-8 become U+FFFD.
 * A text of more than 64 KiB is cut between two characters, so that it fits 64 KiB with the mark at its end.
 *
 * Every function here reads the item at the cursor. The cursor moves past the item, or does not move: the result is then the part of the
 * item that is kept, and the caller skips the item itself. The result does not depend on how much has arrived.
 */

/** The mark at the end of a cut text. */
export const CUT_MARK = "…[cut]";
const MARK_BYTES = Buffer.byteLength(CUT_MARK);
/** Parts of an indefinite text, or of a list of texts, that begin after this are ignored. */
const MAX_PARTED_BYTES = 2 * MAX_KEPT_BYTES;
/** RFC 9110, 5.3. */
const COMMA = ", ";

/** A text, altered where necessary. Other items are read as by `readBounded`. */
export function readClientText(cursor: CborCursor, texts: TextCache | undefined): Reading {
  const start = cursor.at;
  if (!enterItem(cursor)) return NOT_ALL_HERE;
  const value = cursor.major === TEXT ? readText(cursor, texts) : readBounded(cursor, texts);
  if (isUnpassed(value)) cursor.at = start;
  return value;
}

/** A header: a text, or a list of texts, joined as HTTP joins them. Anything else has the wrong type. */
export function readHeader(cursor: CborCursor, texts: TextCache | undefined, separator = COMMA): Reading {
  const start = cursor.at;
  if (!enterItem(cursor)) return NOT_ALL_HERE;
  const value = cursor.major === ARRAY ? readTexts(cursor, texts, separator) : cursor.major === TEXT ? readText(cursor, texts) : readBounded(cursor, texts);
  if (isUnpassed(value)) cursor.at = start;
  return value;
}

function isUnpassed(value: Reading): boolean {
  return value instanceof UnkeptValue || (value instanceof AlteredText && value.how === "too_long");
}

/** Reads the head of the item at the cursor, and skips tags that change nothing. */
function enterItem(cursor: CborCursor): boolean {
  if (!cursor.readHead()) return false;
  while (isSelfDescribed(cursor)) {
    cursor.at = cursor.afterHead;
    if (!cursor.readHead()) return false;
  }
  return true;
}

/** The text whose head was read last. */
function readText(cursor: CborCursor, texts: TextCache | undefined): string | AlteredText | typeof NOT_ALL_HERE {
  const { info, argument, afterHead, bytes, view } = cursor;
  if (info === INDEFINITE) return readPartedText(cursor);
  const kept = Math.min(argument, MAX_KEPT_BYTES);
  if (afterHead + kept > bytes.length) return NOT_ALL_HERE;
  cursor.at = afterHead + kept;
  const cached = texts?.find(bytes, view, afterHead, argument);
  return cached ?? (argument > kept ? cutText(bytes.subarray(afterHead, cursor.at)) : keepText(bytes, afterHead, cursor.at));
}

function readPartedText(cursor: CborCursor): string | AlteredText | typeof NOT_ALL_HERE {
  const { bytes, at: start } = cursor;
  const parts: Buffer[] = [];
  cursor.at = cursor.afterHead;
  for (let length = 0; ; ) {
    const isFull = length > MAX_KEPT_BYTES || cursor.at - start > MAX_PARTED_BYTES;
    if (isFull) return cutText(Buffer.concat(parts));
    if (!cursor.readHead()) return NOT_ALL_HERE;
    if (isBreak(cursor)) break;
    if (cursor.major !== TEXT || cursor.info === INDEFINITE) {
      throw cursor.malformed("an indefinite string has a part of another type");
    }
    const kept = Math.min(cursor.argument, MAX_KEPT_BYTES);
    const end = cursor.afterHead + kept;
    if (end > bytes.length) return NOT_ALL_HERE;
    parts.push(bytes.subarray(cursor.afterHead, end));
    length += cursor.argument;
    cursor.at = end;
  }
  cursor.at = cursor.afterHead;
  return keepText(Buffer.concat(parts));
}

/** The joined texts of the list whose head was read last; undefined for an empty list. */
function readTexts(cursor: CborCursor, texts: TextCache | undefined, separator: string): Reading {
  const { info, argument, at: start } = cursor;
  cursor.at = cursor.afterHead;
  if (argument === 1 && info !== INDEFINITE) return onlyText(readListed(cursor, texts));
  const read: string[] = [];
  let how: AlteredText["how"] | undefined;
  for (let length = 0; info === INDEFINITE || read.length < argument; ) {
    if (length > MAX_KEPT_BYTES || cursor.at - start > MAX_PARTED_BYTES) how = "too_long";
    if (how === "too_long") break;
    if (!cursor.readHead()) return NOT_ALL_HERE;
    if (info === INDEFINITE && isBreak(cursor)) {
      cursor.at = cursor.afterHead;
      break;
    }
    const item = readListed(cursor, texts);
    if (item instanceof AlteredText) how = item.how;
    else if (typeof item !== "string") return item;
    read.push(item instanceof AlteredText ? item.text : item);
    length += Buffer.byteLength(read.at(-1) ?? "") + separator.length;
  }
  if (read.length === 0) return undefined;
  const joined = read.join(separator);
  if (how === "too_long" || Buffer.byteLength(joined) > MAX_KEPT_BYTES) return cutText(Buffer.from(joined));
  return how === undefined ? joined : new AlteredText(joined, how);
}

function onlyText(item: Reading): Reading {
  return item === NOT_ALL_HERE || item instanceof AlteredText || typeof item === "string" ? item : new UnkeptValue("wrong_type");
}

/** A text of a list; an item of another type makes the type of the list wrong. */
function readListed(cursor: CborCursor, texts: TextCache | undefined): string | AlteredText | UnkeptValue | typeof NOT_ALL_HERE {
  if (!enterItem(cursor)) return NOT_ALL_HERE;
  if (isBreak(cursor)) throw cursor.malformed("a break where a value belongs");
  return cursor.major === TEXT ? readText(cursor, texts) : new UnkeptValue("wrong_type");
}

function keepText(bytes: Buffer, start = 0, end = bytes.length): string | AlteredText {
  const text = decodeAny(bytes, start, end);
  // U+FFFD takes three bytes and replaces one.
  return text instanceof AlteredText && Buffer.byteLength(text.text) > MAX_KEPT_BYTES ? cutText(Buffer.from(text.text)) : text;
}

function cutText(bytes: Buffer): AlteredText {
  return new AlteredText(firstCharacters(bytes, MAX_KEPT_BYTES - MARK_BYTES) + CUT_MARK, "too_long");
}

/** The longest text of whole characters that fits the given number of bytes. */
function firstCharacters(bytes: Buffer, most: number): string {
  let end = Math.min(most, bytes.length);
  for (let back = 0; back < 3 && isContinuation(bytes[end]); back++) end--;
  const text = bytes.toString("utf8", 0, end);
  const encoded = text.includes("\ufffd") ? Buffer.from(text) : undefined;
  return encoded !== undefined && encoded.length > most ? firstCharacters(encoded, most) : text;
}

/** Whether a byte of UTF-8 continues a character. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
