import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlFloorDivide } from "./sql-values.ts";

/** Columns that the split needs for each part: its weight, the sum of all weights of its whole, and its place among equal remainders. */
const SPLIT_COLUMNS = ["weight", "all_weights", "place"] as const;

/** Upper bound for the sum of a whole's weights: one hundred trillion dollars in nanodollars. */
export const HEAVIEST = 10n ** 23n;

/** The largest values in a calculation; approximations are enough. */
export interface Largest {
  amount: number;
  /** The sum of the weights of a whole. */
  weights: number;
  /** An amount times the sum of its weights. */
  product: number;
}

/** Up to these values the quick calculation is exact, and products fit. */
const MOST_QUICK = { amount: 1e28, product: 1e37 };
/** Up to this value a BIGINT holds the sort key, which takes a quarter less time. */
const MOST_NARROW = 9e18;

/** Finds the largest values in a relation of parts. */
export async function findLargest(duck: DuckDBConnection, parts: string): Promise<Largest> {
  const found = await duck.runAndReadAll(`SELECT coalesce(max(abs(amount)::DOUBLE), 0), coalesce(max(all_weights::DOUBLE), 0), coalesce(max(abs(amount)::DOUBLE * all_weights::DOUBLE), 0) FROM (${parts})`);
  const [amount, weights, product] = z.tuple([z.number(), z.number(), z.number()]).parse(found.getRowsJS()[0]);
  return { amount, weights, product };
}

/**
 * SQL that replaces the `amount` of the whole by the amount of each part, by largest remainder with ties by `place` (from 0). Like the parts of
 * `splitByLargestRemainder`, the parts of a whole add up to it exactly. The columns of the split are removed.
 * @param parts SQL of a relation with one row for each part; `amount` is the amount of the whole, a HUGEINT
 * @param whole columns that together identify a whole
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
 * SQL that adjusts costs one step after the other. Each change is rounded to the nearest whole number, halves away from zero. The result has the
 * changes as `change_0` and so on, and the final amount as `adjusted`.
 * Each step is a separate query: otherwise its expression would be repeated in every later step.
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
