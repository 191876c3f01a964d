/** Columns that parts need to be given amounts: their weight, the sum of the weights of their whole, the number of its parts, and the place among equal remainders. */
export const SPLIT_COLUMNS = ["weight", "all_weights", "parts", "place"] as const;

/** Beyond, the product of two weights would not fit. */
const MOST_FOR_ONE_STEP = 10n ** 19n;

/** Weights of a whole may add up to this much: one hundred trillion dollars in nanodollars. */
export const HEAVIEST = 10n ** 23n;

/** What is known of the weights. */
export interface Weights {
  /** Whether parts of any whole weigh differently. */
  differ: boolean;
  /** The largest sum of the weights of a whole: it decides how many digits are calculated with. */
  heaviest: bigint;
}

/**
 * SQL of the relation in which each `amount` is the part's own, by largest remainder with ties by `place` (from 0): the parts of a whole add up
 * to it exactly, as `splitByLargestRemainder` splits. The columns of the splitting are gone afterwards.
 * @param parts SQL of a relation with one row for each part; `amount`, a HUGEINT, is that of the whole
 * @param whole columns in which the parts of one whole agree, and no others do
 */
export function sqlSplit(parts: string, whole: readonly string[], { differ, heaviest }: Weights): string {
  const own = differ ? `CASE WHEN weight * parts = all_weights THEN ${sqlEvenPart("amount", "parts", "place")} ELSE ${unevenPart(whole)} END` : sqlEvenPart("amount", "parts", "place");
  const based = differ ? `(SELECT *, ${floorAndRest(heaviest)} AS based FROM (${parts}))` : `(${parts})`;
  return `(SELECT * EXCLUDE (${[...SPLIT_COLUMNS, ...(differ ? ["based"] : [])].join(", ")}) REPLACE (${own} AS amount) FROM ${based})`;
}

/** SQL of an even part of an amount. */
export function sqlEvenPart(amount: string, parts: string, place: string): string {
  return `CASE WHEN ${parts} = 1 THEN ${amount} ELSE sign(${amount}) * (abs(${amount}) // ${parts} + (${place} < abs(${amount}) % ${parts})::TINYINT) END`;
}

function unevenPart(whole: readonly string[]): string {
  const group = `PARTITION BY ${whole.join(", ")}`;
  return `sign(amount) * (based.base + (row_number() OVER (${group} ORDER BY based.rest DESC, place) <= abs(amount) - sum(based.base) OVER (${group}))::TINYINT)`;
}

/** The quotient and remainder of `amount * weight / all_weights`, without a product that would not fit. */
function floorAndRest(heaviest: bigint): string {
  const left = "(abs(amount) % all_weights)";
  const whole = "abs(amount) // all_weights * weight";
  if (heaviest <= MOST_FOR_ONE_STEP) return `{base: ${whole} + ${left} * weight // all_weights, rest: ${left} * weight % all_weights}`;
  const upper = `(${left} * (weight // 1000000000))`;
  const lower = `(${upper} % all_weights * 1000000000 + ${left} * (weight % 1000000000))`;
  return `{base: ${whole} + ${upper} // all_weights * 1000000000 + ${lower} // all_weights, rest: ${lower} % all_weights}`;
}

/** SQL of the nearest whole number to a fraction, halves away from zero, as `divideRounding`. */
export function sqlDivideRounding(numerator: string, denominator: bigint): string {
  return `sign(${numerator}) * ((2 * abs(${numerator}) + ${String(denominator)}) // ${String(2n * denominator)})`;
}
