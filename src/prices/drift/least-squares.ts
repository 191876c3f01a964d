/** Sums over the observations of a linear relation y = X·b, in whole numbers. */
interface Observations {
  count: bigint;
  xtx: readonly (readonly bigint[])[];
  xty: readonly bigint[];
  yty: bigint;
}

/** An unknown as a fraction; the divisor is not 0. */
export interface Estimate {
  dividend: bigint;
  divisor: bigint;
  /** Approximate value of the fraction. */
  value: number;
  /** Standard error; 0 where all observations follow the relation exactly. */
  error: number;
}

/**
 * Solves the normal equations XᵀX·b = Xᵀy exactly: some token counts are nearly multiples of others, and with floats the solution
 * would depend on rounding. Null for an unknown that the equations do not determine.
 */
export function solveLeastSquares({ count, xtx, xty, yty }: Observations): (Estimate | null)[] {
  const unknowns = xty.length;
  // The unit matrix on the right becomes the inverse; its diagonal gives the standard errors.
  const rows = xtx.map((row, index) => [...row, xty[index] ?? 0n, ...xty.map((_, column) => (column === index ? 1n : 0n))]);
  const pivots = eliminate(rows, unknowns);
  const found = xty.map((_, unknown) => {
    const row = rows[pivots.indexOf(unknown)] ?? [];
    const isAlone = row.slice(0, unknowns).every((value, column) => (value !== 0n) === (column === unknown));
    const divisor = row[unknown];
    return divisor === undefined || !isAlone ? null : { divisor, dividend: row[unknowns] ?? 0n, inverse: row[unknowns + 1 + unknown] ?? 0n };
  });
  const variance = varianceOf({ count, xtx, xty, yty }, rows, pivots);
  return found.map(
    (one) =>
      one && {
        dividend: one.dividend,
        divisor: one.divisor,
        value: quotient(one.dividend, one.divisor),
        error: Math.sqrt(Math.max(0, variance * quotient(one.inverse, one.divisor))),
      },
  );
}

/** Sum of the squared residuals, with undetermined unknowns set to 0. */
function varianceOf({ count, xty, yty }: Observations, rows: readonly (readonly bigint[])[], pivots: readonly number[]): number {
  const divisors = pivots.map((unknown, index) => rows[index]?.[unknown] ?? 1n);
  const shared = divisors.reduce((product, divisor) => product * divisor, 1n);
  const explained = pivots.map((unknown, index) => (xty[unknown] ?? 0n) * (rows[index]?.[xty.length] ?? 0n) * (shared / (divisors[index] ?? 1n)));
  const unexplained = explained.reduce((rest, part) => rest - part, yty * shared);
  return Math.abs(quotient(unexplained, shared)) / Math.max(1, Number(count) - pivots.length);
}

/** Gauss-Jordan elimination without fractions; returns the pivot column of each of the first rows. */
function eliminate(rows: bigint[][], unknowns: number): number[] {
  const pivots: number[] = [];
  for (let column = 0; column < unknowns; column++) {
    const found = rows.findIndex((row, index) => index >= pivots.length && row[column] !== 0n);
    const pivotRow = rows[found];
    if (pivotRow === undefined) continue;
    rows.splice(found, 1);
    rows.splice(pivots.length, 0, pivotRow);
    for (const [index, row] of rows.entries()) if (row !== pivotRow) rows[index] = withoutColumn(row, pivotRow, column);
    pivots.push(column);
  }
  return pivots;
}

function withoutColumn(row: readonly bigint[], pivotRow: readonly bigint[], column: number): bigint[] {
  const [own = 0n, pivot = 1n] = [row[column], pivotRow[column]];
  const combined = row.map((value, index) => value * pivot - (pivotRow[index] ?? 0n) * own);
  const shared = combined.reduce(greatestCommonDivisor, 0n);
  return shared === 0n ? combined : combined.map((value) => value / shared);
}

/** A quotient with fifteen digits, even of integers that are too large for a number. */
function quotient(dividend: bigint, divisor: bigint): number {
  const digits = Math.max(0, String(divisor).length - String(dividend).length + 18);
  return Number((dividend * 10n ** BigInt(digits)) / divisor) / 10 ** digits;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [large, small] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (small !== 0n) [large, small] = [small, large % small];
  return large;
}
