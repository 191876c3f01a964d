import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { DAY_MS } from "../../ledger/durations.ts";
import type { UsageRecord } from "../../ledger/usage/usage-record.ts";
import { LandedColumns, type Origin } from "./landed-columns.ts";
import { LANDING_COLUMNS } from "./landing-columns.ts";
import { encodeColumn, parquetSchema } from "./landing-encoding.ts";

/** With fewer rows, compressing page by page does not save space and takes twice as long. */
const FEW_ROWS = 100;
/** Measured: as small as with the default level, in half the time. */
const FASTEST = { [constants.ZSTD_c_compressionLevel]: 1 };
const SCHEMA = parquetSchema(LANDING_COLUMNS);

/** A landing file in the workspace. */
export interface LandingFile {
  /** `YYYY-MM-DD`, UTC date of its records. */
  date: string;
  file: string;
  rows: number;
}

/** The columns of the last row group, reused by the next one: growing new ones takes twice the memory. */
export class SpareColumns {
  #columns: LandedColumns | undefined;

  take(): LandedColumns {
    const columns = this.#columns ?? new LandedColumns();
    this.#columns = undefined;
    return columns;
  }

  give(columns: LandedColumns): void {
    this.#columns = columns;
  }
}

/** The landing file of one date, written row group by row group. */
export class DateFile {
  readonly #date: string;
  readonly #file: string;
  readonly #spare: SpareColumns;
  #columns: LandedColumns | undefined;
  #buffered = 0;
  #rows = 0;
  #writer: ParquetWriter | undefined;

  /** @param day days since 1970. */
  constructor(directory: string, day: number, spare: SpareColumns) {
    this.#spare = spare;
    this.#date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    this.#file = join(directory, `${this.#date}.parquet`);
  }

  get buffered(): number {
    return this.#buffered;
  }

  add(usage: UsageRecord, origin: Origin, position: number): void {
    this.#columns ??= this.#spare.take();
    this.#columns.put(this.#buffered++, usage, origin, position);
    this.#rows++;
  }

  finish(): LandingFile {
    this.writeGroup();
    // The file writer is synchronous, so there is nothing to await.
    void this.#writer?.finish();
    this.#writer = undefined;
    return { date: this.#date, file: this.#file, rows: this.#rows };
  }

  /** Writes the buffered rows as a row group; returns their number. */
  writeGroup(): number {
    const columns = this.#columns;
    const written = this.#buffered;
    if (columns === undefined) return 0;
    columns.cut(written);
    this.#writer ??= new ParquetWriter({
      writer: fileWriter(this.#file),
      schema: SCHEMA,
      compressors: { ZSTD: (bytes) => zstdCompressSync(bytes, { pledgedSrcSize: bytes.length, params: FASTEST }) },
      statistics: false,
      createdBy: "aperture-ledger",
    });
    const codec: CompressionCodec = written < FEW_ROWS ? "UNCOMPRESSED" : "ZSTD";
    const columnData = LANDING_COLUMNS.map((column) => encodeColumn(column, columns.values[column.name], codec));
    void this.#writer.write({ columnData, rowGroupSize: written, pageSize: 0 });
    this.#spare.give(columns);
    this.#columns = undefined;
    this.#buffered = 0;
    return written;
  }
}
