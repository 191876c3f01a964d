import type { Nanodollars } from "../../ledger/money.ts";

/** Decimal places of `ListCost`. A DECIMAL(38) has 14 digits before them, enough for a thousand times a hundred billion dollars. */
export const LIST_PLACES = 24;

/** One nanodollar in units of list costs. */
export const LISTED_PER_NANODOLLAR = 10n ** 15n;

/** Divides the product of a unit price and a quantity, in 1e-30 dollars, down to units of list costs. */
const SURPLUS = 1_000_000n;

/** SQL of the grain of a price: the smallest quantity, in 1e-12, whose list cost has at most `LIST_PLACES` decimals. A millionth is a multiple of it. */
export function sqlGrain(unitPrice: string): string {
  return `CASE WHEN ${unitPrice} % ${String(SURPLUS)} = 0 THEN 1 ELSE ${String(SURPLUS)} // gcd(${unitPrice}, ${String(SURPLUS)}) END`;
}

/** SQL of the list cost of one grain, in units of list costs. */
export function sqlPriceOfGrain(unitPrice: string): string {
  return `(${unitPrice} // (${String(SURPLUS)} // (${sqlGrain(unitPrice)})))`;
}

/** Like `sqlGrain`, for one price. @param unitPrice in 1e-18 dollars */
export function grainOf(unitPrice: bigint): bigint {
  let [divisor, rest] = [SURPLUS, unitPrice % SURPLUS];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return SURPLUS / divisor;
}

/** The list cost of a quantity, in 1e-12, which is a multiple of the price's grain. @param unitPrice in 1e-18 dollars */
export function listOf(unitPrice: bigint, quantity: bigint): bigint {
  return (unitPrice * quantity) / SURPLUS;
}

/** The list cost of a charge that has an amount but no price. */
export function listOfAmount(amount: Nanodollars): bigint {
  return amount * LISTED_PER_NANODOLLAR;
}
