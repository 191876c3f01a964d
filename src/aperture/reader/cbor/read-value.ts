import type { CborCursor } from "./cbor-cursor.ts";
import { NOT_ALL_HERE, readBounded, type Reading, UnkeptValue } from "./cbor-value.ts";
import { readClientText, readHeader } from "../client-text.ts";
import { readCredential } from "../credential.ts";
import type { Field } from "../field-table.ts";
import type { TextCache } from "./text-cache.ts";

/**
 * Reads the value of a wanted field, which is at the cursor. The cursor moves behind it, or stays before it: what is returned is
 * then what is kept of the value, which itself is still to be passed.
 * @param texts where texts that come again are looked up.
 */
export function readValueOf(cursor: CborCursor, { name, reading }: Field, texts: TextCache): Reading {
  switch (reading) {
    case "text":
      return readClientText(cursor, texts);
    case "header":
      return readHeader(cursor, texts);
    case "credential":
      return readCredential(cursor, name);
    case "repeated":
      return readStrict(cursor, texts);
    case "value":
    case "length":
    case "map":
      return readStrict(cursor, undefined);
    default:
      return reading satisfies never;
  }
}

/** As `readBounded`; the cursor stays before what is not kept. */
export function readStrict(cursor: CborCursor, texts: TextCache | undefined): Reading {
  const start = cursor.at;
  const value = readBounded(cursor, texts);
  if (value === NOT_ALL_HERE || value instanceof UnkeptValue) cursor.at = start;
  return value;
}
