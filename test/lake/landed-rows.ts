import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { zstdDecompressSync } from "node:zlib";
import { DuckDBListValue, DuckDBMapValue, DuckDBDecimalValue, DuckDBTimestampTZValue } from "@duckdb/node-api";
import { parquetMetadata, parquetRead } from "hyparquet";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import type { Origin } from "../../src/lake/landing/landed-columns.ts";
import { landedRows } from "../../src/lake/landing/landed-rows.ts";
import { FACT_COLUMNS, ORIGIN_COLUMNS } from "../../src/lake/landing/landing-columns.ts";
import { USAGE_COLUMNS, type UsageColumn } from "../../src/ledger/usage/usage-columns.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";

const COLUMNS: readonly UsageColumn[] = [...USAGE_COLUMNS, ...ORIGIN_COLUMNS, ...FACT_COLUMNS];
const NAMES = COLUMNS.map(({ name }) => name);
/** In the order in which `large_counts` has them. */
const COUNTS = COLUMNS.filter(({ name, type }) => type === "bigint" && name !== "record_id").map(({ name }) => name);
const NAMES_IN_FILE = [...NAMES, "large_counts"];

/** Rows as lists of column values in one form: microseconds, nanodollars and whole numbers as bigint, maps as entries. */
export type Row = readonly unknown[];

export function rowOf({ usage, ...origin }: Origin & { usage: UsageRecord; position: number }): Row {
  const values: Record<string, unknown> = { ...usage, ...usage.tokens, ...usage.terms, tools: writtenTools(usage.tools), ...origin, costUsd: usage.cost, unknownCounts: writtenCounts(usage.unknownCounts) };
  return COLUMNS.map(({ name, type }) => {
    const value = name in usage.terms ? values[name] : values[name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())];
    if (type === "text_map") return Object.entries(value ?? {});
    return typeof value === "number" ? BigInt(value) : value;
  });
}

/** In order of name, whole or to the millionth; null where there are none. */
function writtenCounts(counts: ReadonlyMap<string, number>): string | null {
  const sorted = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? null : JSON.stringify(sorted.map(([name, count]) => ({ name, count: count % 1 === 0 ? String(count) : count.toFixed(6) })));
}

function writtenTools(tools: UsageRecord["tools"]): string | null {
  return tools.length === 0 ? null : JSON.stringify(tools.map(({ server, tool, calls }) => [server, tool, calls]));
}

/** The rows of a file as hyparquet reads them: decimals as they are stored, for its own are floats. */
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
    onComplete: (read) => {
      rows = read as unknown[][];
    },
  });
  expectColumns(metadata.schema.slice(1).map(({ name }) => name), NAMES_IN_FILE);
  return rows.map(meaningOf);
}

/** What a row of a landing file means. */
function meaningOf(row: readonly unknown[]): Row {
  const stored = Object.fromEntries(NAMES_IN_FILE.map((name, index) => [name, row[index]]));
  const large = stored["large_counts"] as string | undefined;
  if (large) Object.assign(stored, Object.fromEntries((JSON.parse(large) as unknown[]).map((count, index) => [COUNTS[index], count])));
  return COLUMNS.map(({ name, type }) => {
    const value = stored[name];
    return plain(type === "texts" || type === "text_map" ? JSON.parse(value as string) : value);
  });
}

/** The rows of a file as DuckDB reads them. */
export async function readByDuckDb(file: string): Promise<Row[]> {
  return await withDuckDb({ temporaryDirectory: tmpdir() }, async (duck) => {
    const result = await duck.runAndReadAll(`SELECT ${NAMES.join()} FROM ${landedRows([file])}`);
    expectColumns(result.columnNames(), NAMES);
    return result.getRows().map((row) => row.map(plain));
  });
}

/** Answer of a query, as DuckDB's client gives it. */
export async function queryByDuckDb(sql: string) {
  return await withDuckDb({ temporaryDirectory: tmpdir() }, async (duck) => (await duck.runAndReadAll(sql)).getRows());
}

function expectColumns(names: readonly string[], expected: readonly string[]): void {
  if (names.join() !== expected.join()) throw new Error(`columns are ${names.join()}`);
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
