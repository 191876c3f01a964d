import { decompressExport } from "./zstd/decompress.ts";
import type { RecordPlace } from "./record-reader.ts";

/** Receives the bytes of one record, in order, in pieces of bounded size that are valid until `bytes` returns. */
export interface RecordBytesVisitor<Wanted extends { place: RecordPlace }> {
  begin(wanted: Wanted): void;
  bytes(piece: Buffer): void;
  end(wanted: Wanted): void;
}

/**
 * Extracts the encoded bytes of some records of an export, in constant memory.
 * @param wanted in the order of the file; all of them were readable when the file was read before.
 */
export async function extractRecords<Wanted extends { place: RecordPlace }>(
  file: string,
  wanted: readonly Wanted[],
  visitor: RecordBytesVisitor<Wanted>,
): Promise<void> {
  let next = 0;
  let offset = 0;
  let begun = false;
  const damage = await decompressExport(file, (chunk) => {
    const chunkEnd = offset + chunk.length;
    for (let current = wanted[next]; current !== undefined; current = wanted[next]) {
      const end = current.place.offset + current.place.length;
      const from = Math.max(current.place.offset, offset);
      if (from >= chunkEnd) break;
      if (!begun) visitor.begin(current);
      visitor.bytes(chunk.subarray(from - offset, Math.min(end, chunkEnd) - offset));
      begun = end > chunkEnd;
      if (begun) break;
      visitor.end(current);
      next++;
    }
    offset = chunkEnd;
  });
  if (next < wanted.length) {
    throw new Error(`${wanted.length - next} records were not found again in ${file}: ${damage?.message ?? "it is shorter now"}`);
  }
}
