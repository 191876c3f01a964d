import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { sqlDecimal } from "../../ledger/sql/sql-values.ts";
import { COUNT_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import type { SpanAllocation } from "./allocate-span.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "./span-tables.ts";
import { USAGE_KEY } from "./usage-tables.ts";

/** The key columns of the `allocations` table, in order; amounts follow. */
export const ALLOCATION_KEYS = [
  "team", "cost_center", "caller", "caller_type", "tag", "dimensions", "instance", "provider", "model", "billing",
  "method", "rule", "base", "share",
] as const;

const WRITTEN: ReadonlyMap<string, string> = new Map([
  ["dimensions", "map_from_entries(dimensions) AS dimensions"],
  ["share", `${sqlDecimal("share")}::DECIMAL(18,9) AS share`],
]);
/** Maps cannot be compared, but their JSON can. */
const ORDERS: ReadonlyMap<string, string> = new Map([["dimensions", "to_json(dimensions)::VARCHAR"]]);

/** In nanodollars. The cost column holds 18 digits. */
const MOST_COST = 10n ** 18n - 1n;

/**
 * Writes the `allocations` table of the allocated span to a local file, with rows in order of their key: equal allocations give equal
 * bytes. An impossibly large cost that does not fit one row is divided among several. Returns the number of rows.
 */
export async function writeAllocations(duck: DuckDBConnection, to: string, { size }: Pick<SpanAllocation, "size">): Promise<number> {
  const keys = ALLOCATION_KEYS.join(", ");
  const summed = `SELECT ${keys}, sum(cost)::HUGEINT AS cost, ${COUNT_COLUMNS.map((name) => `sum(${name})::HUGEINT AS ${name}`).join(", ")}
    FROM ${ALLOCATED} JOIN ${USAGE_KEY} USING (key_id) JOIN ${ALLOCATED_OWNER} USING (owner_id) GROUP BY ${keys}`;
  const isCut = size > MOST_COST;
  const written = await duck.runAndReadAll(`COPY (
    SELECT ${ALLOCATION_KEYS.map((name) => WRITTEN.get(name) ?? name).join(", ")}, ${sqlDecimal("cost")}::DECIMAL(18,9) AS cost_usd, ${COUNT_COLUMNS.map((name) => `${sqlDecimal(name)} AS ${name}`).join(", ")}
    FROM (${isCut ? cutCosts(summed) : summed}) AS written ORDER BY ${ALLOCATION_KEYS.map((name) => `${ORDERS.get(name) ?? `written.${name}`} NULLS FIRST`).join(", ")}${isCut ? ", row_of_cost" : ""}
  ) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd)`);
  return Number(written.value(0, 0));
}

/** SQL that divides costs that are too large for one row among several rows. The first of these rows has the counts. */
function cutCosts(summed: string): string {
  const cut = `SELECT *, unnest(range((1 + greatest(abs(coalesce(cost, 0)) - 1, 0) // ${String(MOST_COST)})::BIGINT)) AS row_of_cost FROM (${summed})`;
  const ofRow = `CASE WHEN abs(cost) <= ${String(MOST_COST)} THEN cost ELSE sign(cost) * least(abs(cost) - row_of_cost::HUGEINT * ${String(MOST_COST)}, ${String(MOST_COST)}) END`;
  return `SELECT * REPLACE (${ofRow} AS cost, ${COUNT_COLUMNS.map((name) => `CASE WHEN row_of_cost = 0 THEN ${name} ELSE 0 END AS ${name}`).join(", ")}) FROM (${cut})`;
}
