import type { LedgerChanges } from "../change-ledger.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { describeUsedAgain } from "../../src/cli/commands/status.ts";
import { dayPricing } from "../../src/prices/list/price-days.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { allocateAll, type Booked, bookedIn, close, correctedFigures, figuresOf } from "../e2e/closing.ts";
import { recordWrites } from "../hooked-store.ts";
import { contentsOf } from "../keys-of.ts";
import { query } from "../query.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { unpackLake } from "./unpack.ts";

const TEAMS = settingsOf({ directory: { teams: [{ name: "data", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] } });

let folder: string;
let lake: FsStore;

beforeEach(() => {
  folder = temporaryFolder();
  unpackLake(folder);
  lake = new FsStore(folder);
});

/** As the ledger of before was configured, but for the price of the house model per million tokens. */
function ledgerWith(price = 10_000, changes: LedgerChanges = {}): Ledger {
  const entries: PriceEntry[] = [{ match: "house-model", input: price, output: price }];
  const prices = { list: compilePriceList(entries, "UTC"), gateways: new Map<string, never>() };
  return testLedger(new FsStore(temporaryFolder()), lake, {
    stores: { sources: [{ instance: "default", store: new FsStore(temporaryFolder()) }] },
    rules: { normalisingAt: (instance) => ({ instance, gateway: [], dimensions: new Map() }), allocation: TEAMS },
    work: { clock: () => new Date("2026-11-29T20:00:00Z") },
    money: { prices, pricingOf: dayPricing(prices) },
  }, changes);
}

/** October by a ledger that reads the same exports today for the first time. */
async function fromScratch(price?: number): Promise<Record<string, unknown>[]> {
  const place = temporaryFolder();
  for await (const { key } of lake.list("archive/")) await new FsStore(place).create(key, await lake.read(key));
  const ledger = ledgerWith(price, { stores: { lake: new FsStore(place), archive: new FsStore(place) } });
  await runOnce(ledger);
  await allocateAll(ledger);
  return await figuresOf(place, "2026-10");
}

async function closedBytes(): Promise<object> {
  const prefixes = ["reports/2026-10/", "allocations/month=2026-10/", "_ledger/closes/"];
  return await Promise.all(prefixes.map((prefix) => contentsOf(lake, prefix)));
}

function sumBooked(rows: readonly Booked[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { cause, caller, difference } of rows) sums[`${cause} ${caller}`] = (sums[`${cause} ${caller}`] ?? 0) + Number(difference);
  return sums;
}

describe("a ledger of before, in which ids alone told requests apart", () => {
  test("counts every request after the next run: open months anew, the closed one by corrections with the cause rule_version", async () => {
    const closed = await closedBytes();
    await runOnce(ledgerWith());
    expect(await closedBytes()).toEqual(closed);
    const [november] = await query(`SELECT sum(cost_usd)::VARCHAR AS cost FROM read_parquet('${folder}/allocations/month=2026-11/*.parquet')`);
    expect(november).toEqual({ cost: "21.000000000" });

    const booked = await bookedIn(folder, "2026-11");
    expect(sumBooked(booked)).toEqual({ "rule_version ann@example.com": 6.1 });
    expect(booked[0]?.reason).toMatch(/^newer rules of aperture-ledger: .*day build \d+/);
    expect(await correctedFigures(folder, "2026-10", ["2026-11"])).toEqual(await fromScratch());

    const { store, writes } = recordWrites(lake);
    await runOnce(ledgerWith(10_000, { stores: { lake: store } }));
    expect(writes).toEqual([]);
  });

  test("says what prices changed since the close apart from what the rules did", async () => {
    await runOnce(ledgerWith(30_000));
    const booked = await bookedIn(folder, "2026-11");
    expect(sumBooked(booked)).toEqual({ "rule_version ann@example.com": 6.1, "price_version ann@example.com": 2.2, "price_version bob@example.com": 2.2 });
    expect(booked.find(({ cause }) => cause === "price_version")?.reason).toBe("the price list or the gateway's prices changed for 2026-10-05 to 2026-10-12: house-model: input was 10000, is 30000; output was 10000, is 30000");
    expect(await correctedFigures(folder, "2026-10", ["2026-11"])).toEqual(await fromScratch(30_000));
  });

  test("has no newer rules any more once the month of the corrections is closed", async () => {
    await runOnce(ledgerWith());
    await close(ledgerWith(), "2026-11");
    await runOnce(ledgerWith(30_000));
    const booked = await bookedIn(folder, "2026-12");
    expect(new Set(booked.map(({ cause }) => cause))).toEqual(new Set(["price_version"]));
    expect(await correctedFigures(folder, "2026-10", ["2026-11", "2026-12"])).toEqual(await fromScratch(30_000));
  });

  test("shows the identifiers that were used again, in status, in the report, and to whoever counts them in the table", async () => {
    await runOnce(ledgerWith());
    const reported = await reportMonth(ledgerWith(), "2026-11");
    if (!("open" in reported)) throw new Error("2026-11 is closed");
    const { files } = reported.open;
    const [html, json, summary] = await Promise.all([files.html, files.json, files.summary].map(async (key) => Buffer.from(await lake.read(key)).toString()));
    expect(html).toContain("Identifiers used again: 4 requests of this month’s UTC days have an id that another request of the same day has too.");
    expect((JSON.parse(json!) as { quality: object }).quality).toMatchObject({ identifiers_used_again: 4 });
    expect(summary).toMatch(/^data quality,,identifiers used again,UTC days of the month,,,,,4,/m);
    const { identifiers_used_again: usedAgain, completeness, totals } = await readLedgerStatus(ledgerWith());
    expect(totals.requests).toBe(14);
    expect(describeUsedAgain({ identifiers_used_again: usedAgain })).toEqual(["used again   14 requests have an identifier that another request of the same day also has: each of them counts"]);
    expect(completeness.gateways).toMatchObject([{ restarts: 3, received: "14" }]);
    const page = readFileSync(join(import.meta.dirname, "../../docs/same-request.md"), "utf8");
    const [, counting = ""] = /```sql\n(.*?);\n```/s.exec(page) ?? [];
    const [counted] = await query(counting.replace("SELECT count(*)", "SELECT count(*)::INTEGER AS requests").replace("lake/usage/date=2026-10-05/prod.parquet", `${folder}/usage/date=2026-10-05/default.parquet`));
    expect(counted).toEqual({ requests: 6 });
  });
});
