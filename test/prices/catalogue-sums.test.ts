import { copyFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { CatalogueTime } from "../../src/prices/list/catalogue-times.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { sumCacheSavings } from "../../src/prices/sums/cache-savings.ts";
import { sumSlots } from "../../src/prices/sums/slot-sums.ts";
import { sumMetered } from "../../src/reconciliation/gathering/sum-metered.ts";
import { usageRow, withUsageFile, withUsageRows } from "./usage-rows.ts";

const RISE = "2026-10-16T10:00:00.000Z";

function catalogueSince(since: string, start: number, rates: { input: string; input_cache_read: string }): CatalogueTime {
  const price = { rates: { ...rates, output: "15" }, modes: new Map([["batch", { input: "2", input_cache_read: "0.5" }]]), since };
  return { start, id: since, read: async () => await Promise.resolve({ source: "pricing" as const, providers: new Map(), prices: new Map([["p", new Map([["m", price]])]]), takenAt: new Date(since) }) };
}

/** Twice as dear from the rise on, but for batches. */
const CATALOGUES = [
  catalogueSince("2026-10-01T00:00:00.000Z", Number.NEGATIVE_INFINITY, { input: "4", input_cache_read: "1" }),
  catalogueSince(RISE, Date.parse(RISE), { input: "8", input_cache_read: "2" }),
];
const NO_LIST = { list: compilePriceList([], "UTC"), gateway: [] };
const TOKENS = { input_tokens: 1000, cached_tokens: 1000 };
const at = (time: string, terms: { service_tier?: string } = {}) => usageRow({ at: time, tokens: TOKENS, cost: 5_000_000n, terms });
const ROWS = [at("2026-10-05T12:00:00Z"), at("2026-10-16T09:59:59.999Z"), at(RISE), at("2026-10-20T12:00:00Z", { service_tier: "batch" })];

test("savings of caches are those of the catalogue in force, where the list has no price", async () => {
  // A thousand tokens at 4 - 1 dollars a million, twice; at 8 - 2; and at 2 - 0.5 in a batch: 3 + 3 + 6 + 1.5 thousandths of a dollar.
  expect(await withUsageRows(ROWS, (duck, of) => sumCacheSavings(duck, of, { ...NO_LIST, catalogues: CATALOGUES }))).toMatchObject([{ provider: "p", model: "m", cachedTokens: 4000n, saved: 13_500_000n }]);
  expect(await withUsageRows(ROWS, (duck, of) => sumCacheSavings(duck, of, NO_LIST))).toMatchObject([{ saved: null }]);
  const listed = { ...NO_LIST, list: compilePriceList([{ match: "m", input: 10, cached: 9 }], "UTC"), catalogues: CATALOGUES };
  expect(await withUsageRows(ROWS, (duck, of) => sumCacheSavings(duck, of, listed))).toMatchObject([{ saved: 4_000_000n }]);
});

test("sums of a quarter of an hour are at the catalogue's price of their time", async () => {
  const slots = await withUsageRows(ROWS, (duck, of) => sumSlots(duck, of, { ...NO_LIST, catalogues: CATALOGUES }));
  expect(slots.map(({ slot, rates }) => [new Date(slot).toISOString(), (rates?.get("input") ?? 0n) / 10n ** 18n])).toEqual([
    ["2026-10-05T12:00:00.000Z", 4n], ["2026-10-16T09:45:00.000Z", 4n], [RISE, 8n], ["2026-10-20T12:00:00.000Z", 2n],
  ]);
});

test("reconciliation divides an estimate by the catalogue, and cannot without any price", async () => {
  await withUsageFile([ROWS[0]!], async (_duck, file) => {
    const days = [{ date: "2026-10-05", instance: "prod", fetch: async (to: string) => await copyFile(file, to) }];
    const split = async (catalogues: ReadonlyMap<string, readonly CatalogueTime[]>) => (await sumMetered(days, { prices: { list: NO_LIST.list, gateways: new Map(), catalogues }, providers: new Map() })).map((one) => one.split);
    // Input costs four times as much as what is cached.
    expect(await split(new Map([["prod", CATALOGUES]]))).toMatchObject([{ input: 4_000_000n, cached: 1_000_000n, unsplit: 0n }]);
    expect(await split(new Map([["lab", CATALOGUES]]))).toMatchObject([{ input: 0n, cached: 0n, unsplit: 5_000_000n }]);
  });
});
