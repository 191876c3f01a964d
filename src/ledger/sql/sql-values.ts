/** SQL of an instant. @param instant a date, or milliseconds since 1970. */
export function sqlInstant(instant: Date | number): string {
  return `make_timestamptz(${String(BigInt(instant.valueOf()) * 1000n)})`;
}

/** SQL of whether a time is at or after `from` and before `to`. */
export function sqlWithin(time: string, { from, to }: { from: Date | number; to: Date | number }): string {
  return `${time} >= ${sqlInstant(from)} AND ${time} < ${sqlInstant(to)}`;
}

/** Below this amount, the error of a DOUBLE of dollars times a billion is less than half a nanodollar. */
const MOST_ROUNDED = 2_000_000;

/**
 * SQL of a whole number of nanodollars. Smaller amounts are calculated as DOUBLE and rounded, which is exact and twenty times as fast: the
 * database divides large decimals bit by bit.
 * @param dollars SQL of a DECIMAL(38,9)
 */
export function sqlNanodollars(dollars: string): string {
  return `CASE WHEN abs(${dollars}) < ${String(MOST_ROUNDED)} THEN round((${dollars})::DOUBLE * 1e9)::BIGINT::HUGEINT ELSE (${dollars} * 1000000000)::HUGEINT END`;
}

/** SQL of the cost of a row of `usage` in nanodollars. The cast is needed because the product would exceed the 18 digits of its dollars. */
export const COST_NANODOLLARS = sqlNanodollars("cost_usd::DECIMAL(38,9)");

/** SQL of the index, from 0, of the last instant at or before a time. @param instants in order; any time before the second one has the index 0. */
export function sqlPlaceAmong(time: string, instants: readonly number[]): string {
  const later = instants.slice(1).map((instant, index) => `WHEN ${time} >= ${sqlInstant(instant)} THEN ${String(index + 1)}`);
  return later.length === 0 ? "0" : `CASE ${later.toReversed().join(" ")} ELSE 0 END`;
}

/**
 * SQL of the whole part of a quotient of numbers that are not negative. The database divides HUGEINTs bit by bit, twenty times slower than it
 * multiplies. So the quotient is estimated as DOUBLE, and the error of the estimate is estimated and subtracted until the quotient is exact.
 * @param dividend below 1e37, as SQL; the quotient must be below 1e28
 */
export function sqlFloorDivide(dividend: string, divisor: string): string {
  const first = `floor((${dividend})::DOUBLE / (${divisor})::DOUBLE)::HUGEINT`;
  const left = `((${dividend}) - ${first} * (${divisor}))`;
  const second = `floor(${left}::DOUBLE / (${divisor})::DOUBLE)::HUGEINT`;
  const rest = `(${left} - ${second} * (${divisor}))`;
  return `(${first} + ${second} + (${rest} >= (${divisor}))::TINYINT - (${rest} < 0)::TINYINT)`;
}

/** SQL of the DECIMAL(38,9) of a HUGEINT in billionths, of at most 29 digits. */
export function sqlDecimal(billionths: string): string {
  return `((${billionths})::DECIMAL(29,0) * 0.000000001::DECIMAL(9,9))`;
}

/** A BIGINT and a DECIMAL(18, places) hold numbers up to this size. */
const MOST_NARROW = "100000000000000000";

/**
 * SQL of the text of a decimal: a HUGEINT in units of its last place, as `DECIMAL(38, places)::VARCHAR` writes it. The database writes decimals of up to
 * 18 digits seven times as fast as longer ones.
 * @param places at most 12
 */
export function sqlDecimalText(units: string, places: number): string {
  return `CASE WHEN abs(${units}) < ${MOST_NARROW} THEN ${narrowText(units, places)} ELSE ${sqlScaled(units, places)}::VARCHAR END`;
}

function narrowText(units: string, places: number): string {
  return `((${units})::BIGINT::DECIMAL(18,0) * ${unitOf(places)})::VARCHAR`;
}

/** SQL of the text of a decimal with more than 18 places. @param places from 19 to 30 */
export function sqlLongDecimalText(units: string, places: number): string {
  const upper = sqlFloorDivide(`abs(${units})`, "1000000000000000000::HUGEINT");
  const lower = `(abs(${units}) - ${upper} * 1000000000000000000)::BIGINT::VARCHAR`;
  return `CASE WHEN abs(${units}) < ${MOST_NARROW}000000000000000000 THEN CASE WHEN ${units} < 0 THEN '-' ELSE '' END || ${narrowText(upper, places - 18)} || lpad(${lower}, 18, '0') ELSE ${sqlScaled(units, places)}::VARCHAR END`;
}

/**
 * SQL of a decimal's text without trailing zeros. It keeps the decimal point and one digit, so that a program that guesses a column's type from
 * `1.0` guesses correctly.
 */
export function sqlTrimZeros(text: string): string {
  const digits = `rtrim(${text}, '0')`;
  return `${digits} || CASE WHEN ends_with(${digits}, '.') THEN '0' ELSE '' END`;
}

/** SQL of the DECIMAL(38, places) of a HUGEINT in units of its last place. */
export function sqlScaled(units: string, places: number): string {
  return `((${units})::DECIMAL(38,0) * ${unitOf(places)})::DECIMAL(38,${String(places)})`;
}

function unitOf(places: number): string {
  return `0.${"0".repeat(places - 1)}1::DECIMAL(${String(places)},${String(places)})`;
}
