import { ascending } from "./orders.ts";

/** An amount of money in units of 1e-9 US dollar, the unit of Aperture's own APIs. */
export type Nanodollars = bigint;

/** One, where shares and counts that may be split are in units of 1e-9. */
export const BILLIONTHS = 1_000_000_000n;

export const NANODOLLARS_PER_CENT = 10_000_000n;

/**
 * Nanodollars of an amount that was recorded as a binary float of dollars.
 * 0.046167639999999996 is a recorded amount and means 0.046167640: rounding to the nanodollar
 * takes the float's noise away again.
 */
export function nanodollarsOfFloat(dollars: number): Nanodollars {
  return BigInt(Math.round(dollars * 1e9));
}

/** `1234567890n` → `"1.234567890"`: always nine decimals, so that text sorts and adds like the number. */
export function formatDollars(amount: Nanodollars): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(10, "0");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** `formatDollars` for JSON: null where nothing was priced. */
export function formatDollarsOrNull(amount: Nanodollars | null): string | null {
  return amount === null ? null : formatDollars(amount);
}

/** `formatDollars` for a CSV cell: empty where nothing was priced, or where the line does not have the amount. */
export function formatDollarsOrEmpty(amount: Nanodollars | null | undefined): string {
  return amount === null || amount === undefined ? "" : formatDollars(amount);
}

/** `12_500_000_000n` → `"12.5"`: exact, without needless zeros. */
export function formatBillionths(count: bigint): string {
  return formatDollars(count).replace(/\.?0+$/, "");
}

/** `-1.50` → `-$1.50` */
export function signDollar(amount: string): string {
  return amount.startsWith("-") ? `-$${amount.slice(1)}` : `$${amount}`;
}

/** `123456n` cents → `"1,234.56"`. */
export function formatCents(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${cents < 0n ? "-" : ""}${whole}.${digits.slice(-2)}`;
}

/** `-123456n` cents → `"-1234.56"`, for programs. */
export function formatBookedCents(cents: bigint): string {
  return formatCents(cents).replaceAll(",", "");
}

/** Nanodollars of a decimal text such as `"0.5"` or `"-12.000000001"`; undefined when it is anything else. */
export function parseDollars(text: string): Nanodollars | undefined {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction] = match;
  const amount = BigInt(`${whole}${(fraction ?? "").padEnd(9, "0")}`);
  return sign === "-" ? -amount : amount;
}

/** The nearest whole number to a fraction, halves away from zero; the denominator is positive. */
export function divideRounding(numerator: bigint, denominator: bigint): bigint {
  const sign = numerator < 0n ? -1n : 1n;
  return (sign * (2n * numerator * sign + denominator)) / (2n * denominator);
}

export interface Share {
  name: string;
  /** Not negative; a share of weight 0 gets nothing unless all weights are 0. */
  weight: bigint;
}

/**
 * Splits `total` in proportion to the weights so that the parts add up to it exactly (largest remainder).
 * Units left over go to the largest remainders, ties in order of name, then of position.
 * All weights 0 means evenly. Parts come back in the order of `shares`.
 */
export function splitByLargestRemainder(total: bigint, shares: readonly Share[]): bigint[] {
  if (shares.length < 2) return shares.map(() => total);
  const sign = total < 0n ? -1n : 1n;
  const amount = total * sign;
  const sum = shares.reduce((all, share) => all + share.weight, 0n);
  const weights = sum === 0n ? shares.map(() => 1n) : shares.map((share) => share.weight);
  const base = sum === 0n ? BigInt(shares.length) : sum;

  const parts = weights.map((weight) => (amount * weight) / base);
  const remainders = weights.map((weight) => (amount * weight) % base);
  giveToLargest(remainders, amount, parts, (index) => shares[index]?.name ?? "");
  return parts.map((part) => part * sign);
}

/** One unit each to the parts of the largest remainders, ties in order of name, then of position, up to `total`. */
function giveToLargest(
  remainders: readonly bigint[],
  total: bigint,
  parts: bigint[],
  nameOf: (index: number) => string = () => "",
): void {
  const left = total - parts.reduce((all, part) => all + part, 0n);
  const byRemainder = remainders
    .map((remainder, index) => ({ index, remainder, name: nameOf(index) }))
    .sort((a, b) => ascending(b.remainder, a.remainder) || ascending(a.name, b.name));
  for (const { index } of byRemainder.slice(0, Number(left))) parts[index] = (parts[index] ?? 0n) + 1n;
}

/** Cents to print for amounts whose printed sum must be the printed total: the total rounds half up, the rows share it. */
export function roundToCents(amounts: readonly Nanodollars[]): { total: bigint; parts: bigint[] } {
  const total = floorToCents(amounts.reduce((all, amount) => all + amount, NANODOLLARS_PER_CENT / 2n));
  return { total, parts: shareCents(total, amounts) };
}

/**
 * Cents of amounts whose sum is printed as `total`, which is that sum rounded up or down. Each amount is rounded down, and the
 * remaining cents go to the amounts that lost most, ties to the first. So each amount is printed rounded up or down, and zero
 * as zero. Where the amounts do not add up to the total, the difference goes to the largest amount.
 */
export function shareCents(total: bigint, amounts: readonly Nanodollars[]): bigint[] {
  const parts = amounts.map(floorToCents);
  const lost = amounts.map((amount, index) => amount - (parts[index] ?? 0n) * NANODOLLARS_PER_CENT);
  const sum = parts.reduce((all, part) => all + part, 0n);
  const most = sum + BigInt(lost.filter((part) => part > 0n).length);
  const reached = total < sum ? sum : total > most ? most : total;
  giveToLargest(lost, reached, parts);
  if (reached !== total) giveToLargestAmount(total - reached, amounts, parts);
  return parts;
}

function giveToLargestAmount(rest: bigint, amounts: readonly Nanodollars[], parts: bigint[]): void {
  const sizes = amounts.map((amount) => (amount < 0n ? -amount : amount));
  const largest = sizes.reduce((best, size, index) => (size > (sizes[best] ?? 0n) ? index : best), 0);
  if ((sizes[largest] ?? 0n) > 0n) parts[largest] = (parts[largest] ?? 0n) + rest;
}

/** Whole cents, downwards for credits as well. */
export function floorToCents(amount: Nanodollars): bigint {
  const cents = amount / NANODOLLARS_PER_CENT;
  return amount < cents * NANODOLLARS_PER_CENT ? cents - 1n : cents;
}
