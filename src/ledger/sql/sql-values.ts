/** SQL of an instant. @param instant a date, or milliseconds since 1970. */
export function sqlInstant(instant: Date | number): string {
  return `make_timestamptz(${String(BigInt(instant.valueOf()) * 1000n)})`;
}

/** SQL of whether a time is at or after `from` and before `to`. */
export function sqlWithin(time: string, { from, to }: { from: Date | number; to: Date | number }): string {
  return `${time} >= ${sqlInstant(from)} AND ${time} < ${sqlInstant(to)}`;
}

/** SQL of a whole number of nanodollars. @param dollars SQL of a DECIMAL(38,9). */
export function sqlNanodollars(dollars: string): string {
  return `(${dollars} * 1000000000)::HUGEINT`;
}

/** SQL of the cost of a row of `usage` in nanodollars; its dollars have 18 digits, which the product would exceed. */
export const COST_NANODOLLARS = sqlNanodollars("cost_usd::DECIMAL(38,9)");

/** SQL of the number, from 0, of the last of some instants that a time is not before. @param instants in order; a time before the second one has the number 0. */
export function sqlPlaceAmong(time: string, instants: readonly number[]): string {
  const later = instants.slice(1).map((instant, index) => `WHEN ${time} >= ${sqlInstant(instant)} THEN ${String(index + 1)}`);
  return later.length === 0 ? "0" : `CASE ${later.toReversed().join(" ")} ELSE 0 END`;
}

/** SQL of the DECIMAL(38,9) of a HUGEINT in billionths, of at most 29 digits. */
export function sqlDecimal(billionths: string): string {
  return `((${billionths})::DECIMAL(29,0) * 0.000000001::DECIMAL(9,9))`;
}
