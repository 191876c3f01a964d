import { expect, test } from "vitest";
import { exchange, exchangeBack, type ExchangeRate, formatRate, rateOn } from "../../src/ledger/exchange-rate.ts";

const rate = (from: string, perDollar: bigint, currency = "EUR"): ExchangeRate => ({ currency, from, perDollar, source: "ECB" });
const RATES = [rate("2026-10-15", 930_000_000n), rate("2026-10-01", 920_000_000n), rate("2026-10-20", 1n, "GBP")];

test("the rate of a day is the newest of its currency that has begun", () => {
  expect(rateOn(RATES, "EUR", "2026-09-30")).toBeUndefined();
  expect(["2026-10-01", "2026-10-14", "2026-10-15", "2026-12-01"].map((day) => rateOn(RATES, "EUR", day)?.perDollar)).toEqual([920_000_000n, 920_000_000n, 930_000_000n, 930_000_000n]);
});

test("amounts are exchanged to the billionth, halves away from zero, and back", () => {
  // $10.000000001 at 0.5 is 5.0000000005.
  expect([exchange(10_000_000_001n, rate("2026-10-01", 500_000_000n)), exchange(-10_000_000_001n, rate("2026-10-01", 500_000_000n))]).toEqual([5_000_000_001n, -5_000_000_001n]);
  // 920 euros at 0.92 are 1,000 dollars.
  expect(exchangeBack(920_000_000_000n, rate("2026-10-01", 920_000_000n))).toBe(1_000_000_000_000n);
});

test("a rate is shown with its day and its source", () => {
  expect(formatRate(rate("2026-10-01", 920_500_000n))).toBe("1 USD = 0.9205 EUR from 2026-10-01 (ECB)");
});
