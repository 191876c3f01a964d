import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { COST_NANODOLLARS, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { BILLED_COUNTS } from "../list/billed-counts.ts";
import { BILLED } from "../list/price-entry.ts";
import { findPriceRows } from "../list/find-price-rows.ts";
import type { Prices } from "../list/price-rows.ts";
import { LIST_NANODOLLARS_APART, LIST_NANODOLLARS_FLOORED, PriceTable, type TierOfRow } from "../list/price-table.ts";

/** SQL of whether the gateway estimated a request's cost. */
export const ESTIMATED = "cost_source = 'aperture' AND cost_usd IS NOT NULL";

/** Largest amount in nanodollars whose squares can be summed. No request costs a million dollars. */
const MOST_RECORDED = "1000000000000000::HUGEINT";

/** Each pair of billed counts once, in the order of the sums of their products. */
export const PAIRS = BILLED.flatMap((_, row) => BILLED.slice(row).map((__, offset) => [row, row + offset] as const));

/** Sums over the requests of a model that the gateway estimated; amounts in nanodollars. */
export interface EstimateSums {
  provider: string;
  model: string;
  /** The price from the list; undefined where the list has none. */
  tier: TierOfRow | undefined;
  requests: bigint;
  recorded: bigint;
  listed: bigint;
  /** Requests whose two amounts differ by more than rounding. */
  differing: bigint;
  /** Requests whose amounts would agree if no count were part of another. */
  agreeingApart: bigint;
  /** In order of `BILLED`. */
  counts: bigint[];
  /** Sums of each count times the recorded amount. */
  timesRecorded: bigint[];
  /** In order of `PAIRS`. */
  products: bigint[];
  /** Sum of the squares of the recorded amounts. */
  squares: bigint;
}

const summed = z.object({
  provider: z.string(),
  model: z.string(),
  tier: z.number().nullable(),
  requests: z.bigint(),
  recorded: z.bigint(),
  listed: z.bigint(),
  differing: z.bigint(),
  agreeingApart: z.bigint(),
  counts: z.array(z.bigint()),
  timesRecorded: z.array(z.bigint()),
  products: z.array(z.bigint()),
  squares: z.bigint(),
});

/**
 * Sums the gateway's estimates of its requests, and the costs of the same requests by the list.
 * @param rows SQL of usage rows between `from` and `to` (milliseconds since 1970), `scope` a text that is unique among concurrent uses.
 */
export async function sumEstimates(
  duck: DuckDBConnection,
  { rows, scope, from, to }: { rows: string; scope: string; from: number; to: number },
  prices: Prices,
): Promise<EstimateSums[]> {
  const table = await PriceTable.create(duck, scope, await findPriceRows(duck, rows, ESTIMATED, prices, from, to));
  const counts = BILLED.map((name, index) => `(${BILLED_COUNTS[name]})::HUGEINT AS n${index}`);
  const result = await duck.runAndReadAll(`
    WITH beside AS (
      SELECT provider, model, ${COST_NANODOLLARS} AS recorded, ${LIST_NANODOLLARS_FLOORED}::HUGEINT AS listed,
        ${LIST_NANODOLLARS_APART}::HUGEINT AS apart,
        CASE WHEN listed IS NOT NULL THEN list_tier END AS tier, ${counts.join(", ")}
      FROM ${rows} ${table.joinTo(ESTIMATED)}
      WHERE ${ESTIMATED} AND ${sqlWithin("ts", { from, to })}
    )
    SELECT provider, model, tier, count(*)::HUGEINT AS requests, sum(recorded)::HUGEINT AS recorded,
      coalesce(sum(listed), 0)::HUGEINT AS listed, count(*) FILTER (abs(recorded - listed) > 1)::HUGEINT AS differing,
      count(*) FILTER (abs(recorded - listed) > 1 AND abs(recorded - apart) <= 1)::HUGEINT AS "agreeingApart",
      [${BILLED.map((_, index) => `sum(n${index})::HUGEINT`).join(", ")}] AS counts,
      [${BILLED.map((_, index) => sumOfTrue(`n${index} * recorded`)).join(", ")}] AS "timesRecorded",
      [${PAIRS.map(([row, column]) => sumOfTrue(`n${row} * n${column}`)).join(", ")}] AS products,
      ${sumOfTrue(`least(recorded, ${MOST_RECORDED}) * least(recorded, ${MOST_RECORDED})`)} AS squares
    FROM beside GROUP BY provider, model, tier ORDER BY provider, model, tier`);
  await table.forget();
  return z
    .array(summed)
    .parse(result.getRowObjectsJS())
    .map(({ tier, ...sums }) => ({ ...sums, tier: tier === null ? undefined : table.tiers[tier - 1] }));
}

/** Only for requests that the list prices: impossibly large counts would not fit. */
function sumOfTrue(product: string): string {
  return `coalesce(sum(CASE WHEN tier IS NOT NULL THEN ${product} END), 0)::HUGEINT`;
}
