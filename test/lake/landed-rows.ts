import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { zstdDecompressSync } from "node:zlib";
import { DuckDBListValue, DuckDBMapValue, DuckDBDecimalValue, DuckDBTimestampTZValue } from "@duckdb/node-api";
import { parquetMetadata, parquetRead } from "hyparquet";
import { sqlText, withDuckDb } from "../../src/duckdb.ts";
import { LANDING_COLUMNS, type LandedRecord } from "../../src/lake/usage-columns.ts";

const LANDING_NAMES = LANDING_COLUMNS.map(({ name }) => name);

/** Rows as lists of column values in one form: microseconds, nanodollars and whole numbers as bigint, maps as entries. */
export type Row = readonly unknown[];

export function rowOf(record: LandedRecord): Row {
  return LANDING_COLUMNS.map(({ type, read }) => {
    const value = read(record);
    if (type === "text_map") return Object.entries(value ?? {});
    return typeof value === "number" ? BigInt(value) : value;
  });
}

/** The rows of a file as hyparquet reads them: times and decimals as they are stored, for its own are floats. */
export async function readByHyparquet(file: string): Promise<Row[]> {
  const bytes = await readFile(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const metadata = parquetMetadata(buffer);
  for (const element of metadata.schema.filter(({ converted_type }) => converted_type === "DECIMAL")) {
    delete element.converted_type;
    delete element.logical_type;
  }
  let rows: unknown[][] = [];
  await parquetRead({
    file: buffer,
    metadata,
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
    parsers: { timestampFromMicroseconds: (micros) => micros },
    onComplete: (read) => {
      rows = read as unknown[][];
    },
  });
  expectColumns(metadata.schema.filter(({ name }) => LANDING_NAMES.includes(name)).map(({ name }) => name));
  return rows.map((row) => row.map(plain));
}

/** The rows of a file as DuckDB reads them. */
export async function readByDuckDb(file: string): Promise<Row[]> {
  return await withDuckDb({ temporaryDirectory: tmpdir() }, async (duck) => {
    const result = await duck.runAndReadAll(`SELECT * FROM read_parquet(${sqlText(file)})`);
    expectColumns(result.columnNames());
    return result.getRows().map((row) => row.map(plain));
  });
}

/** Answer of a query, as DuckDB's client gives it. */
export async function queryByDuckDb(sql: string) {
  return await withDuckDb({ temporaryDirectory: tmpdir() }, async (duck) => (await duck.runAndReadAll(sql)).getRows());
}

function expectColumns(names: readonly string[]): void {
  if (names.join() !== LANDING_NAMES.join()) throw new Error(`columns are ${names.join()}`);
}

function plain(value: unknown): unknown {
  if (typeof value === "number") return BigInt(value);
  if (value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBListValue) return value.items.map(plain);
  if (value instanceof DuckDBMapValue) return value.entries.map(({ key, value: inner }) => [plain(key), plain(inner)]);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) return Object.entries(value);
  return value;
}
