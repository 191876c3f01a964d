import type { Nanodollars } from "../../ledger/money.ts";

/** What somebody usually spends in a day; both figures exact, in units of 1/40,000 nanodollar. */
export interface UsualRange {
  median: bigint;
  /** 1.4826 times the median of the distances from the median: of normal amounts their standard deviation. */
  spread: bigint;
}

/** Halves of halves, times a factor of four decimals, and a twentieth of a half are all whole in it. */
export const UNITS_PER_NANODOLLAR = 40_000n;
const FACTOR = { numerator: 14_826n, denominator: 10_000n };
/** The spread is at least a twentieth of the median: after days that were all alike any other would be far off. */
const LEAST_SPREAD = 20n;
/** Somebody who is idle on most days is compared with the days that had spend, if there are that many. */
const LEAST_BUSY_DAYS = 3;

/** @param history what was spent on each of the days before; at least one. */
export function findUsualRange(history: readonly Nanodollars[]): UsualRange {
  const amounts = history.map((amount) => amount * UNITS_PER_NANODOLLAR);
  const busy = amounts.filter((amount) => amount > 0n);
  const idleMostly = medianOf(amounts) === 0n && busy.length >= LEAST_BUSY_DAYS;
  return rangeOf(idleMostly ? busy : amounts);
}

function rangeOf(amounts: readonly bigint[]): UsualRange {
  const median = medianOf(amounts);
  const deviation = medianOf(amounts.map((amount) => distance(amount, median)));
  const spread = (deviation * FACTOR.numerator) / FACTOR.denominator;
  const least = median / LEAST_SPREAD;
  return { median, spread: spread > least ? spread : least };
}

function medianOf(amounts: readonly bigint[]): bigint {
  const sorted = [...amounts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0n) + (sorted[Math.floor(half)] ?? 0n)) / 2n;
}

export function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}
