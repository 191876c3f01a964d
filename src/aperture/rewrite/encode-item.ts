import { type BYTES, FIRST_WIDTH, TEXT } from "../reader/cbor/cbor-head.ts";

export const NULL_ITEM: Buffer = Buffer.from([0xf6]);

/** A CBOR text of definite length with the shortest possible head. */
export function textItem(text: string): Buffer {
  return stringItem(TEXT, Buffer.from(text));
}

/** A CBOR string, of bytes or of text, of definite length and with the shortest possible head. */
export function stringItem(major: typeof TEXT | typeof BYTES, content: Buffer): Buffer {
  return Buffer.concat([shortestHead(major, content.length), content]);
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
