import { describe, expect, test } from "vitest";
import { readUsage } from "../../src/ledger/usage/older-files.ts";
import { describePriceChanges, freezePrices, frozenPrices, thawPrices } from "../../src/prices/list/price-changes.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { sumCacheSavings } from "../../src/prices/sums/cache-savings.ts";
import { sumSlots } from "../../src/prices/sums/slot-sums.ts";
import { priceRequests, type Request } from "./price-requests.ts";
import { usageRow, withUsageFile, withUsageRows } from "./usage-rows.ts";

/** A million input tokens cost the dollars of the entry. */
const million = (terms?: Request["terms"]): Request => ({ model: "acme/m-20250929", usage: { input_tokens: 1_000_000 }, ...(terms && { terms }) });

async function dollarsOf(list: readonly PriceEntry[], ...terms: Request["terms"][]): Promise<(string | null)[]> {
  const priced = await priceRequests(terms.map(million), list);
  return priced.map(({ cost_usd }) => (cost_usd === null ? null : String(Number(cost_usd))));
}

describe("an entry that names terms", () => {
  const LIST: PriceEntry[] = [
    { match: "m", input: 4 },
    { match: "*", service_tier: "batch", input: 2 },
    { match: "m", inference_geo: "us", input: 4.4 },
    { match: "*", service_tier: "batch", inference_geo: "us", input: 2.2 },
    { match: "m", speed: "fast", input: 24 },
  ];

  test("prices requests that have them all, before entries that name fewer, wherever it stands", async () => {
    expect(await dollarsOf(LIST, { service_tier: "standard" }, { service_tier: "batch" }, { inference_geo: "us" }, { service_tier: "batch", inference_geo: "us" }, { speed: "fast", service_tier: "standard" }))
      .toEqual(["4", "2", "4.4", "2.2", "24"]);
  });

  test("does not price requests whose terms nobody captured", async () => {
    expect(await dollarsOf(LIST, undefined, {})).toEqual(["4", "4"]);
    expect(await dollarsOf([{ match: "m", service_tier: "batch", input: 2 }], undefined, { service_tier: "Batch" }, { service_tier: "batch" })).toEqual([null, null, "2"]);
  });

  test("has days of its own, and stands in the version of the price", async () => {
    const list: PriceEntry[] = [{ match: "m", input: 4 }, { match: "m", service_tier: "batch", from: "2026-10-05", input: 1 }, { match: "m", service_tier: "batch", input: 2 }];
    const [before, since] = await priceRequests([{ ...million({ service_tier: "batch" }), at: "2026-10-04T23:59:59Z" }, { ...million({ service_tier: "batch" }), at: "2026-10-05T00:00:00Z" }], list);
    expect([before, since]).toMatchObject([
      { cost_usd: "2.000000000", price_version: "m, service_tier batch; counts: assumed" },
      { cost_usd: "1.000000000", price_version: "m from 2026-10-05, service_tier batch; counts: assumed" },
    ]);
  });

  test("is the same in the list that a close keeps, and a change of it is named", () => {
    const list = compilePriceList(LIST, "UTC");
    const kept = frozenPrices.parse(JSON.parse(JSON.stringify(freezePrices(list))));
    expect(freezePrices(thawPrices(kept, "UTC"))).toEqual(freezePrices(list));
    const now = compilePriceList(LIST.map((entry) => (entry.speed === "fast" ? { ...entry, input: 20 } : entry)), "UTC");
    expect(describePriceChanges({ list: kept }, { list: now })).toBe("m, speed fast: input was 24, is 20");
  });

  test("divides sums of a month", async () => {
    const rows = [usageRow({ tokens: { input_tokens: 1000, cached_tokens: 1000 }, cost: 5000n, terms: { service_tier: "batch" } }), usageRow({ tokens: { input_tokens: 1000, cached_tokens: 1000 }, cost: 9000n })];
    const prices = { list: compilePriceList([{ match: "m", input: 4, cached: 1 }, { match: "m", service_tier: "batch", input: 2, cached: 0.5 }], "UTC"), gateway: [] };
    const slots = await withUsageRows(rows, (duck, of) => sumSlots(duck, of, prices));
    expect(slots.map(({ rates, cost, terms }) => [terms.service_tier, cost, (rates?.get("input") ?? 0n) / 10n ** 17n])).toEqual([["batch", 5000n, 20n], [null, 9000n, 40n]]);
    // 1,000 tokens at 4 - 1, and at 2 - 0.5 dollars a million: 3,000,000 and 1,500,000 nanodollars.
    expect(await withUsageRows(rows, (duck, of) => sumCacheSavings(duck, of, prices))).toMatchObject([{ saved: 4_500_000n }]);
  });
});

test("tables of versions without terms are read beside later ones, and price as before", async () => {
  const row = usageRow({ tokens: { input_tokens: 1000 }, cost: 4_000_000n });
  await withUsageFile([row, usageRow({ ...row, terms: { service_tier: "batch" } })], async (duck, file) => {
    const older = `${file}.older.parquet`;
    await duck.run(`COPY (SELECT * EXCLUDE (service_tier, speed, inference_geo) FROM read_parquet('${file}') LIMIT 1) TO '${older}' (FORMAT parquet)`);
    const prices = { list: compilePriceList([{ match: "m", input: 4 }, { match: "m", service_tier: "batch", input: 2 }], "UTC"), gateway: [] };
    for (const [files, tiers] of [[[older], [null]], [[older, file], ["batch", null]], [[file, older], ["batch", null]]] as const) {
      const slots = await sumSlots(duck, { rows: readUsage(...files), scope: files.join(), from: Date.parse("2026-10-01"), to: Date.parse("2026-11-01") }, prices);
      expect(slots.map(({ terms }) => terms.service_tier)).toEqual(tiers);
    }
  });
});
