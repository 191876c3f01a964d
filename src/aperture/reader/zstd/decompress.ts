import { open } from "node:fs/promises";
import { messageOf } from "../../../ledger/errors.ts";
import { filePieces } from "../../../storage/file-pieces.ts";
import { type Damage, DamageFound } from "../damage.ts";
import { type ByteSink, FrameDecoder, FrameRefused } from "./frame-decoder.ts";
import { ZstdFrameWalker } from "./zstd-frames.ts";

/** Measured: a gigabyte of conversations takes 20 % longer with pieces of 256 KiB, and larger pieces save nothing. */
const PIECE_BYTES = 1 << 20;
/** For small exports: a gateway that exports every few minutes writes hundreds of them a day. */
const SMALL_FILE_BYTES = 1 << 16;
const SMALL_PIECE_BYTES = 1 << 17;

/**
 * Decompresses all zstd frames of a local file into `sink`, in constant memory.
 * Resolves to the damage that ended the reading, or null. Everything before the damage has been delivered by then:
 * a decoder that fails loses what it read in the same call, so the damaged frame is read a second time, block by
 * block.
 */
export async function decompressExport(file: string, sink: ByteSink): Promise<Damage | null> {
  const progress: FrameProgress = { start: 0, delivered: 0 };
  const damage = await decompress(file, "in chunks", progress, sink);
  if (damage?.code !== "zstd_corrupt") return damage;
  return (await decompress(file, "block by block", progress, sink)) ?? damage;
}

/** Progress of the reading: the start of the current frame in the file, and how much of that frame was delivered. */
interface FrameProgress {
  start: number;
  delivered: number;
}

async function decompress(
  file: string,
  step: "in chunks" | "block by block",
  progress: FrameProgress,
  sink: ByteSink,
): Promise<Damage | null> {
  const input = await open(file);
  const pieceBytes = (await input.stat()).size < SMALL_FILE_BYTES ? SMALL_PIECE_BYTES : PIECE_BYTES;
  const walker = new ZstdFrameWalker(progress.start);
  let known = progress.delivered;
  const deliver: ByteSink = (bytes) => {
    const skipped = Math.min(known, bytes.length);
    known -= skipped;
    if (skipped === bytes.length) return undefined;
    progress.delivered += bytes.length - skipped;
    return sink(bytes.subarray(skipped));
  };
  let decoder: FrameDecoder | undefined;
  let isDecoding = false;

  try {
    for await (const chunk of filePieces(input, progress.start)) {
      for (let from = 0; from < chunk.length; ) {
        let { to, boundary } = walker.walk(chunk, from);
        while (boundary === "block" && step === "in chunks") ({ to, boundary } = walker.walk(chunk, to));
        if (boundary === "magic") {
          progress.start = walker.frameStart;
          if (known === 0) progress.delivered = 0;
          isDecoding = !walker.skippable;
          if (isDecoding) (decoder ??= new FrameDecoder(deliver, pieceBytes)).begin();
        } else if (isDecoding) {
          await decoder?.write(chunk.subarray(from, to));
        }
        if (boundary === "frame") isDecoding = false;
        from = to;
      }
    }
    if (!walker.insideFrame) await decoder?.finish();
    return damageAtEnd(walker);
  } catch (error) {
    if (error instanceof DamageFound) return error.damage;
    if (!(error instanceof FrameRefused)) throw error;
    return { code: "zstd_corrupt", message: `zstd: ${messageOf(error.cause)}`, offset: walker.offset };
  } finally {
    decoder?.destroy();
    await input.close();
  }
}

function damageAtEnd(walker: ZstdFrameWalker): Damage | null {
  const { offset } = walker;
  if (offset === 0) return { code: "empty_object", message: "the object has no bytes at all", offset };
  if (!walker.insideFrame) return null;
  return { code: "zstd_truncated", message: `the object ends inside a zstd frame, at byte ${offset}`, offset };
}
