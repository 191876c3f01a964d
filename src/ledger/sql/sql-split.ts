import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlFloorDivide } from "./sql-values.ts";

/** Columns that parts need to be given amounts: their weight, the sum of the weights of their whole, and the place among equal remainders. */
const SPLIT_COLUMNS = ["weight", "all_weights", "place"] as const;

/** Weights of a whole may add up to this much: one hundred trillion dollars in nanodollars. */
export const HEAVIEST = 10n ** 23n;

/** What is calculated with, at the most; roughly is enough. */
export interface Largest {
  amount: number;
  /** The sum of the weights of a whole. */
  weights: number;
  /** Of an amount and the sum of the weights it is split by. */
  product: number;
}

/** Up to here the quick way is exact, and products fit. */
const MOST_QUICK = { amount: 1e28, product: 1e37 };
/** Up to here a BIGINT holds what is sorted by, which takes a quarter less time. */
const MOST_NARROW = 9e18;

/** Finds what a relation of parts calculates with at the most. */
export async function findLargest(duck: DuckDBConnection, parts: string): Promise<Largest> {
  const found = await duck.runAndReadAll(`SELECT coalesce(max(abs(amount)::DOUBLE), 0), coalesce(max(all_weights::DOUBLE), 0), coalesce(max(abs(amount)::DOUBLE * all_weights::DOUBLE), 0) FROM (${parts})`);
  const [amount, weights, product] = z.tuple([z.number(), z.number(), z.number()]).parse(found.getRowsJS()[0]);
  return { amount, weights, product };
}

/**
 * SQL of the relation in which each `amount` is the part's own, by largest remainder with ties by `place` (from 0): the parts of a whole add up
 * to it exactly, as `splitByLargestRemainder` splits. The columns of the splitting are gone afterwards.
 * @param parts SQL of a relation with one row for each part; `amount`, a HUGEINT, is that of the whole
 * @param whole columns in which the parts of one whole agree, and no others do
 */
export function sqlSplit(parts: string, whole: readonly string[], { amount, weights, product }: Largest): string {
  const isQuick = amount <= MOST_QUICK.amount && product <= MOST_QUICK.product;
  const isNarrow = isQuick && amount <= MOST_NARROW && weights <= MOST_NARROW;
  const type = isNarrow ? "BIGINT" : "HUGEINT";
  const based = isQuick
    ? `(SELECT * ${isNarrow ? "REPLACE (amount::BIGINT AS amount, base::BIGINT AS base)" : ""}, (product - base * all_weights)::${type} AS rest FROM (SELECT *, ${sqlFloorDivide("product", "all_weights")} AS base FROM (SELECT *, abs(amount) * weight AS product FROM (${parts}))))`
    : `(SELECT *, NULL AS product, unnest(${floorAndRest()}) FROM (${parts}))`;
  const ordered = `PARTITION BY ${whole.join(", ")} ORDER BY rest DESC, place`;
  const own = `sign(amount) * (base + (row_number() OVER (${ordered}) <= abs(amount) - sum(base) OVER (${ordered} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))::TINYINT)`;
  return `(SELECT * EXCLUDE (${[...SPLIT_COLUMNS, "product", "base", "rest"].join(", ")}) REPLACE ((${own})::HUGEINT AS amount) FROM ${based})`;
}

/** The quotient and remainder of `amount * weight / all_weights`, without a product that would not fit. */
function floorAndRest(): string {
  const left = "(abs(amount) % all_weights)";
  const upper = `(${left} * (weight // 1000000000))`;
  const lower = `(${upper} % all_weights * 1000000000 + ${left} * (weight % 1000000000))`;
  return `{base: abs(amount) // all_weights * weight + ${upper} // all_weights * 1000000000 + ${lower} // all_weights, rest: ${lower} % all_weights}`;
}

/**
 * SQL of a relation of costs that are adjusted, one step after the other, each rounded to the nearest whole number with halves away from zero: what
 * a step changes is `change_0` and so on, and `adjusted` is what is left in the end.
 * Each step is a query of its own: a longer expression would be repeated in every step that builds upon it.
 * @param costs SQL with the columns `left_0`, below 1e30 in size, and `percent_0` and so on in units of `whole`
 */
export function sqlAdjust(costs: string, steps: number, whole: bigint): string {
  const changed = Array.from({ length: steps }, (_, step) => String(step)).reduce(
    (from, step) => `(SELECT *, left_${step} + change_${step} AS left_${String(Number(step) + 1)} FROM (
      SELECT *, sign(product_${step}) * ${sqlFloorDivide(`2 * abs(product_${step}) + ${String(whole)}`, String(2n * whole))} AS change_${step} FROM (SELECT *, left_${step} * percent_${step} AS product_${step} FROM ${from})))`,
    `(${costs})`,
  );
  return `(SELECT *, left_${String(steps)} AS adjusted FROM ${changed})`;
}
