import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { rowsWithFact, sameRow } from "./landed-facts.ts";
import type { LandedDay } from "./landed-day.ts";
import { FRACTION_DIGITS } from "../landing/written-counts.ts";

/** Counts of unknown names in the `usage` of a day's requests. No list prices a request that has one. */
export const unknownCount = z.object({
  name: z.string(),
  requests: z.number(),
  /** Decimal; whole unless a fraction was recorded. */
  sum: z.string().regex(/^\d+(?:\.\d+)?$/),
});
export type UnknownCount = z.infer<typeof unknownCount>;

/** Further names are summed together. */
const MOST_NAMES = 32;
const OTHERS = "(others)";
const COUNTS = 'STRUCT(name VARCHAR, "count" VARCHAR)[]';

/** Sums by name over the requests of a day's local `usage` table, names with most requests first. */
export async function sumUnknownCounts(duck: DuckDBConnection, { files, hasUnknownCounts }: LandedDay, usage: string): Promise<UnknownCount[]> {
  if (!hasUnknownCounts) return [];
  const sums = await duck.runAndReadAll(`
    SELECT one.name, count(*)::DOUBLE AS requests, sum(one."count"::DECIMAL(30, ${String(FRACTION_DIGITS)}))::VARCHAR
    FROM (
      SELECT unnest(unknown_counts::JSON::${COUNTS}) AS one
      FROM ${rowsWithFact(files, "unknown_counts")} AS landed SEMI JOIN ${readParquet(usage)} AS usage ON ${sameRow("usage", "landed")}
    )
    GROUP BY one.name`);
  return addUnknownCounts([sums.getRows().map(([name, requests, sum]) => ({ name: String(name), requests: Number(requests), sum: plain(String(sum)) }))]);
}

/** Sums over several days: names with most requests first; beyond the limit, the rest as one. */
export function addUnknownCounts(days: Iterable<readonly UnknownCount[]>): UnknownCount[] {
  const byName = new Map<string, { requests: number; sum: bigint }>();
  for (const counts of days) for (const { name, requests, sum } of counts) add(byName, name, requests, parse(sum));
  const sorted = [...byName].sort(([a, one], [b, other]) => other.requests - one.requests || (a < b ? -1 : 1));
  const bounded = new Map<string, { requests: number; sum: bigint }>();
  for (const [name, { requests, sum }] of sorted) add(bounded, bounded.size < MOST_NAMES || bounded.has(name) ? name : OTHERS, requests, sum);
  return [...bounded].map(([name, { requests, sum }]) => ({ name, requests, sum: format(sum) }));
}

function add(sums: Map<string, { requests: number; sum: bigint }>, name: string, requests: number, sum: bigint): void {
  const known = sums.get(name) ?? { requests: 0, sum: 0n };
  sums.set(name, { requests: known.requests + requests, sum: known.sum + sum });
}

const MILLIONTHS = 10n ** BigInt(FRACTION_DIGITS);

function parse(sum: string): bigint {
  const [whole = "0", fraction = ""] = sum.split(".");
  return BigInt(whole) * MILLIONTHS + BigInt(fraction.padEnd(FRACTION_DIGITS, "0"));
}

function format(millionths: bigint): string {
  return plain(`${String(millionths / MILLIONTHS)}.${String(millionths % MILLIONTHS).padStart(FRACTION_DIGITS, "0")}`);
}

/** Without trailing zeros. */
function plain(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
