import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { billionths, listUnnamed, ratesByTier } from "../../src/prices/list/exact-rates.ts";
import type { Billed, PriceEntry } from "../../src/prices/list/price-entry.ts";

const DOLLAR = 10n ** 18n;

/** Rates in 1e-18 dollars, by tier. */
function rates(entry: Partial<PriceEntry>, factor: number | string = 1): [number | null, Record<string, bigint>][] | undefined {
  return ratesByTier({ match: "m", input: 3, ...entry }, factor)?.map(({ above, rates: of }) => [above, Object.fromEntries(of)]);
}

const ofInput = (rate: bigint): Record<string, bigint> => ({ input: rate, cached: rate, cache_write_5m: rate, cache_write_1h: rate, image_input: rate });
const ofOutput = (rate: bigint): Record<string, bigint> => ({ output: rate, reasoning: rate, image_output: rate });

describe("the rates of an entry", () => {
  test("are the input's for what is on the input side and has no price, and the output's on the other; a search has its own or none", () => {
    expect(rates({})).toEqual([[null, ofInput(3n * DOLLAR)]]);
    expect(rates({ output: "0.5" })).toEqual([[null, { ...ofInput(3n * DOLLAR), ...ofOutput(DOLLAR / 2n) }]]);
    expect(rates({ web_search: 0.01 })).toEqual([[null, { ...ofInput(3n * DOLLAR), web_search: 10_000n * DOLLAR }]]);
    expect(rates({ cached: 1, cache_write_1h: 2, image_input: 0 })).toEqual([[null, { ...ofInput(3n * DOLLAR), cached: DOLLAR, cache_write_1h: 2n * DOLLAR, image_input: 0n }]]);
  });

  test("are adjusted by the entry's factor and the gateway's", () => {
    expect(rates({ adjustment: 0.5 }, "1.1")).toEqual([[null, ofInput((165n * DOLLAR) / 100n)]]);
    expect(rates({ input: "0.000000001", adjustment: "0.000000001" }, "0.5")?.[0]?.[1]["input"]).toBe(1n);
    expect(rates({ input: "0.000000001", adjustment: "0.000000001" }, "0.499999999")?.[0]?.[1]["input"]).toBe(0n);
  });

  test("are none where one of them is out of range, and are those at its border", () => {
    expect(rates({ input: 10_000_000 })?.[0]?.[1]["input"]).toBe(10n ** 25n);
    expect(rates({ input: "10000000.000000001" })).toBeUndefined();
    expect(rates({ input: 1, web_search: 10_000 })?.[0]?.[1]["web_search"]).toBe(10n ** 28n);
    expect(rates({ input: 1, web_search: "10000.000000001" })).toBeUndefined();
    expect(rates({ input: 1, output: "10000000.000000001" })).toBeUndefined();
    expect(rates({ input: 1, tiers: [{ above: 5, input: "10000000.000000001" }] })).toBeUndefined();
  });
});

describe("the rates of tiers", () => {
  test("stand in order of their borders, and begin below the first", () => {
    expect(rates({ tiers: [{ above: 200, input: 9 }, { above: 100, input: 6 }] })).toEqual([
      [null, ofInput(3n * DOLLAR)],
      [100, ofInput(6n * DOLLAR)],
      [200, ofInput(9n * DOLLAR)],
    ]);
  });

  test("follow what they are a ratio of, each from the tier below", () => {
    const entry = { output: 15, cached: "0.3", reasoning: 30, web_search: 0.01, tiers: [{ above: 100, input: 6 }, { above: 200, input: 3, cached: 1 }, { above: 300, input: 9, output: 5 }] };
    const of = (tier: number, name: Billed): bigint | undefined => rates(entry)?.[tier]?.[1][name];
    expect([0, 1, 2, 3].map((tier) => of(tier, "cached"))).toEqual([(3n * DOLLAR) / 10n, (6n * DOLLAR) / 10n, DOLLAR, 3n * DOLLAR]);
    expect([0, 1, 2, 3].map((tier) => of(tier, "reasoning"))).toEqual([30n, 30n, 30n, 10n].map((dollars) => dollars * DOLLAR));
    expect([0, 3].map((tier) => of(tier, "web_search"))).toEqual([10_000n * DOLLAR, 10_000n * DOLLAR]);
    expect([0, 1].map((tier) => of(tier, "cache_write_5m"))).toEqual([3n * DOLLAR, 6n * DOLLAR]);
  });

  test("keep the ratio of the nearest tier whose price is not 0", () => {
    const of = (tiers: PriceEntry["tiers"]): (bigint | undefined)[] => rates({ cached: "0.3", tiers })?.map(([, each]) => each["cached"]) ?? [];
    expect(of([{ above: 1, input: 0 }, { above: 2, input: 30 }])).toEqual([(3n * DOLLAR) / 10n, 0n, 3n * DOLLAR]);
    expect(of([{ above: 1, input: 6, cached: 3 }, { above: 2, input: 0 }, { above: 3, input: 12 }])).toEqual([(3n * DOLLAR) / 10n, 3n * DOLLAR, 0n, 6n * DOLLAR]);
    expect(rates({ input: 0, cached: "0.3", tiers: [{ above: 1, input: 12 }] })?.map(([, each]) => each["cached"])).toEqual([(3n * DOLLAR) / 10n, (3n * DOLLAR) / 10n]);
  });

  test("are listed with what they follow where the tier does not name them", () => {
    const entry: PriceEntry = { match: "m", input: 3, output: 15, cached: "0.3", web_search: 1, adjustment: 7, tiers: [{ above: 200, output: 20 }, { above: 100, input: 6 }] };
    expect(listUnnamed(entry)).toEqual([
      { above: 100, prices: [{ name: "cached", price: 600_000_000n, follows: "input" }, { name: "output", price: 15_000_000_000n, follows: null }, { name: "web_search", price: 1_000_000_000n, follows: null }] },
      { above: 200, prices: [{ name: "input", price: 6_000_000_000n, follows: null }, { name: "cached", price: 600_000_000n, follows: null }, { name: "web_search", price: 1_000_000_000n, follows: null }] },
    ]);
    expect(listUnnamed({ match: "m", input: 3 })).toEqual([]);
  });
});

test("an amount is read to the billionth, as a number or a text", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (amount) => {
      const digits = String(amount).padStart(10, "0");
      expect(billionths(`${digits.slice(0, -9)}.${digits.slice(-9)}`)).toBe(amount);
    }),
  );
  expect([3, "3", "3.00", 0.1, 1e-9, "0.000000001", 12.5].map(billionths)).toEqual([3_000_000_000n, 3_000_000_000n, 3_000_000_000n, 100_000_000n, 1n, 1n, 12_500_000_000n]);
});
