import { TERMS, type Terms } from "../../ledger/usage/terms.ts";
import { type BYTES, FIRST_WIDTH, MAP, TEXT } from "../reader/cbor/cbor-head.ts";
import type { KeptTool } from "./kept-names.ts";

export const NULL_ITEM: Buffer = Buffer.from([0xf6]);

/** A CBOR text of definite length with the shortest possible head. */
export function textItem(text: string): Buffer {
  return stringItem(TEXT, Buffer.from(text));
}

/** A CBOR string, of bytes or of text, of definite length and with the shortest possible head. */
export function stringItem(major: typeof TEXT | typeof BYTES, content: Buffer): Buffer {
  return Buffer.concat([shortestHead(major, content.length), content]);
}

/** A map of the texts that are there; null without any. */
function mapItem(texts: readonly (readonly [key: string, value: string | null])[]): Buffer {
  const there = texts.flatMap(([key, value]) => (value === null ? [] : [textItem(key), textItem(value)]));
  return there.length === 0 ? NULL_ITEM : Buffer.concat([shortestHead(MAP, there.length / 2), ...there]);
}

/** An answer reduced to its terms. */
export function termsItem(terms: Terms): Buffer {
  const usage = mapItem(TERMS.map((term) => [term, terms[term]]));
  return usage === NULL_ITEM ? NULL_ITEM : Buffer.concat([shortestHead(MAP, 1), textItem("usage"), usage]);
}

/** A tool reduced to its names. */
export function toolItem({ name, server_name }: KeptTool): Buffer {
  return mapItem([["name", name], ["server_name", server_name]]);
}

/** RFC 8949, section 3; for arguments below 2^32. */
function shortestHead(major: number, argument: number): Buffer {
  const initial = major << 5;
  if (argument < FIRST_WIDTH) return Buffer.from([initial | argument]);
  if (argument < 0x100) return Buffer.from([initial | 24, argument]);
  const wide = argument >= 0x10000;
  const head = Buffer.alloc(wide ? 5 : 3, initial | (wide ? 26 : 25));
  if (wide) head.writeUInt32BE(argument, 1);
  else head.writeUInt16BE(argument, 1);
  return head;
}
