import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { type ExportReading, readExport } from "../../src/aperture/reader/read-export.ts";
import type { RecordPlace } from "../../src/aperture/reader/record-reader.ts";
import type { Rejection } from "../../src/aperture/reader/rejection.ts";
import type { RecordedRequest } from "../../src/ledger/usage/recorded-request.ts";
import { EXPORT_TIME } from "./sample-record.ts";

export interface WholeReading extends ExportReading {
  requests: RecordedRequest[];
  rejections: Rejection[];
  rejectedPlaces: RecordPlace[];
}

/** Calls `use` with a local file of these bytes, and takes the file away again. */
export async function withFile<Result>(bytes: Uint8Array, use: (file: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "read-content-"));
  try {
    const file = join(directory, "export.cbor.zstd");
    await writeFile(file, bytes);
    return await use(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Reads a local export file and keeps all that it hands out. */
export async function readWhole(file: string, time = EXPORT_TIME, headers: readonly string[] = []): Promise<WholeReading> {
  const requests: RecordedRequest[] = [];
  const rejections: Rejection[] = [];
  const rejectedPlaces: RecordPlace[] = [];
  const reading = await readExport(file, time, headers, {
    accept: (request) => void requests.push(request),
    reject: (rejection, place) => {
      rejections.push(rejection);
      rejectedPlaces.push(place);
    },
  });
  return { ...reading, requests, rejections, rejectedPlaces };
}

/** Reads an export object of these bytes. */
export async function readObject(object: Uint8Array, headers: readonly string[] = []): Promise<WholeReading> {
  return await withFile(object, (file) => readWhole(file, EXPORT_TIME, headers));
}

/** Reads an export of this CBOR. */
export async function readContent(content: Uint8Array, headers: readonly string[] = []): Promise<WholeReading> {
  return await readObject(zstdCompressSync(content), headers);
}
