import type { DuckDBConnection } from "@duckdb/node-api";
import type { DayTotals } from "./day-manifest.ts";
import type { DayPricing } from "./day-pricing.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { readUsage } from "../../ledger/usage/older-files.ts";
import { STATUS_CLASS } from "../../ledger/usage/status-class.ts";
import { ANY_COUNT, ROLLUP_KEYS, TOKEN_COLUMNS, USAGE_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import { supersededRows } from "./same-request.ts";
import { RepeatedText } from "./repeated-text.ts";
import { landedRows } from "../landing/landed-rows.ts";
import { type LandedDay, readLandedDay } from "./landed-day.ts";
import { rowsWithFact, sameRow } from "./landed-facts.ts";
import { PARQUET } from "./parquet-options.ts";

/** Raise it when the same landing files would give different tables: every day is then rebuilt. */
export const DAY_BUILD_VERSION = 3;

/**
 * A sum in 64 bits. Counts of up to 2^53 - 1 are accepted, and a thousand of these in a quarter of an hour would overflow:
 * no real sum does, but it must not prevent a day from being built. `usage` has the exact counts.
 */
function saturatingSum(column: string): string {
  return `(CASE
    WHEN sum(${column}) > 9223372036854775807 THEN 9223372036854775807
    WHEN sum(${column}) < -9223372036854775807 THEN -9223372036854775807
    ELSE sum(${column}) END)::BIGINT`;
}

const ROLLED_UP: ReadonlyMap<string, string> = new Map([
  ["slot", "time_bucket(INTERVAL 15 MINUTE, ts) AS slot"],
  ["status_class", `${STATUS_CLASS} AS status_class`],
]);
/** SQL cannot order maps, but it can order their entries. */
const ROLLUP_ORDER = ROLLUP_KEYS.map((key) => `${key === "dimensions" ? "map_entries(dimensions)" : key} NULLS FIRST`);

/** Writes `usage` and `rollups` of one day from its landing files. */
export async function writeDayTables(
  duck: DuckDBConnection,
  files: readonly string[],
  to: { usage: string; rollups: string },
  pricing: Pick<DayPricing, "find">,
): Promise<{ landing: LandedDay; usageRows: number; rollupRows: number }> {
  const landing = await readLandedDay(duck, files);
  const usageRows = await writeUsage(duck, landing, to.usage, pricing);
  return { landing, usageRows, rollupRows: await writeRollups(duck, to.usage, to.rollups, landing) };
}

/**
 * Writes the `usage` table of one day: each request once; of repetitions the one from the last export.
 * The order is total, so the bytes depend only on the records, not on how they arrived.
 *
 * `NOT MATERIALIZED`: a copy of all rows would cost more than reading some columns again.
 * Resolves to the number of rows.
 */
export async function writeUsage(
  duck: DuckDBConnection,
  landing: LandedDay,
  to: string,
  pricing?: Pick<DayPricing, "find">,
): Promise<number> {
  const rows = landedRows(landing.files);
  const texts = await RepeatedText.collect(duck, { rows, count: landing.rows, scope: to });
  const prices = await pricing?.find(duck, rows, to);
  const columns = USAGE_COLUMNS.map(({ name }) => name);
  const written = await copyTo(duck, to, `
    WITH landed AS NOT MATERIALIZED (FROM ${rows}),
    superseded AS (${supersededRows("landed")}),
    sorted AS NOT MATERIALIZED (
      SELECT ${[...columns.map((name) => texts.narrow(name)), ...(prices === undefined ? [] : [prices.carried])].join(", ")}
      FROM landed ANTI JOIN superseded USING (file_index, file_row_number) ${prices?.join ?? ""}
      ORDER BY caller, ts, record_id NULLS FIRST, capture_id NULLS FIRST
    )
    SELECT ${columns.map((name) => finish(name)).join(", ")} FROM sorted`);
  await prices?.forget();
  await texts.forget();
  return written;

  function finish(column: string): string {
    const priced = prices?.priced[column];
    return priced === undefined ? texts.widen(column) : `${priced} AS ${column}`;
  }
}

/**
 * Writes the `rollups` table of one day from its `usage` table. A row without any price has a null cost: a missing price is a
 * gap, never a zero. A request with only unknown counts is unpriced too.
 * Resolves to the number of rows.
 * @param landing what the table was built from, which has the unknown counts
 */
export async function writeRollups(duck: DuckDBConnection, usage: string, to: string, { files, hasUnknownCounts }: Pick<LandedDay, "files" | "hasUnknownCounts">): Promise<number> {
  const rows = hasUnknownCounts
    ? `(SELECT usage.*, unknown_counts IS NOT NULL AS has_unknown FROM ${readUsage(usage)} AS usage LEFT JOIN ${rowsWithFact(files, "unknown_counts")} AS landed ON ${sameRow("usage", "landed")})`
    : readUsage(usage);
  const isCounted = hasUnknownCounts ? `(${ANY_COUNT} OR has_unknown)` : ANY_COUNT;
  return await copyTo(duck, to, `
    SELECT * FROM (SELECT
      ${ROLLUP_KEYS.map((key) => ROLLED_UP.get(key) ?? key).join(", ")},
      count(*)::BIGINT AS requests,
      ${TOKEN_COLUMNS.map(({ name }) => `${saturatingSum(name)} AS ${name}`).join(", ")},
      sum(cost_usd)::DECIMAL(38,9) AS cost_usd,
      count(*) FILTER (cost_usd IS NULL AND ${isCounted})::BIGINT AS unpriced_requests,
      ${saturatingSum("duration_ms")} AS duration_ms,
      sum(tool_calls)::BIGINT AS tool_calls
    FROM ${rows}
    GROUP BY ALL)
    ORDER BY ${ROLLUP_ORDER.join(", ")}`);
}

/** Resolves to the number of rows written. */
async function copyTo(duck: DuckDBConnection, to: string, select: string): Promise<number> {
  const copied = await duck.runAndReadAll(`COPY (${select}) TO ${sqlText(to)} (${PARQUET})`);
  return Number(copied.value(0, 0));
}

export async function countRows(duck: DuckDBConnection, table: string): Promise<number> {
  const result = await duck.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${readParquet(table)}`);
  return Number(result.value(0, 0));
}

/** Sums of a day's rollups. */
export async function totalRollups(duck: DuckDBConnection, rollups: string): Promise<DayTotals> {
  const result = await duck.runAndReadAll(`
    SELECT coalesce(sum(requests), 0)::DOUBLE, coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR, coalesce(sum(unpriced_requests), 0)::DOUBLE
    FROM ${readParquet(rollups)}`);
  return {
    requests: Number(result.value(0, 0)),
    cost_usd: String(result.value(1, 0)),
    unpriced_requests: Number(result.value(2, 0)),
  };
}
