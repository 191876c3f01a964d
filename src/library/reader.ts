/**
 * Reads the files that an Aperture gateway exports, for programs that do not need a ledger: `import … from "aperture-ledger/reader"`.
 * @module
 */
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TransformStream, type WritableStreamDefaultWriter } from "node:stream/web";
import { exportTime, lastPart } from "../aperture/reader/export-name.ts";
import type { ReadableParts } from "../aperture/reader/check-record.ts";
import { type ExportReading, readExport } from "../aperture/reader/read-export.ts";
import type { RecordPlace } from "../aperture/reader/record-reader.ts";
import type { Rejection } from "../aperture/reader/rejection.ts";
import type { RecordedRequest } from "../ledger/usage/recorded-request.ts";
import { withWorkspace } from "../storage/workspace.ts";

export type { Damage, DamageCode } from "../aperture/reader/damage.ts";
export type { Rejection, RejectionReason } from "../aperture/reader/rejection.ts";
export type { ExportReading, ReadableParts, RecordedRequest, RecordPlace };

export interface ReadOptions {
  /**
   * When the export was made: a record that is more than a day younger is rejected. By default the time in the file's name
   * (`ts-aperture-export-1791417600.cbor.zstd`), otherwise the file's own time, and for bytes now.
   */
  exportedAt?: Date;
  /** Names of request headers to read, in any case. By default none is read. */
  headers?: Iterable<string>;
}

/** What an export consists of, in its order. `end` always comes last. */
export type ExportItem =
  /** A usable record: money in nanodollars (`bigint`), time in microseconds since 1970 UTC. */
  | { kind: "request"; request: RecordedRequest; place: RecordPlace }
  /** A record that cannot be counted, with the reason and what could be read of it. */
  | { kind: "rejected"; rejection: Rejection; place: RecordPlace; parts: ReadableParts }
  /** How much was read. `damage` is null if the file was read completely; otherwise everything before the damage was delivered. */
  | ({ kind: "end" } & ExportReading);

/**
 * Reads an export record by record, in constant memory however large its content is. A damaged file is no exception: see `end`. Bodies,
 * credentials and headers that were not asked for are passed over and never delivered.
 * @param source path of a local file, or the bytes of an export.
 * Throws where the file cannot be opened.
 */
export async function* readRecords(source: string | Uint8Array, options: ReadOptions = {}): AsyncGenerator<ExportItem, void, void> {
  const { readable, writable } = new TransformStream<ExportItem[], ExportItem[]>();
  const writer = writable.getWriter();
  const reading = deliver(source, options, writer).then(
    () => writer.close(),
    (error: unknown) => writer.abort(error),
  );
  // Where the caller stops early, closing fails, and nobody waits for it.
  const settled = reading.catch(() => undefined);
  try {
    for await (const items of readable) yield* items;
  } finally {
    await settled;
  }
}

async function deliver(source: string | Uint8Array, options: ReadOptions, writer: WritableStreamDefaultWriter<ExportItem[]>): Promise<void> {
  if (typeof source === "string") return await deliverFile(source, options, writer);
  return await withWorkspace(async (folder) => {
    const file = join(folder, "export");
    await writeFile(file, source);
    await deliverFile(file, { exportedAt: new Date(), ...options }, writer);
  });
}

async function deliverFile(file: string, { exportedAt, headers = [] }: ReadOptions, writer: WritableStreamDefaultWriter<ExportItem[]>): Promise<void> {
  let items: ExportItem[] = [];
  const reading = await readExport(file, exportedAt ?? exportTime(lastPart(file), (await stat(file)).mtime), headers, {
    accept: (request, place) => void items.push({ kind: "request", request, place }),
    reject: (rejection, place, parts) => void items.push({ kind: "rejected", rejection, place, parts }),
    async pieceRead() {
      const read = items;
      items = [];
      // Resolves when the caller has taken what was delivered before.
      if (read.length > 0) await writer.write(read);
    },
  });
  await writer.write([...items, { kind: "end", ...reading }]);
}
