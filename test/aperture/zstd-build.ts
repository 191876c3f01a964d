import { constants, zstdCompressSync } from "node:zlib";

/** Writes zstd frames by hand (RFC 8878, section 3), in forms that a compressor chooses by itself or never. */

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Window descriptor of 1 MiB. */
const MEBIBYTE_WINDOW = 0x50;
const RAW = 0;
const RLE = 1;
export const RESERVED = 3;
/** Largest block a frame may have. */
export const BLOCK_MAX = 128 * 1024;

/** One block; which one is the last is settled when they become a frame. */
export interface Block {
  type: number;
  size: number;
  body: Buffer;
}

export function rawBlock(content: Buffer): Block {
  return { type: RAW, size: content.length, body: content };
}

/** `size` times the same byte. */
export function rleBlock(byte: number, size: number): Block {
  return { type: RLE, size, body: Buffer.from([byte]) };
}

/** Content of any length as raw blocks. */
export function rawBlocks(content: Buffer, size = BLOCK_MAX): Block[] {
  const count = Math.ceil(content.length / size);
  return Array.from({ length: count }, (_, i) => rawBlock(content.subarray(i * size, (i + 1) * size)));
}

/** A frame without checksum. @param window descriptor of its window: an exponent, 10 less, and eighths. */
export function frameOf(blocks: readonly Block[], window = MEBIBYTE_WINDOW): Buffer {
  const encoded = blocks.flatMap(({ type, size, body }, index) => {
    const head = Buffer.alloc(3);
    head.writeUIntLE((size << 3) | (type << 1) | (index === blocks.length - 1 ? 1 : 0), 0, 3);
    return [head, body];
  });
  return Buffer.concat([MAGIC, Buffer.from([0x00, window]), ...encoded]);
}

/** A frame of user data, which decoders pass over; `kind` 0 to 15. */
export function skippableFrame(content: Buffer, kind = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50 + kind, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** What zstd itself makes of the content. */
export function compressedFrame(content: Buffer, checksum = true): Buffer {
  return zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0 } });
}
