import type { CborCursor } from "./cbor-cursor.ts";
import { NOT_ALL_HERE, readBounded, type Reading, UnkeptValue } from "./cbor-value.ts";
import { readClientText, readHeader } from "../client-text.ts";
import { readCredential } from "../credential.ts";
import type { Field } from "../field-table.ts";
import type { TextCache } from "./text-cache.ts";

/**
 * Reads the value of a wanted field at the cursor. The cursor moves past it, or does not move: the result is then the part of the
 * value that is kept, and the caller skips the value itself.
 * @param texts cache of repeated texts.
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
    case "tools":
    case "answer":
    case "map":
      return readStrict(cursor, undefined);
    default:
      return reading satisfies never;
  }
}

/** Like `readBounded`, but the cursor does not move past a value that is not kept. */
export function readStrict(cursor: CborCursor, texts: TextCache | undefined): Reading {
  const start = cursor.at;
  const value = readBounded(cursor, texts);
  if (value === NOT_ALL_HERE || value instanceof UnkeptValue) cursor.at = start;
  return value;
}
