import { describe, expect, test } from "vitest";
import { sumEstimates } from "../../src/prices/drift/estimate-sums.ts";
import { findDrift, type ModelDrift } from "../../src/prices/drift/find-drift.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { type UsageRow, usageRow, withUsageRows } from "./usage-rows.ts";

/** $3 a million tokens of input is 3,000 nanodollars a token; $15 of output 15,000; searches are a cent each. */
const LIST: PriceEntry[] = [{ match: "m", input: 3, output: 15, cached: 0.3, web_search: 0.01 }];

async function drift(rows: readonly UsageRow[], list: readonly PriceEntry[] = LIST): Promise<ModelDrift[]> {
  return findDrift(await withUsageRows(rows, (duck, of) => sumEstimates(duck, of, { list: compilePriceList(list, "UTC"), gateway: [] })));
}

/** An estimate of so many tokens of input and output at these rates, in nanodollars a token. */
function estimated(input: number, output: number, [inputRate, outputRate]: [number, number], of: Partial<UsageRow> = {}): UsageRow {
  return usageRow({ tokens: { input_tokens: input, output_tokens: output }, cost: BigInt(input * inputRate + output * outputRate), ...of });
}

describe("the gateway's estimates beside the list", () => {
  test("drift by nothing where they follow the list", async () => {
    const [model] = await drift([estimated(1000, 100, [3000, 15_000]), estimated(500, 700, [3000, 15_000])]);
    expect(model).toMatchObject({ provider: "p", model: "m", requests: 2n, differing: 0n, agreeingApart: 0n, recorded: 16_500_000n, listed: 16_500_000n, drift: 0n });
    expect(model?.uncovered).toEqual({ requests: 0n, recorded: 0n });
    expect(model?.prices).toHaveLength(1);
    expect(model?.prices[0]?.types).toEqual([
      { type: "input", tokens: 1500n, listed: 3_000_000_000n, implied: 3_000_000_000n, drift: 0n },
      { type: "output", tokens: 800n, listed: 15_000_000_000n, implied: 15_000_000_000n, drift: 0n },
    ]);
  });

  test("say the rate that they follow instead, and what it makes of all tokens", async () => {
    const paid: [number, number] = [2500, 16_000];
    const [model] = await drift([estimated(1000, 100, paid), estimated(500, 700, paid), estimated(20, 9, paid)]);
    expect(model).toMatchObject({ requests: 3n, differing: 3n, recorded: 1520n * 2500n + 809n * 16_000n, listed: 1520n * 3000n + 809n * 15_000n });
    expect(model?.drift).toBe(809n * 1000n - 1520n * 500n);
    expect(model?.prices[0]?.types).toEqual([
      { type: "input", tokens: 1520n, listed: 3_000_000_000n, implied: 2_500_000_000n, drift: -1520n * 500n },
      { type: "output", tokens: 809n, listed: 15_000_000_000n, implied: 16_000_000_000n, drift: 809n * 1000n },
    ]);
  });

  test("say no rate where the records do not tell it", async () => {
    const [model] = await drift([estimated(1000, 100, [2500, 16_000]), estimated(2000, 200, [2500, 16_000])]);
    expect(model?.prices[0]?.types.map(({ type, implied, drift: of }) => [type, implied, of])).toEqual([["input", null, null], ["output", null, null]]);
  });

  test("say no rate where amounts scatter by more than a tenth of it", async () => {
    const scattered = [1, 2, 3, 4].map((n) => usageRow({ tokens: { input_tokens: 1000 }, cost: BigInt(n) * 1_000_000n }));
    const [model] = await drift(scattered);
    expect(model?.prices[0]?.types).toMatchObject([{ type: "input", implied: null }]);
    const close = [99, 100, 101, 100].map((n) => usageRow({ tokens: { input_tokens: 1000 }, cost: BigInt(n) * 100_000n }));
    const [tight] = await drift(close);
    expect(tight?.prices[0]?.types).toMatchObject([{ type: "input", implied: 10_000_000_000n, drift: 4000n * 7000n }]);
  });

  test("a nanodollar beside the list is rounding, two are a difference", async () => {
    const at = (off: bigint): UsageRow => usageRow({ tokens: { input_tokens: 1000 }, cost: 3_000_000n + off });
    const [model] = await drift([at(-2n), at(-1n), at(0n), at(1n), at(2n)]);
    expect(model).toMatchObject({ requests: 5n, differing: 2n, agreeingApart: 0n });
  });

  test("that count no part within another agree apart", async () => {
    const cached = (cost: bigint): UsageRow => usageRow({ apiType: "oai_completions", tokens: { input_tokens: 1000, cached_tokens: 400 }, cost });
    // By the list 600 of input and 400 cached; counted apart 1,000 and 400.
    const [model] = await drift([cached(1_920_000n), cached(3_120_000n), cached(3_120_001n), cached(3_120_002n)]);
    expect(model).toMatchObject({ differing: 3n, agreeingApart: 2n });
  });

  test("of searches are rates of one search", async () => {
    const searched = [1, 2, 5].map((n) => usageRow({ tokens: { web_searches: n, input_tokens: 10 * n * n }, cost: BigInt(n) * 20_000_000n + 30_000n * BigInt(n * n) }));
    const [model] = await drift(searched);
    expect(model?.prices[0]?.types).toEqual([
      { type: "input", tokens: 300n, listed: 3_000_000_000n, implied: 3_000_000_000n, drift: 0n },
      { type: "web_search", tokens: 8n, listed: 10_000_000n, implied: 20_000_000n, drift: 80_000_000n },
    ]);
  });

  test("of what the list has no price for stand apart, and models are in order", async () => {
    const models = await drift([
      estimated(1000, 0, [3000, 0], { provider: "z" }),
      estimated(1000, 0, [3000, 0], { model: "unlisted", recorded: "p/unlisted" }),
      estimated(7, 0, [3000, 0], { model: "unlisted", recorded: "p/unlisted", at: "2026-10-06T12:00:00Z" }),
      estimated(1000, 0, [4000, 0]),
      usageRow({ tokens: { input_tokens: 5 } }),
      estimated(9, 0, [3000, 0], { source: "price_list" }),
      estimated(9, 0, [3000, 0], { at: "2026-09-30T23:59:59Z" }),
      estimated(9, 0, [3000, 0], { at: "2026-11-01T00:00:00Z" }),
    ]);
    expect(models.map(({ provider, model, requests, uncovered }) => [provider, model, requests, uncovered.requests, uncovered.recorded])).toEqual([
      ["p", "m", 1n, 0n, 0n],
      ["p", "unlisted", 0n, 2n, 3_021_000n],
      ["z", "m", 1n, 0n, 0n],
    ]);
    expect(models.map(({ prices }) => prices.length)).toEqual([1, 0, 1]);
  });

  test("are set beside each price by itself: by tier, entry and dialect", async () => {
    const tiered: PriceEntry[] = [{ match: "m", input: 3, tiers: [{ above: 1000, input: 6 }] }, { match: "m", from: "2026-10-10", input: 9 }];
    const [model] = await drift(
      [
        estimated(1000, 0, [3000, 0]),
        estimated(1001, 0, [6000, 0]),
        estimated(10, 0, [9000, 0], { at: "2026-10-10T00:00:00Z" }),
        estimated(10, 0, [3000, 0], { at: "2026-10-09T23:59:59Z", apiType: "oai_completions" }),
      ],
      tiered,
    );
    expect(model?.prices.map(({ apiType, version, requests, differing }) => [apiType, version, requests, differing])).toEqual([
      ["ant_messages", "m from 2026-10-10; counts anthropic", 1n, 0n],
      ["ant_messages", "m; above 1000; counts anthropic", 1n, 0n],
      ["ant_messages", "m; counts anthropic", 1n, 0n],
      ["oai_completions", "m; counts openai", 1n, 0n],
    ]);
  });
});
