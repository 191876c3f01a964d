import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { sqlPlaceAmong, sqlNanodollars, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { COUNT_COLUMNS, typeOfKey, USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { sqlSameKey } from "../../ledger/usage/usage-key.ts";
import type { Span } from "../settings/periods.ts";

/** The keys of a span's usages, numbered: `key_id` and the columns of the key, dimensions as entries. */
export const USAGE_KEY = "usage_key";
/** The usages of a span by quarter of an hour: `slot`, `piece`, `period`, `key_id`, `agent`, `cost` in nanodollars, and counts. */
export const SLOT_USAGE = "slot_usage";

export const USAGE_AMOUNTS = ["cost", ...COUNT_COLUMNS] as const;

/** A part of a span that is summed separately. It begins where a period begins, or where the span is cut. */
export interface Piece {
  /** Milliseconds since 1970. */
  from: number;
  /** Number of its period. */
  period: number;
}

/** SQL of the rows where a span has no files. */
const NO_ROWS = `(SELECT NULL::TIMESTAMPTZ AS slot, ${USAGE_KEYS.map((name) => `NULL::${typeOfKey(name)} AS ${name}`).join(", ")}, NULL::VARCHAR AS agent, NULL::DECIMAL(38,9) AS cost_usd, ${COUNT_COLUMNS.map((name) => `NULL::BIGINT AS ${name}`).join(", ")} WHERE false)`;

/** Creates both tables from local `rollups` files. @param pieces of the span, in order, at least one */
export async function createUsageTables(duck: DuckDBConnection, files: readonly string[], { from, to }: Span, pieces: readonly Piece[]): Promise<void> {
  const rows = files.length === 0 ? NO_ROWS : `(SELECT * REPLACE (map_entries(dimensions) AS dimensions) FROM ${readParquet(...files)} WHERE ${sqlWithin("slot", { from, to })})`;
  await duck.run(`CREATE TEMP TABLE ${USAGE_KEY} AS SELECT (row_number() OVER ())::INTEGER AS key_id, * FROM (SELECT DISTINCT ${USAGE_KEYS.join(", ")} FROM ${rows})`);
  const periods = pieces.map(({ period }) => period);
  await duck.run(`CREATE TEMP TABLE ${SLOT_USAGE} AS
    SELECT slot, piece, ([${periods.join(", ")}])[piece + 1]::INTEGER AS period, key_id, agent, ${sqlNanodollars("cost_usd::DECIMAL(38,9)")} AS cost, ${COUNT_COLUMNS.join(", ")}
    FROM (SELECT *, ${sqlPlaceAmong("slot", pieces.map((piece) => piece.from))} AS piece FROM ${rows}) AS used JOIN ${USAGE_KEY} ON ${sqlSameKey("used", USAGE_KEY)}`);
}
