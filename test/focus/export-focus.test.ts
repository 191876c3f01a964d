import type { Ledger } from "../../src/open/ledger.ts";
import { changeLedger } from "../change-ledger.ts";
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { cutCharge } from "../../src/chargeback/focus/cut-charges.ts";
import type { FocusFormat } from "../../src/chargeback/focus/focus-settings.ts";
import { beforeEach, expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { layout } from "../../src/lake/layout.ts";
import { dayPricing, type PriceSources } from "../../src/prices/list/price-days.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { recordWrites } from "../hooked-store.ts";
import { query } from "../query.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { exportMonth } from "./export-month.ts";

const OPUS = { match: "claude-opus-4-8", input: 5, output: 25 };
const FILES = ["focus.csv", "focus.parquet"];

let source: string;
let folder: string;
let lake: FsStore;

beforeEach(() => {
  [source, folder] = [temporaryFolder(), temporaryFolder()];
  lake = new FsStore(folder);
});

/** Brings the requests in, for teams of that configuration. */
async function ledgerOf(requests: readonly Asked[], written: Written = {}, entries: Parameters<typeof compilePriceList>[0] = [OPUS]): Promise<Ledger> {
  const allocation = settingsOf(written);
  const prices: PriceSources = { list: compilePriceList(entries, allocation.timezone), gateways: new Map() };
  writeRequests(source, requests);
  const ledger = testLedger(new FsStore(source), lake, { rules: { allocation }, money: { prices, pricingOf: dayPricing(prices) } });
  await runOnce(ledger);
  return ledger;
}

const rowsOf = async (select: string): Promise<unknown[]> => await query(`SELECT ${select} FROM read_parquet('${folder}/reports/2026-10/focus.parquet') ORDER BY ALL`);

test("one dollar figure is split over token types as the list prices them, and sums to it", async () => {
  const ledger = await ledgerOf([{ by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: 0.000000005 }]);
  await exportMonth(ledger, "2026-10");
  // 100 tokens in at $5 are $0.0005, 10 out at $25 are $0.00025: two thirds and a third.
  expect(await rowsOf("SkuMeter AS meter, BilledCost::VARCHAR AS billed, ListCost::DECIMAL(38,9)::VARCHAR AS list, ListUnitPrice::DOUBLE AS price, PricingQuantity::DOUBLE AS quantity, PricingUnit AS unit, ConsumedQuantity::DOUBLE AS tokens, x_CostSource AS source")).toEqual([
    { meter: "Input Tokens", billed: "0.000000003", list: "0.000500000", price: 5, quantity: 0.0001, unit: "1000000 Tokens", tokens: 100, source: "aperture, split by list price" },
    { meter: "Output Tokens", billed: "0.000000002", list: "0.000250000", price: 25, quantity: 0.00001, unit: "1000000 Tokens", tokens: 10, source: "aperture, split by list price" },
  ]);
});

test("days begin at midnight of the time zone, the one on which the clocks change too", async () => {
  const requests = ["2026-09-30T22:30:00Z", "2026-10-24T21:59:59Z", "2026-10-25T22:30:00Z"].map((at) => ({ by: "ann@example.com", at }));
  await exportMonth(await ledgerOf(requests, { timezone: "Europe/Berlin" }), "2026-10");
  const at = (name: string): string => `strftime(${name}, '%m-%dT%H')`;
  expect(await rowsOf(`DISTINCT ${at("ChargePeriodStart")} || ' ' || ${at("ChargePeriodEnd")} AS day, ${at("BillingPeriodStart")} || ' ' || ${at("BillingPeriodEnd")} AS month`)).toEqual(
    ["09-30T22 10-01T22", "10-23T22 10-24T22", "10-24T22 10-25T23"].map((day) => ({ day, month: "09-30T22 10-31T23" })),
  );
});

test("files are written once, again when anything changed, and come back to the same bytes", async () => {
  const requests = [{ by: "ann@example.com", at: "2026-10-05T12:00:00Z" }, { by: "bob@example.com", at: "2026-10-06T12:00:00Z" }];
  const ledger = await ledgerOf(requests);
  const { store, writes } = recordWrites(lake);
  expect((await exportMonth(changeLedger(ledger, { stores: { lake: store } }), "2026-10"))?.written).toEqual(["csv", "parquet"]);
  expect(writes).toEqual(FILES.map((file) => `replace ${layout.report("2026-10", file)}`));
  expect((await exportMonth(ledger, "2026-10"))?.written).toEqual([]);
  const bytes = FILES.map((file) => readFileSync(`${folder}/reports/2026-10/${file}`));
  const moved = settingsOf({ directory: { teams: [{ name: "web", members: ["bob@example.com"] }] } });
  expect((await exportMonth(changeLedger(ledger, { rules: { allocation: moved } }), "2026-10"))?.written).toEqual(["csv", "parquet"]);
  await exportMonth(ledger, "2026-10");
  expect(FILES.map((file) => readFileSync(`${folder}/reports/2026-10/${file}`))).toEqual(bytes);
});

test("a cost of the list whose price is not in it any more is one charge of so many dollars", async () => {
  const ledger = await ledgerOf([{ by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: null }]);
  await exportMonth(ledger, "2026-10");
  expect(await rowsOf("sum(BilledCost)::VARCHAR AS billed, count(*)::INTEGER AS rows, min(x_CostSource) AS source")).toEqual([{ billed: "0.000750000", rows: 2, source: "price_list" }]);
  const other = { list: compilePriceList([{ ...OPUS, input: 6 }], "UTC"), gateways: new Map() };
  await exportMonth(changeLedger(ledger, { money: { prices: other } }), "2026-10");
  expect(await rowsOf("BilledCost::VARCHAR AS billed, SkuMeter AS meter, ConsumedQuantity::INTEGER AS requests, x_CostSource AS source")).toEqual([
    { billed: "0.000750000", meter: "Estimated Cost", requests: 1, source: "price_list, price no longer known" },
  ]);
});

test("what has no price is in no row, and is counted", async () => {
  const ledger = await ledgerOf([{ by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: null }, { by: "ann@example.com", at: "2026-10-06T12:00:00Z" }], {}, []);
  expect(await exportMonth(ledger, "2026-10")).toMatchObject({ rows: 1, unpriced: { requests: 1n, inputTokens: 100n, outputTokens: 10n } });
});

test("a device's tags, a pool and a discount share tokens and dollars without losing any", async () => {
  const written: Written = {
    directory: { teams: [{ name: "web", members: ["ann@example.com"] }, { name: "api", members: ["bob@example.com"] }, { name: "platform", members: ["tag:*"] }] },
    allocation: {
      pools: [{ name: "shared", when: { team: "platform" }, spread: { web: 2, api: 1 } }],
      adjustments: [{ name: "deal", when: { team: "web" }, percent: -7 }],
    },
  };
  await exportMonth(await ledgerOf([{ by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: 0.1 }, { by: "tag:a,tag:b,tag:c", at: "2026-10-05T13:00:00Z", dollars: 0.000000101 }], written), "2026-10");
  const [sums] = await rowsOf("sum(BilledCost) FILTER (ChargeCategory = 'Usage')::VARCHAR AS billed, sum(ConsumedQuantity)::VARCHAR AS tokens, count(DISTINCT x_Tag)::INTEGER AS tags");
  expect(sums).toEqual({ billed: "0.100000101", tokens: "220.000000", tags: 3 });
  expect(await rowsOf("DISTINCT SubAccountName AS team, x_Rule AS rule, ChargeDescription AS what").then((rows) => rows.filter((row) => (row as { rule: string }).rule === "deal"))).toEqual([{ team: "web", rule: "deal", what: "deal (-7 %)" }]);
});

const COSTS = ["BilledCost", "EffectiveCost", "ContractedCost", "ListCost"];

test("every cost column sums a hundred billion dollars, as the documented query does", async () => {
  const requests = Array.from({ length: 102 }, (_, index) => ({ by: index % 2 === 0 ? "ann@example.com" : "bob@example.com", at: new Date(Date.UTC(2026, 9, 11) + index * 1000).toISOString(), dollars: 999_999_999 }));
  await exportMonth(await ledgerOf(requests, {}, []), "2026-10");
  // 102 x $999,999,999.
  expect(await rowsOf(`${COSTS.map((name) => `sum(${name})::DECIMAL(38,9)::VARCHAR AS ${name}`).join(", ")}, count(*)::INTEGER AS rows`)).toEqual([
    { ...Object.fromEntries(COSTS.map((name) => [name, "101999999898.000000000"])), rows: 2 },
  ]);
});

test("a list cost of a hundred billion dollars is one row", async () => {
  const dear = { match: "claude-opus-4-8", input: 0, output: 1_000_000 };
  const requests = Array.from({ length: 120 }, (_, index) => ({ by: "ann@example.com", at: new Date(Date.UTC(2026, 9, 5) + index * 1000).toISOString(), output: 900_000_000 }));
  await exportMonth(await ledgerOf(requests, {}, [dear]), "2026-10");
  // 120 x 900 million tokens at $1,000,000 a million.
  expect(await rowsOf("ListCost::VARCHAR AS list, BilledCost::VARCHAR AS billed, SkuMeter AS meter").then((rows) => rows.filter((row) => (row as { meter: string }).meter === "Output Tokens"))).toEqual([
    { list: `108000000000.${"0".repeat(24)}`, billed: "120.000000000", meter: "Output Tokens" },
  ]);
});

test("a list cost that no row can hold is on several, each at its price for its quantity, and they add up", () => {
  const [unitPrice, pricingQuantity] = [3_000_000_000_000_000_001n, 7_000_000_000_000_000_000_000_000n];
  const whole = { billed: 1001n, effective: 1001n, unitPrice, list: (unitPrice * pricingQuantity) / 1_000_000n, pricingQuantity, consumedQuantity: 5n };
  // $21,000,000,000,000.000007 fits; ten times as much does not.
  expect(cutCharge(whole)).toEqual([whole]);
  const large = { ...whole, pricingQuantity: pricingQuantity * 10n, list: whole.list * 10n };
  const pieces = cutCharge(large);
  expect(pieces.length).toBe(4);
  for (const { list, pricingQuantity: part } of pieces) expect(list * 1_000_000n).toBe(unitPrice * (part ?? 0n));
  const total = (amounts: readonly (bigint | null)[]): bigint => amounts.reduce<bigint>((sum, amount) => sum + (amount ?? 0n), 0n);
  expect([total(pieces.map(({ list }) => list)), total(pieces.map((one) => one.pricingQuantity)), total(pieces.map(({ billed }) => billed)), total(pieces.map((one) => one.consumedQuantity))]).toEqual([large.list, large.pricingQuantity, 1001n, 5n]);
});

test("of a price with eighteen decimals, tokens are shared in parts whose list cost is exact", async () => {
  const fine = { match: "claude-opus-4-8", adjustment: "0.999999999", input: "3.000000001", output: 0 };
  const written: Written = { directory: { teams: ["red", "green", "blue"].map((name) => ({ name, members: ["ann@example.com"] })) }, allocation: { several: "even" } };
  await exportMonth(await ledgerOf([{ by: "ann@example.com", at: "2026-10-05T12:00:00Z" }], written, [fine]), "2026-10");
  // 3.000000001 x 0.999999999 is 2.999999997999999999: with six more decimals of whole tokens it fills the 24 of a list cost, so a token stays whole.
  const rows = await query(`SELECT SubAccountId AS team, ConsumedQuantity::VARCHAR AS tokens, ListUnitPrice::VARCHAR AS price, ListCost::VARCHAR AS list FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE SkuMeter = 'Input Tokens' ORDER BY 1`);
  expect(rows).toEqual([["blue", "34", "0.000101999999931999999966"], ["green", "33", "0.000098999999933999999967"], ["red", "33", "0.000098999999933999999967"]].map(([team, tokens, list]) => ({ team, tokens: `${tokens}.000000`, price: "2.999999997999999999", list })));
});

test("logins of every kind are text: exact in Parquet, no formula and no control character in CSV", async () => {
  const logins = ["=cmd|' /c calc'!a0", "+1@example.com", "-x@example.com", "@sum(a1)", "nul\0@example.com", "o'brien\"💸\n,x@example.com", "../../etc", "<script>"];
  await exportMonth(await ledgerOf(logins.map((by, hour) => ({ by, at: `2026-10-05T0${String(hour)}:00:00Z` }))), "2026-10");
  expect((await rowsOf("DISTINCT x_Caller AS caller")).map((row) => (row as { caller: string }).caller)).toEqual(logins.toSorted());
  const cells = await query(`SELECT DISTINCT x_Caller AS caller FROM read_csv('${folder}/reports/2026-10/focus.csv', all_varchar = true)`);
  expect(cells.map(({ caller }) => caller as string).toSorted()).toEqual(
    ["'=cmd|' /c calc'!a0", "'+1@example.com", "'-x@example.com", "'@sum(a1)", "nul[U+0000]@example.com", "o'brien\"💸\n,x@example.com", "../../etc", "<script>"].toSorted(),
  );
});

test("by team, rows have no callers and are the sums of those that have", async () => {
  const requests = ["ann@example.com", "bob@example.com", "ann@example.com"].map((by, hour) => ({ by, at: `2026-10-05T0${String(hour)}:00:00Z`, dollars: 3.1 * (hour + 1) }));
  const ledger = await ledgerOf(requests, { directory: { teams: [{ name: "web", members: ["*@example.com"] }] } });
  await exportMonth(ledger, "2026-10");
  const sums = "SubAccountId, x_Model, SkuMeter, sum(BilledCost)::VARCHAR AS billed, sum(ListCost)::DECIMAL(38,12)::VARCHAR AS list, sum(ConsumedQuantity)::VARCHAR AS counted";
  const summed = async (): Promise<unknown[]> => await query(`SELECT ${sums} FROM read_parquet('${folder}/reports/2026-10/focus.parquet') GROUP BY ALL ORDER BY ALL`);
  const byCaller = await summed();
  const byTeam = changeLedger(ledger, { rules: { report: { ...ledger.rules.report, focus: { ...ledger.rules.report.focus, detail: "team" } } } });
  expect(await exportMonth(byTeam, "2026-10")).toMatchObject({ rows: 2, detail: "team" });
  expect(await summed()).toEqual(byCaller);
  for (const file of [`read_parquet('${folder}/reports/2026-10/focus.parquet')`, `read_csv('${folder}/reports/2026-10/focus.csv')`]) {
    const columns = (await query(`SELECT column_name FROM (DESCRIBE SELECT * FROM ${file}) WHERE column_name = 'x_Dimensions' OR starts_with(column_name, 'x_Caller')`));
    expect(columns).toEqual([{ column_name: "x_Dimensions" }]);
  }
});

test("only the formats that are asked for are there, and others go", async () => {
  const ledger = await ledgerOf([{ by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: 0.1 }]);
  const asked = (...formats: FocusFormat[]): Ledger => changeLedger(ledger, { rules: { report: { ...ledger.rules.report, focus: { ...ledger.rules.report.focus, formats } } } });
  const files = (): string[] => readdirSync(`${folder}/reports/2026-10`).toSorted();
  await exportMonth(asked("csv", "parquet"), "2026-10");
  const plain = readFileSync(`${folder}/reports/2026-10/focus.csv`);
  expect((await exportMonth(asked("csv.gz"), "2026-10")).written).toEqual(["csv.gz"]);
  expect(files()).toEqual(["focus.csv.gz"]);
  expect(gunzipSync(readFileSync(`${folder}/reports/2026-10/focus.csv.gz`))).toEqual(plain);
  expect((await exportMonth(asked("csv.gz"), "2026-10")).written).toEqual([]);
});
