import { describe, expect, test } from "vitest";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { costOf } from "./price-requests.ts";

describe("what a tier does not name", () => {
  const usage = { input_tokens: 0, output_tokens: 0, cached_tokens: 0, cache_creation_input_tokens: 0, cache_creation_1h_input_tokens: 0, reasoning_tokens: 0, image_input_tokens: 0 };
  const entry = { input: 3, output: 15, cached: "0.30", cache_write_5m: 3.75, cache_write_1h: 6, reasoning: 30, image_input: 9, web_search: 0.01 };
  const cost = async (counts: Record<string, number>, tier: object): Promise<string | null> =>
    await costOf({ api_type: "ant_messages", usage: { ...usage, ...counts } }, { ...entry, tiers: [{ above: 1, ...tier }] });

  test.each([
    ["cached", { cached_tokens: 1000 }, "0.000600000"],
    ["cache_write_5m", { cache_creation_input_tokens: 1000 }, "0.007500000"],
    ["cache_write_1h", { cache_creation_input_tokens: 1000, cache_creation_1h_input_tokens: 1000 }, "0.012000000"],
    ["image_input", { input_tokens: 1000, image_input_tokens: 1000 }, "0.018000000"],
  ])("follows the input that it names by the same ratio: %s", async (name, counts, doubled) => {
    expect(await cost(counts, { input: 6 })).toBe(doubled);
    expect(await cost(counts, { input: 6, [name]: 1 })).toBe("0.001000000");
    expect(await cost(counts, { output: 30 })).toBe(`0.${String(Number(doubled.slice(2)) / 2).padStart(9, "0")}`);
  });

  test("follows the output that it names by the same ratio: reasoning", async () => {
    // 2 for the input, 50 × 22.5 of output and 50 × 45 of reasoning
    expect(await cost({ input_tokens: 2, output_tokens: 100, reasoning_tokens: 50 }, { input: 1, output: 22.5 })).toBe("0.003377000");
  });

  test("stays where it follows nothing: searches, and an input or an output that is not named", async () => {
    expect(await cost({ input_tokens: 2, web_search_count: 3 }, { cached: 1 })).toBe("0.030006000");
  });

  test("follows exactly where the ratio is no decimal number, rounded with the request", async () => {
    // 0.30 × 7 ÷ 3 = 0.7 $, and 3.75 × 1 ÷ 3 = 1.25 $ per million
    expect(await cost({ cached_tokens: 1000 }, { input: 7 })).toBe("0.000700000");
    expect(await cost({ cache_creation_input_tokens: 1000 }, { input: 1 })).toBe("0.001250000");
    // 1 × 2 ÷ 3 $ per million: 666.67 nanodollars a thousand tokens, 666,666.67 a million
    const thirds = (cached_tokens: number): Promise<string | null> =>
      costOf({ api_type: "ant_messages", usage: { cached_tokens } }, { input: 3, cached: 1, tiers: [{ above: 1, input: 2 }] });
    expect([await thirds(1000), await thirds(1_000_000), await thirds(3_000_000_000)]).toEqual(["0.000666667", "0.666666667", "2000.000000000"]);
  });

  test("keeps its ratio over a tier whose input is free, through which no other ratio can be told", async () => {
    const cached = (input_tokens: number, tiers: object[]): Promise<string | null> =>
      costOf({ api_type: "ant_messages", usage: { input_tokens, cached_tokens: 1000 } }, { input: 3, cached: 0.3, tiers: tiers as PriceEntry["tiers"] });
    const tiers = [{ above: 2000, input: 0 }, { above: 3000, input: 0 }, { above: 4000, input: 12 }];
    // free above 2,000 tokens; above 4,000: 3,001 × 12 + 1,000 × 1.20 µ$
    expect([await cached(1001, tiers), await cached(2001, tiers), await cached(3001, tiers)]).toEqual(["0.000000000", "0.000000000", "0.037212000"]);
    // a price that a free tier names is that tier's own
    expect(await cached(3001, [{ above: 2000, input: 0, cached: 5 }, { above: 4000, input: 12 }])).toBe("0.037212000");
    // but a price that has no ratio anywhere stays
    const first = { input: 3, tiers: [{ above: 1, input: 0, cached: 5 }, { above: 1000, input: 12 }] };
    expect(await costOf({ api_type: "ant_messages", usage: { cached_tokens: 2000 } }, first)).toBe("0.010000000");
  });

  test("goes from tier to tier, and stays where the input below it is free", async () => {
    const tiers = [{ above: 1, input: 6, cached: 1 }, { above: 1000, input: 12 }];
    expect(await costOf({ api_type: "ant_messages", usage: { cached_tokens: 2000 } }, { input: 3, cached: 0.3, tiers })).toBe("0.004000000");
    expect(await costOf({ api_type: "ant_messages", usage: { cached_tokens: 2000 } }, { input: 0, cached: 0.3, tiers: [{ above: 1, input: 12 }] })).toBe("0.000600000");
  });
});
