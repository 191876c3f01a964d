import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { readParquet } from "../../ledger/sql/duckdb.ts";
import type { PoolSpread } from "./insights.ts";

const poolRow = z.tuple([z.string(), z.string(), z.string(), billionths]);

/**
 * Shared costs that were spread, by a local `allocations` file of a month, before adjustments. Where a pool changed in the
 * month, a team has its parts of all times together, and how each was reckoned.
 */
export async function sumPools(duck: DuckDBConnection, file: string): Promise<PoolSpread[]> {
  const result = await duck.runAndReadAll(`
    SELECT rule, team, coalesce(string_agg(DISTINCT base, '; ' ORDER BY base), ''), coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR
    FROM ${readParquet(file)} WHERE method IN ('pool_even', 'pool_weights', 'pool_proportional')
    GROUP BY rule, team ORDER BY rule, team`);
  const rows = result.getRowsJS().map((row) => {
    const [pool, team, base, cost] = poolRow.parse(row);
    return { pool, team, base, cost };
  });
  return [...Map.groupBy(rows, ({ pool }) => pool)].map(([pool, shares]) => ({
    pool,
    cost: shares.reduce((sum, { cost }) => sum + cost, 0n),
    shares: shares.map(({ team, cost, base }) => ({ team, cost, base })).toSorted((a, b) => (a.cost === b.cost ? 0 : a.cost > b.cost ? -1 : 1)),
  }));
}
