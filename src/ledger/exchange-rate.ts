import { BILLIONTHS, divideRounding, formatBillionths, type Nanodollars } from "./money.ts";

/** The value of one dollar in another currency, from a given day on. */
export interface ExchangeRate {
  /** ISO 4217, such as `EUR`. */
  currency: string;
  /** First day on which it applies, `YYYY-MM-DD`. */
  from: string;
  /** Units of the currency for one dollar, in billionths. */
  perDollar: bigint;
  /** Who published the rate, in words. */
  source: string;
}

/** The rate of a currency on a day: the newest one that has begun; undefined before the first. */
export function rateOn(rates: readonly ExchangeRate[], currency: string, day: string): ExchangeRate | undefined {
  return rates.filter((rate) => rate.currency === currency && rate.from <= day).toSorted((a, b) => (a.from < b.from ? -1 : 1)).at(-1);
}

/** Converts dollars to billionths of the other currency, rounding halves away from zero. */
export function exchange(amount: Nanodollars, { perDollar }: ExchangeRate): bigint {
  return divideRounding(amount * perDollar, BILLIONTHS);
}

/** Converts billionths of the other currency to dollars, rounding halves away from zero. */
export function exchangeBack(amount: bigint, { perDollar }: ExchangeRate): Nanodollars {
  return divideRounding(amount * BILLIONTHS, perDollar);
}

/** `1 USD = 0.9212 EUR from 2026-10-30 (ECB)` */
export function formatRate({ currency, perDollar, from, source }: ExchangeRate): string {
  return `1 USD = ${formatBillionths(perDollar)} ${currency} from ${from} (${source})`;
}

export function rateToJson({ currency, perDollar, from, source }: ExchangeRate): { currency: string; per_usd: string; from: string; source: string } {
  return { currency, per_usd: formatBillionths(perDollar), from, source };
}
