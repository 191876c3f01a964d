import { expect, test } from "vitest";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { type CachedModel, sumCacheSavings } from "../../src/prices/sums/cache-savings.ts";
import { type UsageRow, usageRow, withUsageRows } from "./usage-rows.ts";

async function savings(rows: readonly UsageRow[], list: readonly PriceEntry[]): Promise<CachedModel[]> {
  return await withUsageRows(rows, (duck, of) => sumCacheSavings(duck, of, { list: compilePriceList(list, "UTC"), gateway: [] }));
}

const LIST: PriceEntry[] = [{ match: "m", input: 3, cached: 0.3, cache_write_5m: 3.75, cache_write_1h: 6 }];

test("reading saves what input costs more, and writing costs what it is dearer", async () => {
  const tokens = { input_tokens: 5, cached_tokens: 1000, cache_write_tokens: 300, cache_write_1h_tokens: 100 };
  expect(await savings([usageRow({ tokens })], LIST)).toEqual([
    { provider: "p", model: "m", billing: "metered", cachedTokens: 1000n, saved: 1000n * 2700n - 200n * 750n - 100n * 3000n },
  ]);
});

test("writing alone saves less than nothing, and what follows the input saves nothing", async () => {
  const written = usageRow({ tokens: { cache_write_5m_tokens: 100 } });
  expect(await savings([written], LIST)).toMatchObject([{ cachedTokens: 0n, saved: -75_000n }]);
  expect(await savings([written, usageRow({ tokens: { cached_tokens: 7 } })], [{ match: "m", input: 3 }])).toMatchObject([{ cachedTokens: 7n, saved: 0n }]);
});

test("each request counts by the entry and the tier of its time, and is rounded with all others", async () => {
  const list: PriceEntry[] = [{ match: "m", input: "0.0001", cached: 0, tiers: [{ above: 6, input: "0.001", cached: 0 }] }, { match: "m", from: "2026-10-10", input: 5, cached: 1 }];
  const cached = (count: number, at?: string): UsageRow => usageRow({ tokens: { cached_tokens: count }, ...(at === undefined ? {} : { at }) });
  // 0.1 nanodollars a token up to six tokens, 1 above, 4,000 from the 10th on: 0.5 + 0.6 + 7, and 4,000.
  expect(await savings([cached(5), cached(6), cached(7), cached(1, "2026-10-10T00:00:00Z")], list)).toMatchObject([{ cachedTokens: 19n, saved: 4008n }]);
});

test("models stand in order, billings apart, and those without a price have saved what nobody knows", async () => {
  const of = (provider: string, model: string, billing = "metered"): UsageRow => usageRow({ provider, model, recorded: `${provider}/${model}`, billing, tokens: { cached_tokens: 10 } });
  const found = await savings([of("q", "m"), of("p", "n"), of("p", "m", "subscription"), of("p", "m"), of("p", "m"), usageRow({ model: "o", recorded: "p/o", tokens: { input_tokens: 5 } })], LIST);
  expect(found).toEqual([
    { provider: "p", model: "m", billing: "metered", cachedTokens: 20n, saved: 54_000n },
    { provider: "p", model: "m", billing: "subscription", cachedTokens: 10n, saved: 27_000n },
    { provider: "p", model: "n", billing: "metered", cachedTokens: 0n, saved: null },
    { provider: "q", model: "m", billing: "metered", cachedTokens: 10n, saved: 27_000n },
  ]);
});

test("what lies outside of the time counts nothing", async () => {
  const at = (time: string): UsageRow => usageRow({ at: time, tokens: { cached_tokens: 1 } });
  expect(await savings([at("2026-09-30T23:59:59Z"), at("2026-10-01T00:00:00Z"), at("2026-10-31T23:59:59Z"), at("2026-11-01T00:00:00Z")], LIST)).toMatchObject([{ cachedTokens: 2n }]);
});
