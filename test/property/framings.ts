import { once } from "node:events";
import { constants, createZstdCompress, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { frameOf, rawBlocks, skippableFrame } from "../aperture/zstd-build.ts";
import { cutContent } from "./read-pieces.ts";

/** An export object, and what of it holds what of the content. */
export interface Framed {
  object: Buffer;
  /** Content up to `contentEnd` can be read from the object's bytes up to `objectEnd`; in order. */
  readable: readonly { objectEnd: number; contentEnd: number }[];
  /** Where frames and blocks begin and say how long they are. */
  marks: readonly number[];
}

/** How content becomes an export object. */
export interface Framing {
  /** `raw blocks` are stored as they are; `flushed` is one frame of several compressed blocks. */
  kind: "frames" | "raw blocks" | "flushed";
  cuts: readonly number[];
  blockSize: number;
  checksum: boolean;
  /** Whether frames that decoders pass over lie between the others. */
  skippable: boolean;
}

export const framings: fc.Arbitrary<Framing> = fc.record({
  kind: fc.constantFrom("frames", "frames", "raw blocks", "flushed"),
  cuts: fc.array(fc.noBias(fc.nat()), { maxLength: 2 }),
  blockSize: fc.integer({ min: 64, max: 4096 }),
  checksum: fc.boolean(),
  skippable: fc.boolean(),
});

/** zstd, RFC 8878: magic number, descriptor, and at most so many bytes more before the first block. */
const FRAME_HEADER = 18;
const CHECKSUM = 4;
const BLOCK_HEAD = 3;
const RAW_FRAME_HEADER = 6;

export async function frameContent(content: Buffer, framing: Framing): Promise<Framed> {
  const pieces = cutContent(content, framing.cuts);
  if (framing.kind === "flushed") return await flushBlocks(pieces, framing);
  const objects: Buffer[] = [];
  const readable: { objectEnd: number; contentEnd: number }[] = [];
  const marks: number[] = [];
  let objectEnd = 0;
  let contentEnd = 0;
  const add = (bytes: Buffer): void => {
    objects.push(bytes);
    marks.push(...Array.from({ length: Math.min(FRAME_HEADER, bytes.length) }, (_, i) => objectEnd + i));
    objectEnd += bytes.length;
  };
  for (const piece of pieces) {
    if (framing.skippable) add(skippableFrame(piece.subarray(0, 20)));
    if (framing.kind === "frames") {
      add(compress(piece, framing.checksum));
      contentEnd += piece.length;
      readable.push({ objectEnd: framing.checksum ? objectEnd - CHECKSUM : objectEnd, contentEnd });
    } else if (piece.length > 0) {
      const blocks = rawBlocks(piece, framing.blockSize);
      let blockEnd = objectEnd + RAW_FRAME_HEADER;
      add(frameOf(blocks));
      for (const { size } of blocks) {
        marks.push(blockEnd, blockEnd + 1, blockEnd + 2);
        blockEnd += BLOCK_HEAD + size;
        contentEnd += size;
        readable.push({ objectEnd: blockEnd, contentEnd });
      }
    }
  }
  return { object: Buffer.concat(objects), readable, marks };
}

/** Half of the frames say how long their content is. Tables made for this little content: the usual ones take longer to clear than it takes to compress. */
function compress(piece: Buffer, checksum: boolean): Buffer {
  return zstdCompressSync(piece, { params: parameters(checksum), ...(piece.length % 2 === 0 ? { pledgedSrcSize: piece.length } : {}) });
}

function parameters(checksum: boolean): Record<number, number> {
  const { ZSTD_c_checksumFlag, ZSTD_c_windowLog, ZSTD_c_hashLog, ZSTD_c_chainLog } = constants;
  return { [ZSTD_c_checksumFlag]: checksum ? 1 : 0, [ZSTD_c_windowLog]: 17, [ZSTD_c_hashLog]: 12, [ZSTD_c_chainLog]: 12 };
}

/** One frame, of which each piece ends a block. */
async function flushBlocks(pieces: readonly Buffer[], { checksum }: Framing): Promise<Framed> {
  const zstd = createZstdCompress({ params: parameters(checksum) });
  const chunks: Buffer[] = [];
  let objectEnd = 0;
  zstd.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    objectEnd += chunk.length;
  });
  const readable: { objectEnd: number; contentEnd: number }[] = [];
  const marks = Array.from({ length: FRAME_HEADER }, (_, i) => i);
  let contentEnd = 0;
  for (const piece of pieces) {
    zstd.write(piece);
    await new Promise<void>((resolve) => zstd.flush(constants.ZSTD_e_flush, () => resolve()));
    contentEnd += piece.length;
    readable.push({ objectEnd, contentEnd });
    marks.push(objectEnd, objectEnd + 1, objectEnd + 2);
  }
  zstd.end();
  await once(zstd, "end");
  return { object: Buffer.concat(chunks), readable, marks };
}
