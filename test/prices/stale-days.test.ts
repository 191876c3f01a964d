import { describe, expect, test } from "vitest";
import { publishInvented } from "../chargeback/invented-allocations.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { findDayStale } from "../../src/lake/days/day-state.ts";
import { NOT_PRICED, type PricingOf, withoutPrices } from "../../src/lake/days/day-pricing.ts";
import { layout } from "../../src/lake/layout.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { addExport, pricingBy, provider, readPriced } from "./price-requests.ts";

const DATES = ["2026-10-03", "2026-10-04", "2026-10-05"];
const PRICES: PriceEntry[] = [{ match: "m", from: "2026-10-04", input: 1 }];

class Ledger {
  readonly source = temporaryFolder();
  readonly lake = new FsStore(temporaryFolder());

  constructor() {
    addExport(this.source, DATES.map((date) => ({ model: "m", at: `${date}T10:00:00Z`, usage: { input_tokens: 1000 } })));
  }

  with(pricingOf: PricingOf) {
    return testLedger(new FsStore(this.source), this.lake, { money: { pricingOf } });
  }

  async run(pricingOf: PricingOf): Promise<number> {
    return (await runOnce(this.with(pricingOf))).days.built;
  }

  async stale(pricingOf: PricingOf): Promise<string[]> {
    return (await readLedgerStatus(this.with(pricingOf))).days.stale.map((day) => day.slice(0, 10));
  }

  /** As whoever builds one day, and as a report finds them. */
  async staleOtherwise(pricingOf: PricingOf): Promise<{ alone: string[]; reported: string[] }> {
    const alone = await Promise.all(DATES.map(async (date) => ((await findDayStale(this.lake, { date, instance: "prod" }, pricingOf)) === undefined ? [] : [date])));
    const { report } = await publishInvented(this.lake, "2026-10", "UTC", { pricingOf });
    return { alone: alone.flat(), reported: report.quality.unbuiltDays.map(({ date }) => date) };
  }
}

describe("a price list makes stale", () => {
  test("nothing where it has nothing in force, and the days from its first price on", async () => {
    const ledger = new Ledger();
    await ledger.run(withoutPrices);
    const before = await tableDigests(ledger.lake);
    expect(await ledger.stale(pricingBy([]))).toEqual([]);
    const days = ["2026-10-04", "2026-10-05"];
    expect(await ledger.stale(pricingBy(PRICES))).toEqual(days);
    expect(await ledger.staleOtherwise(pricingBy(PRICES))).toEqual({ alone: days, reported: days });

    expect(await ledger.run(pricingBy(PRICES))).toBe(2);
    const priced = await tableDigests(ledger.lake);
    const changed = Object.keys(priced).filter((key) => priced[key] !== before[key]);
    const expected = days.flatMap((date) => [layout.rollups(date, "prod"), layout.usage(date, "prod")]);
    expect(changed.toSorted()).toEqual([...expected, layout.allocations("2026-10")].toSorted());
    expect((await readPriced(ledger.lake.url.slice("file://".length))).map(({ cost_usd }) => cost_usd)).toEqual([null, "0.001000000", "0.001000000"]);
    expect(await ledger.run(pricingBy(PRICES))).toBe(0);
    expect(await tableDigests(ledger.lake)).toEqual(priced);
    expect(await ledger.staleOtherwise(pricingBy(PRICES))).toEqual({ alone: [], reported: [] });
  });

  test("the days from an appended price's date on, and back again without it, to the same bytes", async () => {
    const ledger = new Ledger();
    await ledger.run(pricingBy(PRICES));
    const before = await tableDigests(ledger.lake);
    const appended = [...PRICES, { match: "m", from: "2026-10-05", input: 2 }];
    expect(await ledger.stale(pricingBy(appended))).toEqual(["2026-10-05"]);
    await ledger.run(pricingBy(appended));
    expect(await ledger.stale(pricingBy([...appended, { match: "m", from: "2026-10-06", input: 3 }, { match: "n", from: "2026-12-01", input: 3 }]))).toEqual([]);
    expect(await ledger.run(pricingBy(PRICES))).toBe(1);
    expect(await tableDigests(ledger.lake)).toEqual(before);
  });

  test("nothing by how it is written", async () => {
    const ledger = new Ledger();
    await ledger.run(pricingBy([{ match: "m", input: 0.1, tiers: [{ above: 5, input: 1 }, { above: 2, input: 3 }] }]));
    expect(await ledger.stale(pricingBy([{ match: "m", input: "0.10", adjustment: "1.000", tiers: [{ above: 2, input: "3" }, { above: 5, input: 1 }] }]))).toEqual([]);
    expect(await ledger.stale(pricingBy([{ match: "m", input: 0.1, adjustment: 2, tiers: [{ above: 5, input: 1 }, { above: 2, input: 3 }] }]))).toEqual(DATES);
  });
});

test("a gateway's new way of pricing makes stale the days from then on, and nothing where there is no list", async () => {
  const ledger = new Ledger();
  const first = { taken_at: "2026-10-01T00:00:00Z", providers: [provider("unknown")] };
  const then = { taken_at: "2026-10-04T18:00:00Z", providers: [provider("unknown", { modelCostMap: [{ match: "m", as: "m", adjustment: 2 }] })] };
  await ledger.run(pricingBy(PRICES, { kept: [first] }));
  expect(await ledger.stale(pricingBy(PRICES, { kept: [first, then] }))).toEqual(["2026-10-04", "2026-10-05"]);
  expect(await ledger.stale(pricingBy(PRICES, { kept: [first, { ...first, taken_at: "2026-10-04T18:00:00Z" }] }))).toEqual([]);
  expect(pricingBy([], { kept: [first, then] })("2026-10-05", "prod").digest).toBe(NOT_PRICED);
});

test("a day that was built before there were prices counts as built without", async () => {
  const ledger = new Ledger();
  await ledger.run(withoutPrices);
  for (const date of DATES) {
    const key = layout.dayManifest(date, "prod");
    const { pricing, ...older } = JSON.parse(Buffer.from(await ledger.lake.read(key)).toString()) as Record<string, unknown>;
    expect(pricing).toBe(NOT_PRICED);
    await ledger.lake.replace(key, Buffer.from(JSON.stringify(older)));
  }
  expect(await ledger.stale(withoutPrices)).toEqual([]);
  expect(await ledger.stale(pricingBy(PRICES))).toEqual(["2026-10-04", "2026-10-05"]);
});
