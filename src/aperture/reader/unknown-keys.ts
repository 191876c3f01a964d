import { type CborValue, Tagged } from "./cbor/cbor-value.ts";
import type { TextCache } from "./cbor/text-cache.ts";

/** Keys that nobody knows, by the names they are reported under. Bounded, whatever a record holds. */

/** More different ones of one map are kept together. */
const MOST_KEYS = 32;
/** Stands for those beyond, for a key that is no text, and for one that is too long to be read. */
const OTHERS = "(others)";
export const NO_NAME = "(no text)";
export const LONG_NAME = "(too long)";

const MOST_CHARACTERS = 64;
const CUT = "…";
const PLAIN_NAME = /^[\x21-\x7e]{1,64}$/;
/** What is not seen, or moves what is around it. */
const UNSEEN = /(?! )[\p{C}\p{Z}]/gu;

/** The text of a key; the same names come in every record. @param view of `bytes`. */
export function keyName(bytes: Buffer, view: DataView, start: number, length: number, texts: TextCache): string {
  return texts.find(bytes, view, start, length) ?? bytes.toString("utf8", start, start + length);
}

/** A name as it is safe to keep and to show: of at most 64 characters, all of which are seen. */
export function safeName(name: string): string {
  if (PLAIN_NAME.test(name)) return name;
  const characters = Array.from(name.replace(UNSEEN, "\ufffd"));
  return characters.length <= MOST_CHARACTERS ? characters.join("") : characters.slice(0, MOST_CHARACTERS - 1).join("") + CUT;
}

/** The names of one record, or, with their counts, of one `usage`. A name that comes twice has the count that comes last. */
export class UnknownKeys {
  /** 0 where the value is no count. */
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
 * A number above 0 counts, whole or not: seconds of speech cost something too. So it does with a tag, and written as a text of digits.
 * What is beyond 2^53 - 1 counts as that. 0, null, and whatever is no number or is negative is no count.
 */
function countOf(value: CborValue): number {
  if (value instanceof Tagged) return countOf(value.value);
  if (typeof value === "string" && NUMBER.test(value)) return countOf(Number(value));
  if (typeof value === "bigint") return value > 0n ? Number.MAX_SAFE_INTEGER : 0;
  return typeof value === "number" && value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0;
}
