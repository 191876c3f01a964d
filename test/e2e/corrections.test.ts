import { changeLedger, type LedgerChanges } from "../change-ledger.ts";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Ledger } from "../../src/open/ledger.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { type RunSummary, runOnce } from "../../src/run/run-once.ts";
import { layout } from "../../src/lake/layout.ts";
import { dayPricing } from "../../src/prices/list/price-days.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { compileProviderCounts } from "../../src/prices/list/provider-counts.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { recordWrites } from "../hooked-store.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { madeOnce, temporaryFolder, testLedger } from "../test-ledger.ts";
import { allocateAll, bookedIn, close, correctedFigures, figuresOf } from "./closing.ts";
import { contentsOf } from "../keys-of.ts";

const TEAMS: Written = { directory: { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] } };
const MOVED: Written = { directory: { teams: [{ name: "payments", members: ["ann@example.com", { member: "bob@example.com", from: "2026-09-15" }] }, { name: "web", members: [{ member: "bob@example.com", until: "2026-09-15" }] }] } };
const FEES: Written = { ...MOVED, allocation: { adjustments: [{ name: "discount", percent: -10, from: "2026-09-01" }] } };

let source: string;
let folder: string;
let lake: FsStore;

/** Three months, the first of which is closed. */
const closedSeptember = madeOnce(async (place) => {
  settleAt(place);
  ask(
    ...["2026-09", "2026-10", "2026-11"].flatMap((month) => [
      { by: "ann@example.com", at: `${month}-10T12:00:00Z`, dollars: 3 },
      { by: "bob@example.com", at: `${month}-20T12:00:00Z`, dollars: 5 },
      { by: "bob@example.com", at: `${month}-20T13:00:00Z`, dollars: null, model: "anthropic/house-model" },
    ]),
  );
  await runOnce(ledgerWith(TEAMS));
  await close(ledgerWith(TEAMS), "2026-09");
});

beforeEach(async () => {
  settleAt(await closedSeptember());
});

function settleAt(place: string): void {
  [source, folder] = [join(place, "source"), join(place, "lake")];
  lake = new FsStore(folder);
}

function ask(...requests: Asked[]): void {
  writeRequests(source, requests);
}

function ledgerWith(written: Written, prices: PriceEntry[] = [], changes: LedgerChanges = {}): Ledger {
  const sources = { list: compilePriceList(prices, written.timezone ?? "UTC"), gateways: new Map<string, never>() };
  return testLedger(new FsStore(source), lake, { rules: { allocation: settingsOf(written) }, money: { prices: sources, pricingOf: dayPricing(sources) } }, changes);
}

const PRICES: PriceEntry[] = [{ match: "house-model", input: 10_000, output: 10_000 }] as PriceEntry[];

/** What a lake that never closed anything says of a month, all exports fed to it at once. */
async function fromScratch(month: string, written: Written, prices: PriceEntry[] = []): Promise<Record<string, unknown>[]> {
  const place = temporaryFolder();
  const ledger = ledgerWith(written, prices, { stores: { lake: new FsStore(place), archive: new FsStore(place) } });
  await runOnce(ledger);
  await allocateAll(ledger);
  return await figuresOf(place, month);
}

const LATE: Asked = { by: "ann@example.com", at: "2026-09-11T12:00:00Z", dollars: 7.123456789 };

test("nothing is booked while nothing differs", async () => {
  // A copied lake has other ETags, which its first run notes.
  await runOnce(ledgerWith(TEAMS));
  const { store, writes } = recordWrites(lake);
  expect((await runOnce(ledgerWith(TEAMS, [], { stores: { lake: store } }))).corrections).toEqual({ booking: "2026-10", corrected: [], changed: false });
  expect(writes).toEqual([]);
});

test.each<[string, Written, PriceEntry[], Asked[], string[]]>([
  ["a late export", TEAMS, [], [LATE], ["late_export"]],
  ["a price that the list has since", TEAMS, PRICES, [], ["price_version"]],
  ["a person who moved team in retrospect", MOVED, [], [], ["directory_change"]],
  ["a discount in retrospect", { ...TEAMS, allocation: { adjustments: [{ name: "discount", percent: -10 }] } }, [], [], ["directory_change"]],
  ["all of it at once", FEES, PRICES, [LATE], ["directory_change", "late_export", "price_version"]],
])("%s is booked in the next open month, by its cause", async (_what, written, prices, late, causes) => {
  const closed = await contentsOf(lake, "reports/2026-09/");
  ask(...late);
  await runOnce(ledgerWith(written, prices));
  const rows = await bookedIn(folder, "2026-10");
  expect([...new Set(rows.map(({ cause }) => cause))].toSorted()).toEqual(causes);
  expect(new Set(rows.map(({ corrects }) => corrects))).toEqual(new Set(["2026-09"]));
  expect(await correctedFigures(folder, "2026-09", ["2026-10"])).toEqual(await fromScratch("2026-09", written, prices));
  expect(await contentsOf(lake, "reports/2026-09/")).toEqual(closed);

  const { store, writes } = recordWrites(lake);
  await runOnce(ledgerWith(written, prices, { stores: { lake: store } }));
  expect(writes).toEqual([]);
});

test("what was booked goes away when it is undone", async () => {
  await runOnce(ledgerWith(MOVED));
  expect(await lake.head(layout.corrections("2026-10"))).toBeDefined();
  expect((await runOnce(ledgerWith(TEAMS))).corrections).toEqual({ booking: "2026-10", corrected: [], changed: true });
  expect(await lake.head(layout.corrections("2026-10"))).toBeUndefined();
  expect(await lake.head(layout.correctionManifest("2026-10"))).toBeUndefined();
});

test("what changes after the booking month is closed too is booked in the one after it, once", async () => {
  ask(LATE);
  await runOnce(ledgerWith(TEAMS));
  await close(ledgerWith(TEAMS), "2026-10");
  const october = await bookedIn(folder, "2026-10");
  ask({ ...LATE, at: "2026-09-12T12:00:00Z" }, { ...LATE, at: "2026-10-12T12:00:00Z", dollars: 1 });
  const { corrections } = (await runOnce(ledgerWith(FEES, PRICES))) as Required<RunSummary>;
  expect(corrections).toEqual({ booking: "2026-11", corrected: ["2026-09", "2026-10"], changed: true });
  expect(await bookedIn(folder, "2026-10")).toEqual(october);
  for (const month of ["2026-09", "2026-10"]) {
    const booked = month === "2026-09" ? ["2026-10", "2026-11"] : ["2026-11"];
    expect(await correctedFigures(folder, month, booked)).toEqual(await fromScratch(month, FEES, PRICES));
  }
  const late = (await bookedIn(folder, "2026-11")).filter(({ cause, corrects }) => cause === "late_export" && corrects === "2026-09");
  expect(late.map(({ difference, requests }) => [difference, requests])).toEqual([["7.123456789", "1.0"]]);

  await close(ledgerWith(FEES, PRICES), "2026-11");
  await runOnce(ledgerWith(TEAMS));
  expect(await correctedFigures(folder, "2026-09", ["2026-10", "2026-11", "2026-12"])).toEqual(await fromScratch("2026-09", TEAMS));
});

const SHARED: Written = { ...TEAMS, allocation: { pools: [{ name: "house", when: { model: "batch" }, spread: "proportional" }] } };

test("a month that was closed when direct cost left out what pools took is corrected with the cause rule_version, and nothing else is", async () => {
  ask({ by: "bob@example.com", at: "2026-10-21T12:00:00Z", dollars: 4, model: "batch" });
  const before = { ...settingsOf(SHARED), version: 1 as const };
  await runOnce(ledgerWith(SHARED, [], { rules: { allocation: before } }));
  await close(ledgerWith(SHARED, [], { rules: { allocation: before } }), "2026-10");
  expect((await runOnce(ledgerWith(SHARED, [], { rules: { allocation: before } }))).corrections?.corrected).toEqual([]);

  ask({ ...LATE, at: "2026-10-22T12:00:00Z" });
  await runOnce(ledgerWith(SHARED));
  const rows = (await bookedIn(folder, "2026-11")).filter(({ corrects }) => corrects === "2026-10");
  expect(await correctedFigures(folder, "2026-10", ["2026-11"])).toEqual(await fromScratch("2026-10", SHARED));
  // Of the $4 that the pool takes: by $10.12 and $5 before, by $10.12 and $9 now.
  const ruled = rows.filter(({ cause }) => cause === "rule_version");
  expect(ruled.map(({ team, difference }) => [team, difference])).toEqual([["payments", "-0.560055862"], ["web", "0.560055862"]]);
  expect(ruled[0]!.reason).toMatch(/^newer rules of aperture-ledger: direct cost is what each team has before pools take anything.*; before, direct cost left out what pools took/);
  expect([...new Set(rows.map(({ cause }) => cause))].toSorted()).toEqual(["late_export", "rule_version"]);
});

function countedLedger(cached: "within" | "beside", changes: LedgerChanges = {}): Ledger {
  const counts = compileProviderCounts([{ provider: "anthropic", counts: { cached } }], "UTC");
  const sources = { list: compilePriceList(PRICES, "UTC"), gateways: new Map<string, never>(), counts };
  return changeLedger(ledgerWith(TEAMS, PRICES), { money: { prices: sources, pricingOf: dayPricing(sources) } }, changes);
}

test.each([
  // Of the 60 tokens beside the others, at $10,000 per million.
  ["stay", "within", []],
  ["change", "beside", [["web", "0.600000000", "counts of anthropic: cached was within, is beside"]]],
] as const)("counts of a provider that %s are told from newer rules: a close keeps them", async (_what, now, repriced) => {
  ask({ by: "bob@example.com", at: "2026-10-21T12:00:00Z", dollars: null, model: "anthropic/house-model", cached: 60 });
  const before = { ...settingsOf(TEAMS), version: 1 as const };
  await runOnce(countedLedger("within", { rules: { allocation: before } }));
  await close(countedLedger("within", { rules: { allocation: before } }), "2026-10");
  ask({ ...LATE, at: "2026-10-22T12:00:00Z" });
  await runOnce(countedLedger(now));
  const rows = (await bookedIn(folder, "2026-11")).filter(({ corrects }) => corrects === "2026-10");
  expect(rows.filter(({ cause }) => cause === "rule_version")).toEqual([]);
  const prices = rows.filter(({ cause }) => cause === "price_version");
  expect(prices.map(({ team, difference, reason }) => [team, difference, reason.replace(/^.*?: /, "")])).toEqual(repriced);
});

test("reasons name the exports, what prices changed for which days, and what of the directory did", async () => {
  ask(LATE);
  await runOnce(ledgerWith(FEES, PRICES));
  const reasons = Object.fromEntries((await bookedIn(folder, "2026-10")).map(({ cause, reason }) => [cause, reason]));
  expect(reasons["late_export"]).toMatch(/^1 export after the close: ts-aperture-export-\d+\.cbor\.zstd$/);
  expect(reasons["price_version"]).toBe("the price list or the gateway's prices changed for 2026-09-10 to 2026-09-20: house-model is new");
  expect(reasons["directory_change"]).toBe("changed since the close: teams payments, web; adjustments discount");
});

const ORDERED: Written = {
  directory: { teams: [{ name: "payments", members: ["ann@example.com"] }] },
  allocation: { rules: [{ name: "by repository", when: { caller: "ann@example.com" }, by: "repo", teams: { "acme/web-*": "web", "acme/*": "payments" } }] },
  policies: { "2026-09-01": { groups: { "group:web": ["bob@example.com"], "group:data": ["bob@example.com"] } } },
};

test("patterns and groups are recomputed in the order in which they were written: nothing is a price or a directory that is none", async () => {
  ask({ by: "ann@example.com", at: "2026-10-11T12:00:00Z", dollars: 2, repo: "acme/web-shop" });
  await runOnce(ledgerWith(ORDERED));
  await close(ledgerWith(ORDERED), "2026-10");
  ask({ by: "bob@example.com", at: "2026-10-12T12:00:00Z", dollars: 1 });
  await runOnce(ledgerWith(ORDERED));
  const october = (await bookedIn(folder, "2026-11")).filter(({ corrects }) => corrects === "2026-10");
  expect(october.map(({ cause, team, difference }) => [cause, team, difference])).toEqual([["late_export", "web", "1.000000000"]]);
});

test("the report of the booking month has them beside its own total, exact", async () => {
  ask(LATE);
  await runOnce(ledgerWith(TEAMS));
  const reported = await reportMonth(ledgerWith(TEAMS), "2026-10");
  const report = "open" in reported ? reported.open.report : undefined;
  expect(report?.corrections.map(({ corrects, team, was, is, difference }) => ({ corrects, team, was, is, difference }))).toEqual([
    { corrects: "2026-09", team: "payments", was: 3_000_000_000n, is: 10_123_456_789n, difference: 7_123_456_789n },
  ]);
  expect(report?.total.cost).toBe(8_000_000_000n);
  const json = JSON.parse(Buffer.from(await lake.read(layout.report("2026-10", "chargeback.json"))).toString()) as Record<string, unknown>;
  expect(json).toMatchObject({ corrections_owed_usd: "7.123456789", corrections: [{ cause: "late_export", was_usd: "3.000000000", is_usd: "10.123456789", requests: 1 }] });
  expect(Buffer.from(await lake.read(layout.report("2026-10", "corrections.csv"))).toString()).toContain(",3.000000000,10.123456789,7.123456789,1\n");
});

test("names that spreadsheets would run are text in corrections.csv", async () => {
  ask({ ...LATE, by: "=cmd|'/c calc'!a1@example.com" });
  await runOnce(ledgerWith(TEAMS));
  await reportMonth(ledgerWith(TEAMS), "2026-10");
  const csv = Buffer.from(await lake.read(layout.report("2026-10", "corrections.csv"))).toString();
  expect(csv).toContain(",'=cmd|");
  expect(csv).not.toContain(",=cmd|");
});

test.each(["America/Los_Angeles", "Asia/Kathmandu"])("two gateways, with months that begin in %s", async (timezone) => {
  const other = temporaryFolder();
  const place = temporaryFolder();
  const written = { ...FEES, timezone };
  const open = (at: string, settings: Written): Ledger =>
    ledgerWith(settings, PRICES, { stores: { lake: new FsStore(at), archive: new FsStore(at), sources: [{ instance: "prod", store: new FsStore(source) }, { instance: "lab", store: new FsStore(other) }] } });
  writeRequests(other, [{ by: "bob@example.com", at: "2026-09-30T23:00:00Z", dollars: 11 }, { by: "bob@example.com", at: "2026-09-01T01:00:00Z", dollars: 13 }]);
  const ledger = open(place, { ...TEAMS, timezone });
  await runOnce(ledger);
  if (timezone === "America/Los_Angeles") await close(ledger, "2026-08");
  await close(ledger, "2026-09");
  writeRequests(join(other, "late"), [{ by: "ann@example.com", at: "2026-10-01T04:00:00Z", dollars: 17 }, { by: "ann@example.com", at: "2026-08-31T19:00:00Z", dollars: 19 }]);
  await runOnce(open(place, written));
  const whole = temporaryFolder();
  await runOnce(open(whole, written));
  expect(await correctedFigures(place, "2026-09", ["2026-10"])).toEqual(await figuresOf(whole, "2026-09"));
});

test("another time zone since the close moves hours between months, and no request is lost or counted twice", async () => {
  ask({ by: "ann@example.com", at: "2026-09-30T23:00:00Z", dollars: 2 });
  await runOnce(ledgerWith(TEAMS));
  const tokyo = { ...TEAMS, timezone: "Asia/Tokyo" };
  await runOnce(ledgerWith(tokyo));
  expect(await correctedFigures(folder, "2026-09", ["2026-10"])).toEqual(await fromScratch("2026-09", tokyo));
  expect(await figuresOf(folder, "2026-10")).toEqual(await fromScratch("2026-10", tokyo));
});
