import { isUtf8 } from "node:buffer";
import { type CborCursor, isBreak, isSelfDescribed } from "./cbor-cursor.ts";
import { ARRAY, BYTES, INDEFINITE, MAP, NEGATIVE, NEGATIVE_BIGNUM, POSITIVE_BIGNUM, TAG, TEXT, UNSIGNED } from "./cbor-head.ts";
import type { TextCache } from "./text-cache.ts";

/** Why the value of a wanted field was not kept. */
export type Unkept = "too_large" | "too_deep" | "not_utf8" | "wrong_type";

/** Replaces a value that is too large, too deep, or not a text that can be kept. */
export class UnkeptValue {
  readonly why: Unkept;
  constructor(why: Unkept) {
    this.why = why;
  }
}

/** A text that was altered: bytes that are not UTF-8 were replaced, or it was too long and was cut. */
export class AlteredText {
  readonly text: string;
  readonly how: "not_utf8" | "too_long";
  constructor(text: string, how: "not_utf8" | "too_long") {
    this.text = text;
    this.how = how;
  }
}

export class Tagged {
  readonly tag: number;
  readonly value: CborValue;
  constructor(tag: number, value: CborValue) {
    this.tag = tag;
    this.value = value;
  }
}

/** A kept value. Integers beyond 2^53 are `bigint`, bignums are integers; a map that is wanted only for its type is a `Map`. */
export type CborValue =
  | undefined | null | boolean | number | bigint | string
  | Uint8Array | Tagged | AlteredText | UnkeptValue | CborValue[] | Map<CborValue, CborValue>;

/** The value's bytes have not all arrived. */
export const NOT_ALL_HERE = Symbol("not all here");
export type Reading = CborValue | typeof NOT_ALL_HERE;

/** Longest encoded value that is kept: HTTP headers, logins and model names are far shorter. */
export const MAX_KEPT_BYTES = 1 << 16;
const MAX_KEPT_DEPTH = 8;

/**
 * Reads the item at the cursor into a value and moves past it, if the value can be kept.
 * Which values are kept must not depend on how much has arrived: only a value's first bytes decide.
 * After `NOT_ALL_HERE` and `UnkeptValue` the cursor's position is undefined: the caller restores it.
 * @param texts cache of texts.
 */
export function readBounded(cursor: CborCursor, texts: TextCache | undefined): Reading {
  const { at: start, bytes } = cursor;
  const value = readValue(cursor, texts, 0);
  const isKept = value !== NOT_ALL_HERE && !(value instanceof UnkeptValue) && cursor.at - start <= MAX_KEPT_BYTES;
  if (isKept || bytes.length - start <= MAX_KEPT_BYTES) return value;
  cursor.at = start;
  cursor.bytes = bytes.subarray(0, start + MAX_KEPT_BYTES);
  const bounded = readValue(cursor, texts, 0);
  cursor.bytes = bytes;
  return bounded === NOT_ALL_HERE ? new UnkeptValue("too_large") : bounded;
}

function readValue(cursor: CborCursor, texts: TextCache | undefined, depth: number): Reading {
  if (!cursor.readHead()) return NOT_ALL_HERE;
  while (isSelfDescribed(cursor)) {
    cursor.at = cursor.afterHead;
    if (!cursor.readHead()) return NOT_ALL_HERE;
  }
  const { major, info, argument } = cursor;
  switch (major) {
    case UNSIGNED:
    case NEGATIVE:
      return readInteger(cursor);
    case BYTES:
    case TEXT:
      return info === INDEFINITE ? readPartedString(cursor) : readString(cursor, texts);
    case ARRAY:
    case MAP:
      return depth === MAX_KEPT_DEPTH ? new UnkeptValue("too_deep") : readContainer(cursor, texts, depth);
    case TAG: {
      cursor.at = cursor.afterHead;
      if (depth === MAX_KEPT_DEPTH) return new UnkeptValue("too_deep");
      const value = readValue(cursor, texts, depth + 1);
      if (value === NOT_ALL_HERE || value instanceof UnkeptValue) return value;
      const isBignum = (argument === POSITIVE_BIGNUM || argument === NEGATIVE_BIGNUM) && value instanceof Uint8Array;
      return isBignum ? integerOf(value, argument) : new Tagged(argument, value);
    }
    default:
      return readSimple(cursor);
  }
}

function readInteger(cursor: CborCursor): CborValue {
  cursor.at = cursor.afterHead;
  const isNegative = cursor.major === NEGATIVE;
  // The value is -1 minus the argument, one further from zero.
  const most = isNegative ? Number.MAX_SAFE_INTEGER - 1 : Number.MAX_SAFE_INTEGER;
  const exact = cursor.info === 27 && cursor.argument > most ? cursor.exactArgument() : undefined;
  if (!isNegative) return exact ?? cursor.argument;
  return exact === undefined ? -1 - cursor.argument : -1n - exact;
}

/** The integer of a bignum, in the form of an integer without a tag. */
function integerOf(bytes: Uint8Array, tag: number): number | bigint {
  const magnitude = BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
  const value = tag === POSITIVE_BIGNUM ? magnitude : -1n - magnitude;
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function readString(cursor: CborCursor, texts: TextCache | undefined): Reading {
  const { major, argument, afterHead, bytes } = cursor;
  if (argument > MAX_KEPT_BYTES) return new UnkeptValue("too_large");
  const end = afterHead + argument;
  if (end > bytes.length) return NOT_ALL_HERE;
  cursor.at = end;
  if (major === BYTES) return Uint8Array.prototype.slice.call(bytes, afterHead, end);
  return texts?.find(bytes, cursor.view, afterHead, argument) ?? decodeText(bytes, afterHead, end);
}

export function decodeText(bytes: Buffer, start = 0, end = bytes.length): CborValue {
  const text = decodeAny(bytes, start, end);
  return typeof text === "string" ? text : new UnkeptValue("not_utf8");
}

/** The text of these bytes, with U+FFFD for bytes that are not UTF-8. */
export function decodeAny(bytes: Buffer, start = 0, end = bytes.length): string | AlteredText {
  const text = bytes.toString("utf8", start, end);
  // The text may contain U+FFFD itself; only then a second check is needed.
  return !text.includes("\ufffd") || isUtf8(bytes.subarray(start, end)) ? text : new AlteredText(text, "not_utf8");
}

/** RFC 8949, 3.2.3: definite strings of the same major type up to the break, each text valid by itself. */
function readPartedString(cursor: CborCursor): Reading {
  const { major } = cursor;
  const parts: Buffer[] = [];
  cursor.at = cursor.afterHead;
  for (let length = 0; ; ) {
    if (!cursor.readHead()) return NOT_ALL_HERE;
    if (isBreak(cursor)) break;
    if (cursor.major !== major || cursor.info === INDEFINITE) {
      throw cursor.malformed("an indefinite string has a part of another type");
    }
    const end = cursor.afterHead + cursor.argument;
    length += cursor.argument;
    if (length > MAX_KEPT_BYTES) return new UnkeptValue("too_large");
    if (end > cursor.bytes.length) return NOT_ALL_HERE;
    parts.push(cursor.bytes.subarray(cursor.afterHead, end));
    cursor.at = end;
  }
  cursor.at = cursor.afterHead;
  const whole = Buffer.concat(parts);
  return major === TEXT ? decodeText(whole) : new Uint8Array(whole);
}

function readContainer(cursor: CborCursor, texts: TextCache | undefined, depth: number): Reading {
  const isMap = cursor.major === MAP;
  const indefinite = cursor.info === INDEFINITE;
  const expected = cursor.argument * (isMap ? 2 : 1);
  // Each item takes at least one byte, so a container that claims more cannot be kept.
  if (expected > MAX_KEPT_BYTES) return new UnkeptValue("too_large");
  cursor.at = cursor.afterHead;
  if (expected === 1 && !indefinite) return readOnlyItem(cursor, texts, depth);
  const items: CborValue[] = [];
  while (indefinite || items.length < expected) {
    if (indefinite) {
      if (!cursor.readHead()) return NOT_ALL_HERE;
      if (isBreak(cursor)) {
        if (isMap && items.length % 2 === 1) throw cursor.malformed("a map ends between key and value");
        cursor.at = cursor.afterHead;
        break;
      }
    }
    const item = readValue(cursor, texts, depth + 1);
    if (item === NOT_ALL_HERE || item instanceof UnkeptValue) return item;
    items.push(item);
  }
  if (!isMap) return items;
  const map = new Map<CborValue, CborValue>();
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  return map;
}

/** A list of one item, like most headers: a growing list would allocate seventeen places. */
function readOnlyItem(cursor: CborCursor, texts: TextCache | undefined, depth: number): Reading {
  const item = readValue(cursor, texts, depth + 1);
  return item === NOT_ALL_HERE || item instanceof UnkeptValue ? item : [item];
}

/** The simple value or float whose head was read last; undefined for those without a meaning. */
export function readSimple(cursor: CborCursor): CborValue {
  const { info, view, afterHead } = cursor;
  if (info === INDEFINITE) throw cursor.malformed("a break where a value belongs");
  cursor.at = afterHead;
  switch (info) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
    case 25:
      return halfFloat(cursor.argument);
    case 26:
      return view.getFloat32(afterHead - 4);
    case 27:
      return view.getFloat64(afterHead - 8);
    default:
      return undefined;
  }
}

/** RFC 8949, appendix D. */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  const magnitude =
    exponent === 0 ? mantissa * 2 ** -24
    : exponent === 31 ? (mantissa === 0 ? Infinity : NaN)
    : (mantissa + 1024) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}
