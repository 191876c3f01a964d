import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pricingByTime, timesInForce } from "../../src/prices/list/gateway-times.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList, entriesInForce, startOfEntry } from "../../src/prices/list/price-list.ts";
import { listPriceRows, type Prices, startsWithin } from "../../src/prices/list/price-rows.ts";
import { digestPrices } from "../../src/prices/list/pricing-digest.ts";
import { compileProviderCounts, countsInForce, declaredCounts, freezeCounts } from "../../src/prices/list/provider-counts.ts";
import { listTriedNames, type PricedModel, resolvePrice } from "../../src/prices/list/resolve-price.ts";
import { describeCounts, findTokenRule } from "../../src/prices/list/token-rules.ts";
import { NO_TERMS } from "../../src/ledger/usage/terms.ts";
import { provider } from "./price-requests.ts";

const FROM = Date.parse("2026-10-05");
const TO = Date.parse("2026-10-06");
const MODEL: PricedModel = { provider: "p", model: "m", model_recorded: "p/m-20250929", api_type: "ant_messages", cost_basis: null, ...NO_TERMS };
const ENTRY: PriceEntry = { match: "m", input: 3, output: 15, tiers: [{ above: 200, input: 6 }, { above: 100, input: 4 }] };

function pricesOf(list: readonly PriceEntry[], more: Partial<Prices> = {}): Prices {
  return { list: compilePriceList(list, "UTC"), gateway: [], ...more };
}

describe("the digest of what prices a day", () => {
  const digest = (list: readonly PriceEntry[], more: Partial<Prices> = {}): string => digestPrices(pricesOf(list, more), FROM, TO);
  const plain = digest([ENTRY]);

  test("is none where nothing has a price, and names its version otherwise", () => {
    expect(digest([])).toBe("none");
    expect(digest([{ ...ENTRY, from: "2026-10-06" }])).toBe("none");
    expect(plain).toMatch(/^v2-[0-9a-f]{32}$/);
  });

  test.each<[string, PriceEntry]>([
    ["amounts in another spelling", { ...ENTRY, input: "3.00", output: "15.0" }],
    ["tiers in another order", { ...ENTRY, tiers: [...(ENTRY.tiers ?? [])].reverse() }],
    ["an adjustment of 1", { ...ENTRY, adjustment: 1 }],
    ["no tiers left out", { ...ENTRY, billing: undefined }],
  ])("is the same of %s", (_, entry) => {
    expect(digest([entry])).toBe(plain);
  });

  test.each<[string, PriceEntry]>([
    ["another price", { ...ENTRY, input: 3.000_000_001 }],
    ["a price more", { ...ENTRY, cached: 3 }],
    ["another tier", { ...ENTRY, tiers: [{ above: 201, input: 6 }, { above: 100, input: 4 }] }],
    ["no tiers", { ...ENTRY, tiers: [] }],
    ["an adjustment", { ...ENTRY, adjustment: 1.1 }],
    ["who pays", { ...ENTRY, billing: "self_hosted" }],
    ["what counts include", { ...ENTRY, counts: { cached: "within" } }],
    ["the pattern", { ...ENTRY, match: "n" }],
    ["a term", { ...ENTRY, service_tier: "batch" }],
    ["a first day, which the version names", { ...ENTRY, from: "2026-10-01" }],
  ])("is another one for %s", (_, entry) => {
    expect(digest([entry])).not.toBe(plain);
  });

  test("depends on what begins within the day, and not on when what was in force before it began", () => {
    const begun = (at: string): string => digest([ENTRY], { gateway: [{ start: Date.parse(at), providers: [{ id: "p", costBasis: "q", modelCostMap: [] }] }] });
    expect(begun("2026-10-01")).toBe(begun("2026-10-05"));
    expect(begun("2026-10-05T00:00:00.001Z")).not.toBe(begun("2026-10-05"));
    expect(begun("2026-10-06")).toBe(plain);
    const counts = (from: string): string => digest([ENTRY], { counts: compileProviderCounts([{ provider: "p", from, counts: { cached: "beside" } }], "UTC") });
    expect(counts("2026-10-01")).toBe(counts("2026-10-05"));
    expect(counts("2026-10-01")).not.toBe(plain);
    expect(counts("2026-10-06")).toBe(plain);
    expect(digest([ENTRY, { ...ENTRY, match: "n" }])).not.toBe(digest([{ ...ENTRY, match: "n" }, ENTRY]));
  });
});

describe("what is in force", () => {
  const day = (index: number): string => `2026-10-${String(index).padStart(2, "0")}`;
  const dated = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 5 });

  test("within a time is what begins in it, and before that the last that began", () => {
    fc.assert(
      fc.property(dated, fc.boolean(), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 }), (days, always, first, length) => {
        const entries = [...(always ? [{ match: "m", input: 1 }] : []), ...days.map((index) => ({ match: "m", input: 1, from: day(index) }))];
        const [from, to] = [Date.parse(day(first)), Date.parse(day(first + length))];
        const starts = entries.map((entry) => startOfEntry("from" in entry ? entry.from : undefined, "UTC"));
        const expected = starts.filter((start) => start < to && !starts.some((other) => other > start && other <= from)).sort((a, b) => a - b);
        const found = entriesInForce(compilePriceList(entries, "UTC"), from, to);
        expect(found.flatMap((group) => group.entries.map(({ start }) => start))).toEqual(expected);
        expect(found).toHaveLength(expected.length === 0 ? 0 : 1);
        const counts = compileProviderCounts(entries.map((entry) => ({ provider: "p", from: "from" in entry ? entry.from : undefined, counts: {} })), "UTC");
        expect(countsInForce(counts, from, to).map(({ start }) => start)).toEqual(expected);
        const times = starts.toSorted((a, b) => a - b).map((start) => ({ start, providers: [] }));
        expect(timesInForce(times, from, to).map(({ start }) => start)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("begins anew at each change behind the start, each once", () => {
    expect(startsWithin([{ start: 5 }, { start: 3 }, { start: 5 }, { start: 2 }, { start: Number.NEGATIVE_INFINITY }, { start: 4 }], 3)).toEqual([3, 4, 5]);
    expect(startsWithin([], 3)).toEqual([3]);
  });
});

describe("what a gateway says of prices", () => {
  const kept = (taken_at: string, ...providers: ReturnType<typeof provider>[]): { taken_at: string; providers: ReturnType<typeof provider>[] } => ({ taken_at, providers });
  const based = provider("p", { costBasis: "q" });

  test("holds from when it was taken, the first for the time before as well; what says the same is no change", () => {
    const times = pricingByTime([kept("2026-10-01", based), kept("2026-10-02", based), kept("2026-10-03", provider("p")), kept("2026-10-04", provider("other"))]);
    expect(times).toEqual([
      { start: Number.NEGATIVE_INFINITY, providers: [{ id: "p", costBasis: "q", modelCostMap: [] }] },
      { start: Date.parse("2026-10-03"), providers: [] },
    ]);
  });

  test("is not known from before prices were read", () => {
    const old = { ...provider("p"), modelCostMap: undefined };
    expect(pricingByTime([kept("2026-10-01", old), kept("2026-10-02", based, old)])).toEqual([]);
    expect(pricingByTime([kept("2026-10-01", old), kept("2026-10-02", based)]).map(({ start }) => start)).toEqual([Number.NEGATIVE_INFINITY]);
    expect(pricingByTime([])).toEqual([]);
  });

  test("a rule alone is something that it says", () => {
    const rule = { match: "*", as: "x", adjustment: 1 };
    expect(pricingByTime([kept("2026-10-01", provider("p", { modelCostMap: [rule] }), provider("q"))])[0]?.providers).toEqual([{ id: "p", costBasis: undefined, modelCostMap: [rule] }]);
  });
});

describe("the rows of a model", () => {
  test("run from one change to the next, with the tiers of the entry in force", () => {
    const rows = listPriceRows([MODEL], pricesOf([ENTRY, { match: "m", from: "2026-10-05", input: 1 }, { match: "m", from: "2026-10-06", input: 2 }]), FROM - 1000, TO);
    expect(rows.map(({ from, to, tiers }) => [from - FROM, to - FROM, tiers.map(({ above, upTo, version }) => [above, upTo, version])])).toEqual([
      [-1000, 0, [[null, 100, "m; counts anthropic"], [100, 200, "m; above 100; counts anthropic"], [200, null, "m; above 200; counts anthropic"]]],
      [0, TO - FROM, [[null, null, "m from 2026-10-05; counts anthropic"]]],
    ]);
  });

  test("say the rule of the gateway in force, and none where the price is out of range or there is none", () => {
    const at = (start: number, as: string): { start: number; providers: { id: string; costBasis: undefined; modelCostMap: { match: string; as: string; adjustment: number }[] }[] } => ({
      start, providers: [{ id: "p", costBasis: undefined, modelCostMap: [{ match: "*", as, adjustment: 2 }] }],
    });
    const gateway = [at(FROM, "m"), at(FROM + 1000, "")];
    const versions = listPriceRows([MODEL], pricesOf([{ match: "m", input: 1 }], { gateway }), FROM, TO).flatMap(({ tiers }) => tiers.map(({ version }) => version));
    expect(versions).toEqual(["m; map * as m x2; counts anthropic", "m; map * x2; counts anthropic"]);
    expect(listPriceRows([MODEL], pricesOf([{ match: "m", input: 1e9 }]), FROM, TO)).toEqual([]);
    expect(listPriceRows([MODEL], pricesOf([{ match: "n", input: 1 }]), FROM, TO)).toEqual([]);
    expect(listPriceRows([MODEL], pricesOf([{ match: "m", input: 1, billing: "self_hosted" }]), FROM, TO)).toMatchObject([{ basis: "p/m", billing: "self_hosted" }]);
  });
});

describe("the entry for a model", () => {
  const find = (of: Partial<PricedModel>, patterns: readonly string[], gateway: ReturnType<typeof provider>[] = []): string | undefined => {
    const found = resolvePrice({ ...MODEL, ...of }, compilePriceList(patterns.map((match) => ({ match, input: 1 })), "UTC"), gateway, FROM);
    return found && `${found.entry.match} as ${found.basis}`;
  };

  test("is looked for by the recorded name, then by what stands behind its last slash, then by the plain name", () => {
    const of = { model: "gpt-4o", model_recorded: "p/a%2Fgpt-4o-2024-05-13" };
    const all = ["gpt-4o", "gpt-4o-2024-05-13", "a/gpt-4o-2024-05-13", "a%2Fgpt-4o-2024-05-13"];
    expect(find(of, all)).toBe("a/gpt-4o-2024-05-13 as a/gpt-4o-2024-05-13");
    expect(find(of, all.slice(0, 2))).toBe("gpt-4o-2024-05-13 as p/gpt-4o-2024-05-13");
    expect(find(of, all.slice(0, 1))).toBe("gpt-4o as p/gpt-4o");
    expect(find(of, all.slice(3))).toBe("a%2Fgpt-4o-2024-05-13 as p/a%2Fgpt-4o-2024-05-13");
    expect(find(of, ["other"])).toBeUndefined();
  });

  test("is looked for with every service that the model may be priced as", () => {
    expect(find({}, ["p/m"])).toBe("p/m as p/m");
    expect(find({ cost_basis: "q/whatever" }, ["q/m"])).toBe("q/m as q/m");
    expect(find({}, ["q/m"], [provider("p", { costBasis: "q" })])).toBe("q/m as q/m");
    expect(find({}, ["q/m"], [provider("other", { costBasis: "q" })])).toBeUndefined();
    expect(find({ model_recorded: "m" }, ["p/m"])).toBe("p/m as p/m");
  });

  test("is that of another model where the first rule that matches says so, by any spelling of it", () => {
    const mapped = (...rules: [match: string, as: string][]): ReturnType<typeof provider>[] => [provider("p", { modelCostMap: rules.map(([match, as]) => ({ match, as, adjustment: 1 })) })];
    expect(find({}, ["m", "x"], mapped(["m-*", "x"], ["*", "y"]))).toBe("x as p/x");
    expect(find({}, ["m", "x"], mapped(["n-*", "x"]))).toBe("m as p/m");
    expect(find({}, ["x-20250929", "x"], mapped(["*", "q/x-20250929"]))).toBe("x-20250929 as p/x-20250929");
    expect(find({}, ["x"], mapped(["*", "q/x-20250929"]))).toBe("x as p/x");
    expect(find({}, ["m"], mapped(["*", ""]))).toBe("m as p/m");
  });

  test("has all its names listed, each spelling and each service", () => {
    expect(listTriedNames({ ...MODEL, cost_basis: "q/x" }, [])).toEqual(["m-20250929", "m-20250929", "p/m-20250929", "q/m-20250929", "p/m-20250929", "q/m-20250929", "m-20250929", "p/m-20250929", "q/m-20250929", "m", "p/m", "q/m"]);
  });
});

describe("how counts are read", () => {
  const of = (providerName: string, api_type: string | null) => findTokenRule({ provider: providerName, api_type });

  test.each([
    ["xai", "oai_completions", "xai"], ["x-ai", "oai_chat", "xai"], ["xai", "oai_responses", "openai"], ["xai", "ant_messages", "anthropic"], ["other", "oai_completions", "openai"],
    ["other", "gemini_generate", "gemini"], ["other", "bedrock_converse", "bedrock"], ["other", "vertex_rawPredict", "vertex-partner"], ["other", "vertex_stream_raw_predict", "vertex-partner"],
    ["other", "vertex_generate", "vertex"], ["Anthropic", null, "anthropic"], ["openai", "unknown", "openai"], ["google", null, "gemini"], ["gemini", null, "gemini"], ["bedrock", null, "bedrock"],
    ["deepseek", null, "deepseek"], ["openrouter", null, "openrouter"], ["house", null, "assumed"], ["anthropic-eu", null, "assumed"], ["other", "x_ant_messages", "assumed"],
  ])("of %s in %s is the rule %s", (providerName, apiType, name) => {
    expect(of(providerName, apiType).name).toBe(name);
  });

  test.each([
    ["anthropic", [false, false, true, true, true]], ["openai", [true, true, true, true, true]], ["gemini", [true, true, true, false, true]], ["bedrock", [false, false, true, true, true]],
    ["deepseek", [true, true, true, true, true]],
  ])("of %s is within the whole as its makers say", (name, within) => {
    const rule = of(name, null);
    expect([rule.cachedInInput, rule.cacheWritesInInput, rule.imagesInInput, rule.reasoningInOutput, rule.imagesInOutput]).toEqual(within);
  });

  test("is what was declared first of each part, and the rule's own name only where a part is left to it", () => {
    const rule = findTokenRule({ provider: "anthropic", api_type: null }, { cached: "within" }, undefined, { cached: "beside", reasoning: "beside", image_output: "within" });
    expect(rule).toEqual({ name: "anthropic, cached within input, reasoning beside output, images within output", cachedInInput: true, cacheWritesInInput: false, imagesInInput: true, reasoningInOutput: false, imagesInOutput: true });
    const all = findTokenRule({ provider: "house", api_type: null }, { cached: "beside", cache_writes: "beside", image_input: "beside", reasoning: "within", image_output: "beside" });
    expect(describeCounts(all)).toBe("counts cached beside input, cache writes beside input, images beside input, reasoning within output, images beside output");
    expect(describeCounts(of("house", null))).toBe("counts: assumed");
    expect(describeCounts(findTokenRule({ provider: "house", api_type: null }, { cached: "beside" }))).toBe("counts: assumed, cached beside input");
    expect(describeCounts(of("openai", null))).toBe("counts openai");
  });

  test("is declared by provider: by its own name before a pattern, part by part, from its first day on", () => {
    const counts = compileProviderCounts(
      [
        { provider: "h*", counts: { cached: "within", reasoning: "within" } },
        { provider: "house", counts: { cached: "beside" } },
        { provider: "house", from: "2026-10-06", counts: { image_input: "beside" } },
      ],
      "UTC",
    );
    expect(declaredCounts(counts, "house", FROM)).toEqual({ cached: "beside", reasoning: "within" });
    expect(declaredCounts(counts, "house", TO - 1)).toEqual({ cached: "beside", reasoning: "within" });
    expect(declaredCounts(counts, "house", TO)).toEqual({ cached: "within", reasoning: "within", image_input: "beside" });
    expect(declaredCounts(counts, "hotel", TO)).toEqual({ cached: "within", reasoning: "within" });
    expect(declaredCounts(counts, "other", TO)).toEqual({});
    expect(freezeCounts(counts)).toEqual([
      { provider: "h*", counts: { cached: "within", reasoning: "within" } },
      { provider: "house", counts: { cached: "beside" } },
      { provider: "house", from: "2026-10-06", counts: { image_input: "beside" } },
    ]);
  });
});
