import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import type { UsageRecord } from "../usage/usage-record.ts";
import { encodeColumn } from "./landing-encoding.ts";
import { parquetSchema } from "./parquet-schema.ts";
import { type Column, type ColumnValue, LANDING_COLUMNS, type LandedRecord, ORIGIN_COLUMNS, USAGE_COLUMNS } from "./usage-columns.ts";

/** Raised whenever the same usage records would be written as other landing files. */
export const LANDING_VERSION = 2;

/** A column of a group is an array of 64 KB: twice that, and every one would be allocated by itself and freed late. */
const ROWS_PER_GROUP = 8000;
/** Fewer are no smaller when they are compressed page by page, and written twice as fast as they are. */
const FEW_ROWS = 100;
/** A landing file is read once or twice, by the builds of its day: a tenth larger and sooner written. */
const FASTEST = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Records that wait to be taken apart into columns. */
const RECORDS_AT_ONCE = 500;
/** Rows in memory over all dates: an export may spread its records over as many dates as it likes. */
const ROWS_IN_MEMORY = 32_000;
const MICROS_PER_DAY = 86_400_000_000;
const SCHEMA = parquetSchema(LANDING_COLUMNS);

/** A landing file as it lies in the workspace. */
export interface LandingFile {
  /** `YYYY-MM-DD`, UTC date of its records. */
  date: string;
  file: string;
  rows: number;
}

/** Which export the records come from, as far as deciding between duplicates needs it. */
export interface LandedExport {
  time: Date;
  /** 0; replacements of an export under the same name are 1, 2, … */
  version: number;
}

/** Writes the usage records of one export into one Parquet file per UTC date, in the order they come. */
export class LandingWriter {
  readonly #directory: string;
  readonly #origin: Pick<LandedRecord, "exportTime" | "exportVersion">;
  readonly #dates = new Map<number, DateFile>();
  readonly #spare = new SpareColumns();
  #buffered = 0;

  /** @param directory existing local folder for the files. */
  constructor(directory: string, { time, version }: LandedExport) {
    this.#directory = directory;
    this.#origin = { exportTime: time.getTime() * 1000, exportVersion: version };
  }

  add(usage: UsageRecord, position: number): void {
    const day = Math.floor(usage.ts / MICROS_PER_DAY);
    let file = this.#dates.get(day);
    if (file === undefined) {
      file = new DateFile(this.#directory, day, this.#spare);
      this.#dates.set(day, file);
    }
    file.add({ usage, ...this.#origin, position });
    this.#buffered++;
    if (file.buffered === ROWS_PER_GROUP) this.#buffered -= file.writeGroup();
    if (this.#buffered === ROWS_IN_MEMORY) this.#writeLargest();
  }

  /** Completes the files; they come in order of date. */
  finish(): LandingFile[] {
    const days = [...this.#dates.keys()].sort((a, b) => a - b);
    return days.flatMap((day) => this.#dates.get(day)?.finish() ?? []);
  }

  #writeLargest(): void {
    let largest: DateFile | undefined;
    for (const file of this.#dates.values()) if (file.buffered > (largest?.buffered ?? 0)) largest = file;
    this.#buffered -= largest?.writeGroup() ?? 0;
  }
}

/** Columns of the row group written last, for the next one to write over: growing them anew takes twice their memory. */
class SpareColumns {
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

class DateFile {
  readonly #date: string;
  readonly #file: string;
  readonly #spare: SpareColumns;
  #columns: ColumnValue[][] = [];
  #records: LandedRecord[] = [];
  #inColumns = 0;
  #rows = 0;
  #writer: ParquetWriter | undefined;

  constructor(directory: string, day: number, spare: SpareColumns) {
    this.#spare = spare;
    this.#date = new Date(day * (MICROS_PER_DAY / 1000)).toISOString().slice(0, 10);
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
