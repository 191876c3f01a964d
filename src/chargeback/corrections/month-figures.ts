import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { withAddedTokens } from "../../ledger/usage/older-files.ts";
import { COUNT_COLUMNS, ENTRIES_TYPE } from "../../ledger/usage/usage-columns.ts";

/** The key of a correction: that of `allocations` without `base` and `share`, which say how usage was split and not whose it is. */
export const CORRECTION_KEYS = [
  "team", "cost_center", "caller", "caller_type", "tag", "dimensions", "instance", "provider", "model", "billing", "method", "rule",
] as const;
const KEYS = CORRECTION_KEYS.join(", ");
/** DuckDB cannot group by maps, but by their entries, which are in order. */
const READ_KEYS = CORRECTION_KEYS.map((key) => (key === "dimensions" ? "map_entries(dimensions) AS dimensions" : key)).join(", ");

/** Sums a local `allocations` file into a table with one row for each key. */
export async function openFigures(duck: DuckDBConnection, table: string, file: string): Promise<void> {
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS
    SELECT ${READ_KEYS}, sum(cost_usd)::DECIMAL(38,9) AS cost_usd, ${COUNT_COLUMNS.map((name) => `sum(${name})::DECIMAL(38,9) AS ${name}`).join(", ")}
    FROM ${withAddedTokens(readParquet(file))} GROUP BY ALL`);
}

/** Adds the corrections of a month from a local `corrections` file to its figures. */
export async function addCorrections(duck: DuckDBConnection, table: string, file: string, month: string): Promise<void> {
  await addRows(duck, table, `SELECT ${READ_KEYS}, is_usd AS cost_usd, difference_usd, ${COUNT_COLUMNS.join(", ")}, file_row_number + 1 AS step
    FROM ${withAddedTokens(`read_parquet(${sqlText(file)}, hive_partitioning = false, file_row_number = true)`)} WHERE corrects = ${sqlText(month)}`);
}

/** Adds corrections that are booked in this run and not written yet. */
export async function addBooked(duck: DuckDBConnection, table: string, month: string): Promise<void> {
  await addRows(duck, table, `SELECT ${KEYS}, is_usd AS cost_usd, difference_usd, ${COUNT_COLUMNS.join(", ")}, step FROM correction WHERE corrects = ${sqlText(month)}`);
}

/** A cost is the sum of its differences; it is null where the last correction of the key says so. */
async function addRows(duck: DuckDBConnection, table: string, rows: string): Promise<void> {
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS
    SELECT ${KEYS}, CASE WHEN last(cost_usd IS NOT NULL ORDER BY step) THEN sum(difference_usd) END::DECIMAL(38,9) AS cost_usd,
      ${COUNT_COLUMNS.map((name) => `sum(${name})::DECIMAL(38,9) AS ${name}`).join(", ")}
    FROM (
      SELECT ${KEYS}, cost_usd, coalesce(cost_usd, 0) AS difference_usd, ${COUNT_COLUMNS.join(", ")}, 0 AS step FROM ${table}
      UNION ALL ${rows}
    ) GROUP BY ALL`);
}

/** Without `unpriced_requests`: a request that gets a price is still the same request. */
const COUNTED = COUNT_COLUMNS.filter((name) => name !== "unpriced_requests");

/** Why figures changed. The cause may depend on whether anything but the cost differs. */
interface Step {
  /** `YYYY-MM` that is corrected. */
  corrects: string;
  /** Applies where only the cost differs. */
  repriced: { cause: string; reason: string };
  recounted: { cause: string; reason: string };
}

export async function createCorrections(duck: DuckDBConnection): Promise<void> {
  await duck.run(`CREATE OR REPLACE TEMP TABLE correction (
    corrects VARCHAR, step INTEGER, cause VARCHAR, reason VARCHAR, ${CORRECTION_KEYS.map((key) => `${key} ${key === "dimensions" ? ENTRIES_TYPE : "VARCHAR"}`).join(", ")},
    was_usd DECIMAL(38,9), is_usd DECIMAL(38,9), difference_usd DECIMAL(38,9), ${COUNT_COLUMNS.map((name) => `${name} DECIMAL(38,9)`).join(", ")})`);
}

/** Books a correction for each key whose figures differ between `from` and `to`. */
export async function bookDifference(duck: DuckDBConnection, from: string, to: string, index: number, { corrects, repriced, recounted }: Step): Promise<void> {
  const sides = `(SELECT false AS now, * FROM ${from} UNION ALL SELECT true AS now, * FROM ${to})`;
  const choose = (what: "cause" | "reason"): string =>
    `CASE WHEN ${COUNTED.map((name) => `${name} = 0`).join(" AND ")} THEN ${sqlText(repriced[what])} ELSE ${sqlText(recounted[what])} END`;
  await duck.run(`INSERT INTO correction
    SELECT ${sqlText(corrects)}, ${String(index)}, ${choose("cause")}, ${choose("reason")}, * FROM (
      SELECT ${KEYS}, max(cost_usd) FILTER (NOT now) AS was_usd, max(cost_usd) FILTER (now) AS is_usd, ${difference("cost_usd")} AS difference_usd,
        ${COUNT_COLUMNS.map((name) => `${difference(name)} AS ${name}`).join(", ")}
      FROM ${sides} GROUP BY ${KEYS}
    ) WHERE was_usd IS DISTINCT FROM is_usd OR ${COUNT_COLUMNS.map((name) => `${name} <> 0`).join(" OR ")}`);
}

function difference(column: string): string {
  return `(coalesce(max(${column}) FILTER (now), 0) - coalesce(max(${column}) FILTER (NOT now), 0))::DECIMAL(38,9)`;
}

/** Writes the booked corrections to a local file, in order: the same corrections become the same bytes. Returns the number of rows. */
export async function writeCorrections(duck: DuckDBConnection, to: string): Promise<number> {
  const columns = ["corrects", "cause", "reason", ...CORRECTION_KEYS, "was_usd", "is_usd", "difference_usd", ...COUNT_COLUMNS];
  const written = columns.map((name) => (name === "dimensions" ? "map_from_entries(dimensions) AS dimensions" : name)).join(", ");
  const order = ["corrects", "step", "cause", ...CORRECTION_KEYS.map((key) => `correction.${key} NULLS FIRST`)].join(", ");
  await duck.run(`COPY (SELECT ${written} FROM correction ORDER BY ${order}) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd)`);
  const result = await duck.runAndReadAll("SELECT count(*)::DOUBLE FROM correction");
  return Number(result.value(0, 0));
}

/** Counts the keys of a table of figures. */
export async function countFigures(duck: DuckDBConnection, table: string): Promise<number> {
  return Number((await duck.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${table}`)).value(0, 0));
}

/** Counts the keys that differ between two tables of figures in any column. */
export async function countDifferences(duck: DuckDBConnection, a: string, b: string): Promise<number> {
  const some = `WHERE cost_usd IS NOT NULL OR ${COUNT_COLUMNS.map((name) => `${name} <> 0`).join(" OR ")}`;
  const [one, other] = [a, b].map((table) => `SELECT ${KEYS}, cost_usd, ${COUNT_COLUMNS.join(", ")} FROM ${table} ${some}`);
  const result = await duck.runAndReadAll(
    `SELECT count(*)::DOUBLE FROM ((${String(one)} EXCEPT ALL ${String(other)}) UNION ALL (${String(other)} EXCEPT ALL ${String(one)}))`,
  );
  return Number(result.value(0, 0));
}
