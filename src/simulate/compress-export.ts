import { once } from "node:events";
import { constants, createZstdCompress, type ZstdCompress } from "node:zlib";
import { CborWriter } from "./cbor-writer.ts";
import type { Conversations } from "./conversations.ts";
import type { ExportEntry } from "./cut-exports.ts";
import { encodeRecord } from "./encode-record.ts";

/** Bytes of CBOR that are gathered before the compressor is called. */
const FLUSH_AT = 1 << 18;

/** 16 MiB: a session's last request, half a megabyte long, is still in sight when others have spoken in between. */
const WINDOW_LOG_FOR_BODIES = 24;

export interface CompressedExport {
  bytes: Uint8Array;
  /** Size before compression. */
  cborBytes: number;
}

/** Encodes records one by one into a zstd stream; only the compressed export is ever whole in memory. */
export async function compressExport(
  entries: readonly ExportEntry[],
  conversations: Conversations | undefined,
): Promise<CompressedExport> {
  const zstd = createZstdCompress({ params: compressionFor(conversations !== undefined) });
  const chunks: Uint8Array[] = [];
  zstd.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  const [, cborBytes] = await Promise.all([once(zstd, "end"), feed(zstd, entries, conversations)]);
  return { bytes: Buffer.concat(chunks), cborBytes };
}

async function feed(
  zstd: ZstdCompress,
  entries: readonly ExportEntry[],
  conversations: Conversations | undefined,
): Promise<number> {
  const writer = new CborWriter();
  let cborBytes = 0;
  for (const [index, { record }] of entries.entries()) {
    encodeRecord(writer, record, conversations);
    if (writer.length < FLUSH_AT && index < entries.length - 1) continue;
    cborBytes += writer.length;
    await write(zstd, writer.take());
  }
  zstd.end();
  return cborBytes;
}

/** Waits until the bytes are used up, because the writer fills the same memory again. */
function write(zstd: ZstdCompress, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    zstd.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

function compressionFor(bodies: boolean): Record<number, number> {
  const checked = { [constants.ZSTD_c_checksumFlag]: 1 };
  if (!bodies) return checked;
  return {
    ...checked,
    [constants.ZSTD_c_windowLog]: WINDOW_LOG_FOR_BODIES,
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
  };
}
