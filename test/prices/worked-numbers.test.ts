import { describe, expect, test } from "vitest";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compileProviderCounts, declaredCounts } from "../../src/prices/list/provider-counts.ts";
import { costOf, priceRequests } from "./price-requests.ts";

const SONNET = { input: 3, output: 15, cached: "0.30", cache_write_5m: 3.75, cache_write_1h: 6 };
const ALL_COUNTS = {
  input_tokens: 10_000,
  output_tokens: 2000,
  cached_tokens: 4000,
  cache_creation_input_tokens: 1000,
  cache_creation_5m_input_tokens: 600,
  cache_creation_1h_input_tokens: 400,
  reasoning_tokens: 500,
};

describe("what a request's counts include", () => {
  test.each([
    // 10,000 × 3 + 4,000 × 0.30 + 600 × 3.75 + 400 × 6 + 2,000 × 15, reasoning being part of the output = 65,850 µ$
    ["ant_messages", "0.065850000"],
    ["bedrock_model_invoke", "0.065850000"],
    ["bedrock_converse", "0.065850000"],
    ["vertex_raw_predict", "0.065850000"],
    // (10,000 - 4,000 - 1,000) × 3 + 4,000 × 0.30 + 600 × 3.75 + 400 × 6 + 2,000 × 15 = 50,850 µ$
    ["oai_completions", "0.050850000"],
    ["oai_responses", "0.050850000"],
    [undefined, "0.050850000"],
    ["something_new", "0.050850000"],
    // The same, but 500 of reasoning beside the 2,000 of output: + 500 × 15 = 58,350 µ$
    ["gemini_generate_content", "0.058350000"],
    ["vertex_generate_content", "0.058350000"],
  ])("%s: $%s", async (apiType, cost) => {
    expect(await costOf({ ...(apiType && { api_type: apiType }), usage: ALL_COUNTS }, SONNET)).toBe(cost);
  });

  test("a part that is larger than the whole it is said to be within leaves the request unpriced, and says why", async () => {
    const usage = { input_tokens: 100, cached_tokens: 5000, output_tokens: 10, reasoning_tokens: 30 };
    const [priced] = await priceRequests([{ model: "m", api_type: "oai_completions", usage }], [{ match: "m", ...SONNET }]);
    expect(priced).toMatchObject({ cost_usd: null, cost_source: "none", cost_basis: null, price_version: "m; counts openai, contradicted" });
    // 100 × 3 + 5,000 × 0.30 + 10 × 15 + 30 × 15 = 2,400 µ$
    expect(await costOf({ api_type: "oai_completions", usage }, { ...SONNET, counts: { cached: "beside", reasoning: "beside" } })).toBe("0.002400000");
  });

  test.each([
    // A part as large as the whole is within it: nothing is left over. 5,000 × 0.30 + 30 × 15
    [5000, 30, "0.001950000"],
    [4999, 30, null],
    [5000, 29, null],
  ])("with %i in and %i out, of which 5,000 cached and 30 of reasoning: $%s", async (input_tokens, output_tokens, cost) => {
    expect(await costOf({ api_type: "oai_completions", usage: { input_tokens, cached_tokens: 5000, output_tokens, reasoning_tokens: 30 } }, SONNET)).toBe(cost);
  });

  test.each([
    ["xai", "oai_completions", "counts xai"],
    ["x-ai", "oai_completions", "counts xai"],
    ["xai", "oai_responses", "counts openai"],
    ["xai", "ant_messages", "counts anthropic"],
    ["acme", "oai_completions", "counts openai"],
    ["anthropic", undefined, "counts anthropic"],
    ["openai", undefined, "counts openai"],
    ["google", "something_new", "counts gemini"],
    ["x.ai", "oai_completions", "counts xai"],
    // its two dialects count differently, so nothing is known where none is recorded
    ["xai", undefined, "counts: assumed"],
    ["bedrock", undefined, "counts bedrock"],
    ["vertex", "vertex_streamRawPredict", "counts vertex-partner"],
    ["deepseek", "ant_messages", "counts anthropic"],
    ["deepseek", undefined, "counts deepseek"],
    ["openrouter", undefined, "counts openrouter"],
    ["acme", undefined, "counts: assumed"],
    ["acme", "something_new", "counts: assumed"],
  ])("are told by the provider %s and the dialect %s: %s", async (provider, api_type, counts) => {
    const [priced] = await priceRequests([{ model: `${provider}/m`, ...(api_type && { api_type }), usage: { input_tokens: 1 } }], [{ match: "m", input: 1 }]);
    expect(priced!.price_version).toBe(`m; ${counts}`);
  });

  test("are what an entry declares, part by part, else what is declared of the provider, else the built-in rule", async () => {
    const usage = { input_tokens: 1000, cached_tokens: 400, output_tokens: 100, reasoning_tokens: 50 };
    const declared = { counts: [{ provider: "p*", counts: { cached: "beside", reasoning: "within" } }, { provider: "**", counts: { cached: "within" } }] } as const;
    const entries: PriceEntry[] = [{ match: "a", input: 1, output: 10, counts: { reasoning: "beside" } }, { match: "*", input: 1, output: 10 }];
    const priced = await priceRequests(["p/a", "p/b", "q/a", "q/b"].map((model) => ({ model, api_type: "oai_completions", usage })), entries, declared);
    expect(priced.map(({ cost_usd, price_version }) => [cost_usd, price_version])).toEqual([
      ["0.002900000", "a; counts openai, cached beside input, reasoning beside output"],
      ["0.002400000", "*; counts openai, cached beside input, reasoning within output"],
      ["0.002500000", "a; counts openai, cached within input, reasoning beside output"],
      ["0.002000000", "*; counts openai, cached within input"],
    ]);
  });

  test("are declared of a provider by its name before its patterns, and by the pattern further up before the others, part by part", () => {
    const counts = compileProviderCounts([
      { provider: "*", counts: { cached: "beside", reasoning: "beside", image_input: "beside" } },
      { provider: "p*", from: "2026-10-05", counts: { cached: "within", cache_writes: "within" } },
      { provider: "p", counts: { reasoning: "within" } },
      { provider: "p", from: "2026-10-05", counts: { image_input: "within" } },
    ], "UTC");
    const before = Date.parse("2026-10-04T23:59:59Z");
    const after = Date.parse("2026-10-05T00:00:00Z");
    expect(declaredCounts(counts, "p", before)).toEqual({ cached: "beside", reasoning: "within", image_input: "beside" });
    expect(declaredCounts(counts, "p", after)).toEqual({ cached: "beside", reasoning: "beside", image_input: "within", cache_writes: "within" });
    expect(declaredCounts(counts, "q", after)).toEqual({ cached: "beside", reasoning: "beside", image_input: "beside" });
  });

  test("are as declared from the day on that it says", async () => {
    const declared = { counts: [{ provider: "p", counts: { reasoning: "within" } }, { provider: "p", from: "2026-10-05", counts: { reasoning: "beside" } }] } as const;
    const requests = ["2026-10-04T23:59:59Z", "2026-10-05T00:00:00Z"].map((at) => ({ model: "p/m", at, usage: { output_tokens: 100, reasoning_tokens: 50 } }));
    const priced = await priceRequests(requests, [{ match: "m", input: 1, output: 10 }], declared);
    expect(priced.map(({ cost_usd }) => cost_usd)).toEqual(["0.001000000", "0.001500000"]);
  });

  test("are assumed no longer where all is declared", async () => {
    const counts = { cached: "within", cache_writes: "within", image_input: "within", reasoning: "within", image_output: "within" } as const;
    const [priced] = await priceRequests([{ model: "m", usage: { input_tokens: 1 } }], [{ match: "m", input: 1, counts }]);
    expect(priced!.price_version).toBe("m; counts cached within input, cache writes within input, images within input, reasoning within output, images within output");
  });

  test("images are part of both sides and have prices of their own", async () => {
    // (1,000 - 200) × 5 + 200 × 10 + (500 - 400) × 20 + 400 × 40 = 24,000 µ$
    const usage = { input_tokens: 1000, image_input_tokens: 200, output_tokens: 500, image_output_tokens: 400 };
    const prices = { input: 5, image_input: 10, output: 20, image_output: 40 };
    expect(await costOf({ api_type: "oai_responses", usage }, prices)).toBe("0.024000000");
  });

  test("cache writes beyond those of five minutes and an hour are of five minutes", async () => {
    // 300 × 6 + (1,000 - 300) × 3.75 = 4,425 µ$, though only 100 are said to be of five minutes
    const usage = { cache_creation_input_tokens: 1000, cache_creation_5m_input_tokens: 100, cache_creation_1h_input_tokens: 300 };
    expect(await costOf({ api_type: "ant_messages", usage }, SONNET)).toBe("0.004425000");
  });
});

describe("a price that is not given", () => {
  test("is that of input for what is read, written and shown, and that of output for thought and drawn", async () => {
    // Anthropic's counting: (1,000 + 100 + 60 + 40) × 2 + 500 × 8, of which 50 reasoning and 20 images = 6,400 µ$
    const usage = {
      input_tokens: 1000, cached_tokens: 100, cache_creation_5m_input_tokens: 60, cache_creation_1h_input_tokens: 40,
      cache_creation_input_tokens: 100, image_input_tokens: 5, output_tokens: 500, reasoning_tokens: 50, image_output_tokens: 20,
    };
    expect(await costOf({ api_type: "ant_messages", usage }, { input: 2, output: 8 })).toBe("0.006400000");
  });

  test("of output or searches leaves requests that have them unpriced, and no others", async () => {
    expect(await costOf({ usage: { input_tokens: 10 } }, { input: 2 })).toBe("0.000020000");
    expect(await costOf({ usage: { input_tokens: 10, output_tokens: 1 } }, { input: 2 })).toBeNull();
    expect(await costOf({ usage: { input_tokens: 10, reasoning_tokens: 1 } }, { input: 2 })).toBeNull();
    expect(await costOf({ usage: { input_tokens: 10, web_search_count: 1 } }, { input: 2, output: 8 })).toBeNull();
  });
});

test("web searches are priced each, also by themselves", async () => {
  // 3 × 0.01, and 1,000 × 2 µ$ + 3 × 0.01
  expect(await costOf({ usage: { web_search_count: 3 } }, { input: 2, web_search: 0.01 })).toBe("0.030000000");
  expect(await costOf({ usage: { input_tokens: 1000, web_search_count: 3 } }, { input: 2, web_search: "0.01" })).toBe("0.032000000");
});

describe("tiers", () => {
  const entry = { input: 1, cached: 0.1, output: 10, tiers: [{ above: 400_000, output: 30 }, { above: 200_000, input: 2, output: 20 }] };

  test.each([
    // up to the border: 150,000 × 1 + 50,000 × 0.1 + 100 × 10
    [150_000, "0.156000000"],
    // above it, for the whole request: 150,001 × 2 + 50,000 × 0.2 + 100 × 20; cached follows input, which is doubled
    [150_001, "0.312002000"],
    // above the second: its output, the first one's input: 350,001 × 2 + 50,000 × 0.2 + 100 × 30
    [350_001, "0.713002000"],
  ])("begin above their size, counted over the whole input side: %i fresh and 50,000 cached", async (input, cost) => {
    const usage = { input_tokens: input, cached_tokens: 50_000, output_tokens: 100 };
    expect(await costOf({ api_type: "ant_messages", usage }, entry)).toBe(cost);
  });

  test("count no token twice where input includes the cached ones, and are named in the version", async () => {
    const usage = (input: number): Record<string, number> => ({ input_tokens: input, cached_tokens: 50_000, output_tokens: 100 });
    const priced = await priceRequests(
      [{ model: "m", api_type: "oai_completions", usage: usage(200_000) }, { model: "m", api_type: "oai_completions", usage: usage(200_001) }],
      [{ match: "m", ...entry }],
    );
    expect(priced.map(({ cost_usd, price_version }) => [cost_usd, price_version])).toEqual([
      ["0.156000000", "m; counts openai"],
      ["0.312002000", "m; above 200000; counts openai"],
    ]);
  });
});

describe("rounding", () => {
  test.each([
    // 0.0005 $ per million is 0.5 nanodollars a token: half goes up, once a request
    [1, "0.000000001"], [2, "0.000000001"], [3, "0.000000002"], [5, "0.000000003"],
  ])("%i tokens of half a nanodollar are $%s", async (tokens, cost) => {
    expect(await costOf({ usage: { input_tokens: tokens } }, { input: "0.0005" })).toBe(cost);
  });

  test("is done once over all that a request is billed for", async () => {
    // 0.4 + 0.4 + 0.4 nanodollars are 1.2
    const usage = { input_tokens: 1, cached_tokens: 1, output_tokens: 1 };
    expect(await costOf({ api_type: "ant_messages", usage }, { input: "0.0004", output: "0.0004" })).toBe("0.000000001");
  });

  test("comes after the adjustment", async () => {
    // 1,000 × 3 × 1.1 µ$
    expect(await costOf({ usage: { input_tokens: 1000 } }, { input: 3, adjustment: 1.1 })).toBe("0.003300000");
    // 3 × 0.1 × 1.666666667 nanodollars a token × 1,000 = 500.0000001 → 500
    expect(await costOf({ usage: { input_tokens: 1000 } }, { input: "0.0003", adjustment: "1.666666667" })).toBe("0.000000500");
  });
});

describe("what no price can be true of", () => {
  test("a count beyond any true one stays unpriced, and its neighbours do not", async () => {
    const requests = [10 ** 12, 10 ** 12 + 1, 2 ** 53 - 1, 5].map((input_tokens) => ({ model: "m", usage: { input_tokens } }));
    const priced = await priceRequests(requests, [{ match: "m", input: 1 }]);
    expect(priced.map(({ cost_usd }) => cost_usd)).toEqual(["1000000.000000000", null, null, "0.000005000"]);
    expect(priced.map(({ cost_source }) => cost_source)).toEqual(["price_list", "none", "none", "price_list"]);
  });

  test("a cost that would not fit the table stays unpriced", async () => {
    // 10^12 × 999.999999999 $ per million is 999,999,999.999 $; times 1,000 $ is a billion
    expect(await costOf({ usage: { input_tokens: 10 ** 12 } }, { input: "999.999999999" })).toBe("999999999.999000000");
    expect(await costOf({ usage: { input_tokens: 10 ** 12 } }, { input: 1000 })).toBeNull();
    expect(await costOf({ usage: { web_search_count: 2 ** 53 - 1, input_tokens: 2 ** 53 - 1 } }, { input: 1_000_000, web_search: 1000, adjustment: 1000 })).toBeNull();
  });

  test("every count at its largest at once does not keep the day from being built", async () => {
    const most = 2 ** 53 - 1;
    const usage = {
      input_tokens: most, output_tokens: most, cached_tokens: most, cache_creation_input_tokens: most, cache_creation_5m_input_tokens: most,
      cache_creation_1h_input_tokens: most, reasoning_tokens: most, image_input_tokens: most, image_output_tokens: most, web_search_count: most,
    };
    const entry = { input: 1_000_000, output: 1_000_000, web_search: 1000 };
    for (const apiType of ["ant_messages", "oai_completions", "gemini_x"]) expect(await costOf({ api_type: apiType, usage }, entry)).toBeNull();
  });
});

test("nothing counted is nothing to price, and an estimate stays as recorded", async () => {
  const priced = await priceRequests(
    [
      { model: "m", usage: {} },
      { model: "m", usage: { input_tokens: 1000 }, dollars: 0.25, cost_basis: "anthropic/m" },
      { model: "m", usage: { input_tokens: 1000 }, dollars: 0 },
      { model: "other", usage: { input_tokens: 1000 } },
    ],
    [{ match: "m", input: 1 }],
  );
  expect(priced).toEqual([
    { cost_usd: null, cost_source: "none", cost_basis: null, price_version: null, billing: "metered" },
    { cost_usd: "0.250000000", cost_source: "aperture", cost_basis: "anthropic/m", price_version: null, billing: "metered" },
    { cost_usd: "0.000000000", cost_source: "aperture", cost_basis: null, price_version: null, billing: "metered" },
    { cost_usd: null, cost_source: "none", cost_basis: null, price_version: null, billing: "metered" },
  ]);
});
