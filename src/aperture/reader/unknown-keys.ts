import { type CborValue, Tagged } from "./cbor/cbor-value.ts";
import type { TextCache } from "./cbor/text-cache.ts";

/** Unknown keys by their reported names. Bounded, whatever a record contains. */

/** Most different keys of one map; the rest are counted together. */
const MOST_KEYS = 32;
/** The name for keys beyond the limit, for keys that are not texts, and for keys that are too long. */
const OTHERS = "(others)";
export const NO_NAME = "(no text)";
export const LONG_NAME = "(too long)";

const MOST_CHARACTERS = 64;
const CUT = "…";
const PLAIN_NAME = /^[\x21-\x7e]{1,64}$/;
/** Characters that are invisible or rearrange the text around them. */
const UNSEEN = /(?! )[\p{C}\p{Z}]/gu;

/** The text of a key, from a cache, since names repeat in every record. @param view of `bytes`. */
export function keyName(bytes: Buffer, view: DataView, start: number, length: number, texts: TextCache): string {
  return texts.find(bytes, view, start, length) ?? bytes.toString("utf8", start, start + length);
}

/** A name that is safe to keep and to show: at most 64 characters, all of them visible. */
export function safeName(name: string): string {
  if (PLAIN_NAME.test(name)) return name;
  const characters = Array.from(name.replace(UNSEEN, "\ufffd"));
  return characters.length <= MOST_CHARACTERS ? characters.join("") : characters.slice(0, MOST_CHARACTERS - 1).join("") + CUT;
}

/** The unknown names of one record or, with their counts, of one `usage`. For a repeated name the last count is kept. */
export class UnknownKeys {
  /** 0 where the value is not a count. */
  readonly counts = new Map<string, number>();

  add(name: string, value: CborValue): void {
    const { counts } = this;
    const count = countOf(value);
    if (counts.has(name) || counts.size < MOST_KEYS) counts.set(name, count);
    else counts.set(OTHERS, Math.min((counts.get(OTHERS) ?? 0) + count, Number.MAX_SAFE_INTEGER));
  }
}

const NUMBER = /^\d+(?:\.\d+)?$/;

/**
 * A number above 0 is a count, whole or fractional: seconds of speech cost money too. It may have a tag, or be written as a text of digits.
 * Numbers above 2^53 - 1 count as 2^53 - 1. 0, null, negative numbers and values that are not numbers are not counts.
 */
function countOf(value: CborValue): number {
  if (value instanceof Tagged) return countOf(value.value);
  if (typeof value === "string" && NUMBER.test(value)) return countOf(Number(value));
  if (typeof value === "bigint") return value > 0n ? Number.MAX_SAFE_INTEGER : 0;
  return typeof value === "number" && value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0;
}
