import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { encodeColumn } from "./landing-encoding.ts";
import { parquetSchema } from "./parquet-schema.ts";
import { type Column, type ColumnValue, LANDING_COLUMNS, type LandedRecord, ORIGIN_COLUMNS, USAGE_COLUMNS } from "./usage-columns.ts";

/** Records that wait to be taken apart into columns. */
const RECORDS_AT_ONCE = 500;
/** Fewer are no smaller when they are compressed page by page, and written twice as fast as they are. */
const FEW_ROWS = 100;
/** Measured: as small as with the usual level, in half the time. */
const FASTEST = { [constants.ZSTD_c_compressionLevel]: 1 };
const MILLISECONDS_PER_DAY = 86_400_000;
const SCHEMA = parquetSchema(LANDING_COLUMNS);

/** A landing file as it lies in the workspace. */
export interface LandingFile {
  /** `YYYY-MM-DD`, UTC date of its records. */
  date: string;
  file: string;
  rows: number;
}

/** Columns of the row group written last, for the next one to write over: growing them anew takes twice their memory. */
export class SpareColumns {
  #columns: ColumnValue[][] | undefined;

  take(): ColumnValue[][] {
    const columns = this.#columns ?? LANDING_COLUMNS.map(() => []);
    this.#columns = undefined;
    return columns;
  }

  give(columns: ColumnValue[][]): void {
    this.#columns = columns;
  }
}

/** The landing file of one date, written row group by row group. */
export class DateFile {
  readonly #date: string;
  readonly #file: string;
  readonly #spare: SpareColumns;
  #columns: ColumnValue[][] = [];
  #records: LandedRecord[] = [];
  #inColumns = 0;
  #rows = 0;
  #writer: ParquetWriter | undefined;

  /** @param day days since 1970. */
  constructor(directory: string, day: number, spare: SpareColumns) {
    this.#spare = spare;
    this.#date = new Date(day * MILLISECONDS_PER_DAY).toISOString().slice(0, 10);
    this.#file = join(directory, `${this.#date}.parquet`);
  }

  get buffered(): number {
    return this.#inColumns + this.#records.length;
  }

  add(record: LandedRecord): void {
    this.#records.push(record);
    this.#rows++;
    if (this.#records.length === RECORDS_AT_ONCE) this.#fillColumns();
  }

  finish(): LandingFile {
    if (this.buffered > 0) this.writeGroup();
    // The file writer works synchronously, so there is nothing to wait for.
    void this.#writer?.finish();
    this.#writer = undefined;
    return { date: this.#date, file: this.#file, rows: this.#rows };
  }

  /** Writes what is buffered as a row group; says how many rows that were. */
  writeGroup(): number {
    this.#fillColumns();
    this.#writer ??= new ParquetWriter({
      writer: fileWriter(this.#file),
      schema: SCHEMA,
      compressors: { ZSTD: (bytes) => zstdCompressSync(bytes, { pledgedSrcSize: bytes.length, params: FASTEST }) },
      statistics: false,
      createdBy: "aperture-ledger",
    });
    const written = this.#inColumns;
    for (const column of this.#columns) column.length = written;
    const codec: CompressionCodec = written < FEW_ROWS ? "UNCOMPRESSED" : "ZSTD";
    const columnData = LANDING_COLUMNS.map((column, index) => ({ ...encodeColumn(column, this.#columns[index] ?? []), codec }));
    void this.#writer.write({ columnData, rowGroupSize: written, pageSize: 0 });
    this.#spare.give(this.#columns);
    this.#columns = [];
    this.#inColumns = 0;
    return written;
  }

  /** Column by column: the records are gone before the garbage collector has moved them. */
  #fillColumns(): void {
    if (this.#inColumns === 0) this.#columns = this.#spare.take();
    const records = this.#records;
    const ofUsage = this.#columns.slice(0, USAGE_COLUMNS.length);
    fill(ofUsage, this.#inColumns, USAGE_COLUMNS, records.map(({ usage }) => usage));
    fill(this.#columns.slice(USAGE_COLUMNS.length), this.#inColumns, ORIGIN_COLUMNS, records);
    this.#inColumns += records.length;
    this.#records = [];
  }
}

function fill<Row>(columns: readonly ColumnValue[][], from: number, kinds: readonly Column<Row>[], rows: readonly Row[]): void {
  for (const [index, column] of columns.entries()) {
    const read = kinds[index]?.read;
    if (read === undefined) continue;
    let at = from;
    for (const row of rows) column[at++] = read(row);
  }
}
