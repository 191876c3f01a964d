import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { zstdCompressSync } from "node:zlib";
import { writeJson } from "../../aperture/reader/cbor/cbor-json.ts";
import type { RecordBytesVisitor } from "../../aperture/reader/extract-records.ts";
import type { RecordPlace } from "../../aperture/reader/record-reader.ts";

export type RecordFormat = "ndjson" | "export";
/** Records as they were recorded, or as conversations that people read. */
export type ExtractionForm = RecordFormat | "html" | "mbox";

export interface WantedRecord {
  place: RecordPlace;
}

/** Writes records of one object to a local file. */
export interface RecordWriter extends RecordBytesVisitor<WantedRecord> {
  /** Call it exactly once, also after a failure. */
  close(): void;
}

/** @param file created or overwritten. */
export function openWriter(format: RecordFormat, file: string, origin: { instance: string; object: string }): RecordWriter {
  switch (format) {
    case "ndjson":
      return new NdjsonWriter(file, origin);
    case "export":
      return new ExportWriter(file);
    default:
      return format satisfies never;
  }
}

/** Size limit for writing a record as JSON, for which it is kept in memory; larger records are written as base64. */
export const LARGEST_AS_JSON = 32 << 20;
const BASE64_PIECE = 3 << 14;

/** One line per record: `{instance, object, position, record, sha256}`; very large records have `record_base64` instead of `record`. */
class NdjsonWriter implements RecordWriter {
  readonly #file: number;
  readonly #origin: { instance: string; object: string };
  #sha256: Hash = createHash("sha256");
  /** Reused for every record, because released buffers are not freed soon. */
  #memory: Buffer = Buffer.alloc(0);
  #isJson = true;
  #filled = 0;
  /** Base64 encodes groups of three bytes: up to two bytes wait for the next piece. */
  #unencoded: Buffer = Buffer.alloc(0);

  constructor(file: string, origin: { instance: string; object: string }) {
    this.#file = openSync(file, "w");
    this.#origin = origin;
  }

  begin({ place: { position, length } }: WantedRecord): void {
    this.#sha256 = createHash("sha256");
    this.#isJson = length <= LARGEST_AS_JSON;
    this.#filled = 0;
    if (this.#isJson && length > this.#memory.length) this.#memory = Buffer.allocUnsafeSlow(Math.min(length * 2, LARGEST_AS_JSON));
    const start = JSON.stringify({ ...this.#origin, position }).slice(0, -1);
    this.#put(this.#isJson ? `${start},"record":` : `${start},"record_base64":"`);
  }

  bytes(piece: Buffer): void {
    this.#sha256.update(piece);
    if (this.#isJson) this.#filled += piece.copy(this.#memory, this.#filled);
    else this.#encode(piece);
  }

  end(): void {
    if (this.#isJson) writeJson(this.#memory.subarray(0, this.#filled), (text) => this.#put(text));
    else this.#put(`${this.#unencoded.toString("base64")}"`);
    this.#put(`,"sha256":"${this.#sha256.digest("hex")}"}\n`);
    this.#unencoded = Buffer.alloc(0);
  }

  close(): void {
    closeSync(this.#file);
  }

  #encode(piece: Buffer): void {
    const bytes = Buffer.concat([this.#unencoded, piece]);
    const whole = bytes.length - (bytes.length % 3);
    for (let from = 0; from < whole; from += BASE64_PIECE) this.#put(bytes.toString("base64", from, Math.min(from + BASE64_PIECE, whole)));
    this.#unencoded = bytes.subarray(whole);
  }

  #put(text: string): void {
    writeFileSync(this.#file, text);
  }
}

/** Content bytes per zstd frame: small enough to bound memory, large enough that repeated conversations still compress. */
const FRAME_BYTES = 8 << 20;

/** Writes the records' own bytes one after another in zstd frames: the result is an export file. */
class ExportWriter implements RecordWriter {
  readonly #file: number;
  readonly #frame = Buffer.allocUnsafe(FRAME_BYTES);
  #filled = 0;

  constructor(file: string) {
    this.#file = openSync(file, "w");
  }

  begin(): void {
    // An export has no separator between records.
  }

  bytes(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const copied = piece.copy(this.#frame, this.#filled, at);
      this.#filled += copied;
      at += copied;
      if (this.#filled === FRAME_BYTES) this.#writeFrame();
    }
  }

  end(): void {
    // The next record continues the frame.
  }

  close(): void {
    if (this.#filled > 0) this.#writeFrame();
    closeSync(this.#file);
  }

  #writeFrame(): void {
    writeFileSync(this.#file, zstdCompressSync(this.#frame.subarray(0, this.#filled)));
    this.#filled = 0;
  }
}

/** An export file without records: an object without any bytes would count as damaged. */
export function emptyExport(): Buffer {
  return zstdCompressSync(Buffer.alloc(0));
}
