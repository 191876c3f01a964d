/** Encodes CBOR item by item, also in the forms that no library writes: RFC 8949 allows many for the same value. */

/** Bytes of the argument behind the initial byte; 0 puts it into the initial byte itself. */
export type HeadWidth = 0 | 1 | 2 | 4 | 8;

function shortestWidth(argument: bigint): HeadWidth {
  if (argument < 24n) return 0;
  if (argument < 0x100n) return 1;
  if (argument < 0x10000n) return 2;
  return argument < 0x100000000n ? 4 : 8;
}

export function head(major: number, argument: number | bigint, width = shortestWidth(BigInt(argument))): Buffer {
  const value = BigInt(argument);
  if (width === 0) return Buffer.from([(major << 5) | Number(value)]);
  const whole = Buffer.alloc(9);
  whole.writeBigUInt64BE(value, 1);
  const info = { 1: 24, 2: 25, 4: 26, 8: 27 }[width];
  return Buffer.concat([Buffer.from([(major << 5) | info]), whole.subarray(9 - width)]);
}

export const BREAK = Buffer.from([0xff]);
export const NULL = Buffer.from([0xf6]);
export const UNDEFINED = Buffer.from([0xf7]);
export const TRUE = Buffer.from([0xf5]);
export const FALSE = Buffer.from([0xf4]);

export function integer(value: number | bigint, width?: HeadWidth): Buffer {
  return value < 0 ? head(1, -1n - BigInt(value), width) : head(0, value, width);
}

export function text(value: string, width?: HeadWidth): Buffer {
  const encoded = Buffer.from(value);
  return Buffer.concat([head(3, encoded.length, width), encoded]);
}

export function bytes(value: Uint8Array, width?: HeadWidth): Buffer {
  return Buffer.concat([head(2, value.length, width), value]);
}

/** A text of bytes that need not be UTF-8. */
export function textOfBytes(value: Uint8Array): Buffer {
  return Buffer.concat([head(3, value.length), value]);
}

export function array(items: readonly Buffer[], width?: HeadWidth): Buffer {
  return Buffer.concat([head(4, items.length, width), ...items]);
}

export type Entry = readonly [key: string | Buffer, value: Buffer];

function entryBytes([key, value]: Entry): Buffer[] {
  return [typeof key === "string" ? text(key) : key, value];
}

/** Keeps order and duplicates; a key that is a buffer is encoded already. */
export function map(entries: readonly Entry[], width?: HeadWidth): Buffer {
  return Buffer.concat([head(5, entries.length, width), ...entries.flatMap(entryBytes)]);
}

export function indefiniteMap(entries: readonly Entry[]): Buffer {
  return Buffer.concat([Buffer.from([0xbf]), ...entries.flatMap(entryBytes), BREAK]);
}

export function indefiniteArray(items: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x9f]), ...items, BREAK]);
}

export function indefiniteText(parts: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from([0x7f]), ...parts.map((part) => text(part)), BREAK]);
}

export function indefiniteBytes(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from([0x5f]), ...parts.map((part) => bytes(part)), BREAK]);
}

export function tagged(tag: number | bigint, value: Buffer, width?: HeadWidth): Buffer {
  return Buffer.concat([head(6, tag, width), value]);
}

export function simple(value: number): Buffer {
  return head(7, value);
}

/** The 16 bits as they are written. */
export function half(bits: number): Buffer {
  return Buffer.from([0xf9, bits >> 8, bits & 0xff]);
}

export function single(value: number): Buffer {
  const encoded = Buffer.from([0xfa, 0, 0, 0, 0]);
  encoded.writeFloatBE(value, 1);
  return encoded;
}

export function double(value: number): Buffer {
  const encoded = Buffer.alloc(9, 0xfb);
  encoded.writeDoubleBE(value, 1);
  return encoded;
}

/** `opener` `depth` times, a 0 in the middle, `closer` `depth` times. */
export function nested(depth: number, opener: Buffer, closer: Buffer = Buffer.alloc(0)): Buffer {
  const repeat = (item: Buffer): Buffer => (item.length === 0 ? item : Buffer.alloc(item.length * depth, item));
  return Buffer.concat([repeat(opener), integer(0), repeat(closer)]);
}
