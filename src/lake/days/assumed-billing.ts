import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { billionths, dollarsText } from "../../ledger/dollars.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { landedRows } from "../landing/landed-rows.ts";
import type { LandedDay } from "./landed-day.ts";

/** Requests of a passthrough provider that were assumed to be subscription use, since neither their capture nor a rule shows who paid. */
export const assumedBilling = z.object({
  requests: z.number(),
  /** The list value of these requests: dollars with nine decimals. */
  cost_usd: dollarsText,
});
export type AssumedBilling = z.infer<typeof assumedBilling>;

export const NOTHING_ASSUMED: AssumedBilling = { requests: 0, cost_usd: formatDollars(0n) };

/** Identifies the row of the `usage` table that a landed row became. */
const SAME_ROW = ["ts", "export", "record_id", "capture_id"].map((name) => `usage.${name} IS NOT DISTINCT FROM landed.${name}`).join(" AND ");

/**
 * Counts them in a day's local `usage` table, which has each request once, with its price. Only the landing files show what was assumed.
 * On most days no subscription use, or all of it, was assumed, so rows are only compared on mixed days.
 */
export async function sumAssumedBilling(duck: DuckDBConnection, { files, assumed, otherSubscriptions }: LandedDay, usage: string): Promise<AssumedBilling> {
  if (assumed === 0) return NOTHING_ASSUMED;
  const rows = otherSubscriptions === 0 ? "" : `AND EXISTS (FROM ${landedRows(files)} AS landed WHERE billing_assumed AND ${SAME_ROW})`;
  // A list price may declare the provider as self-hosted: then nothing is assumed.
  const sums = await duck.runAndReadAll(`
    SELECT count(*)::DOUBLE, coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR FROM ${readParquet(usage)} AS usage WHERE billing = 'subscription' ${rows}`);
  return { requests: Number(sums.value(0, 0)), cost_usd: String(sums.value(1, 0)) };
}

/** Totals of several days. */
export function addAssumedBilling(days: Iterable<{ assumed_billing: AssumedBilling }>): { requests: number; cost: Nanodollars } {
  let requests = 0;
  let cost = 0n;
  for (const { assumed_billing: day } of days) {
    requests += day.requests;
    cost += billionths.parse(day.cost_usd);
  }
  return { requests, cost };
}
