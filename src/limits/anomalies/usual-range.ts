import type { Nanodollars } from "../../ledger/money.ts";

/** Usual spend per day; both figures are exact, in units of 1/40,000 nanodollar. */
export interface UsualRange {
  median: bigint;
  /** 1.4826 times the median absolute deviation: for normally distributed amounts, their standard deviation. */
  spread: bigint;
}

/** In this unit, quarters times a factor of four decimals and fortieths are whole numbers. */
export const UNITS_PER_NANODOLLAR = 40_000n;
const FACTOR = { numerator: 14_826n, denominator: 10_000n };
/** The spread is at least a twentieth of the median: after identical days, any other amount would seem unusual. */
const LEAST_SPREAD = 20n;
/** A subject that is idle on most days is compared with its days with spend, if there are this many. */
const LEAST_BUSY_DAYS = 3;

/** @param history spend on each of the days before; at least one. */
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
