import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { columnsOfVersion } from "../../src/chargeback/focus/focus-columns.ts";
import { FOCUS_VERSIONS, type FocusVersion } from "../../src/chargeback/focus/focus-settings.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { query } from "../query.ts";
import { writeRequests } from "../request-exports.ts";
import { testLedger } from "../test-ledger.ts";
import { exportOf } from "./autumn-focus.ts";
import { FocusChecker } from "./check-focus.ts";
import { CONTRADICTED, CORRECTED, SUPPORTED } from "./deviations.ts";
import { type FocusData, readFocusCsv, readFocusParquet } from "./focus-data.ts";
import { describeWithModel } from "./focus-model.ts";
import { LATER_RULES } from "./later-rules.ts";
import { SOME_CORRECTIONS } from "./some-corrections.ts";

const ADDED = {
  "1.3": ["AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags", "HostProviderName", "ServiceProviderName"],
  "1.4": ["InvoiceDetailId"],
};
const REMOVED = ["ProviderName", "PublisherName"];
test("each version has its columns, by name, and then our own", () => {
  const [first, second, third] = FOCUS_VERSIONS.map((version) => columnsOfVersion(version).map(({ name }) => name));
  const sorted = (names: readonly string[]): string[] => names.toSorted((a, b) => (a < b ? -1 : 1));
  expect(second).toEqual(sorted([...first!, ...ADDED["1.3"]]));
  expect(third).toEqual(sorted([...second!, ...ADDED["1.4"]].filter((name) => !REMOVED.includes(name))));
  expect(first!.filter((name) => [...ADDED["1.3"], ...ADDED["1.4"]].includes(name))).toEqual([]);
});

/** A pool, rules that split and that do not, a device of two tags, a discount. */
const SETTINGS = settingsOf({
  directory: {
    teams: [
      { name: "red", cost_center: "CC-1", members: ["ann@example.com"] },
      { name: "blue", members: ["bob@example.com"] },
      { name: "ops", members: ["tag:a", "tag:b"] },
      { name: "platform", members: ["tag:ci"] },
    ],
  },
  allocation: {
    rules: [
      { name: "both", when: { caller: "eve@example.com" }, split: { red: 70, blue: 30 } },
      { name: "lent", when: { caller: "cat@example.com" }, team: "blue" },
    ],
    pools: [{ name: "shared", when: { team: "platform" }, spread: { red: 2, blue: 1 } }],
    adjustments: [{ name: "deal", when: { team: "ops" }, percent: -10 }],
  },
});

const at = "2026-10-05T12:00:00Z";
const REQUESTS = [
  { by: "ann@example.com", at, dollars: 9 },
  { by: "eve@example.com", at, dollars: 10 },
  { by: "cat@example.com", at, dollars: 4, repo: "acme/web" },
  { by: "tag:ci", at, dollars: 9, repo: "acme/web" },
  { by: "tag:a,tag:b", at, dollars: 2 },
  { by: "nobody@example.com", at, dollars: 1 },
];

const CORRECTIONS = [...SOME_CORRECTIONS, { ...SOME_CORRECTIONS[0]!, method: "pool_even", rule: "shared", team: "web", reason: "pooled" }];

const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
const files = new Map<string, { csv: string; parquet: string }>();

beforeAll(async () => {
  const [source, lake] = [join(folder, "source"), join(folder, "lake")];
  writeRequests(source, REQUESTS);
  const ledger: Ledger = testLedger(new FsStore(source), new FsStore(lake), { rules: { allocation: SETTINGS } });
  await runOnce(ledger);
  for (const version of FOCUS_VERSIONS) {
    for (const detail of ["caller", "team"] as const) {
      const to = join(folder, `${version}-${detail}`);
      mkdirSync(to);
      files.set(`${version} ${detail}`, (await exportOf(ledger, "2026-10", to, detail === "caller" ? CORRECTIONS : [], { version, detail })).files);
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ofVersion = (version: FocusVersion, detail = "caller"): string => `read_parquet('${files.get(`${version} ${detail}`)!.parquet}')`;

test.each(["1.3", "1.4"] as const)("%s names method, part and resource of what pools and rules split, and nothing of a caller's own", async (version) => {
  const rows = await query(`SELECT x_Caller AS caller, SubAccountId AS team, x_Tag AS tag, BilledCost::DOUBLE AS billed, AllocatedMethodId AS method, AllocatedMethodDetails AS details, AllocatedResourceId AS id, AllocatedResourceName AS name, AllocatedTags AS allocated, Tags AS tags
    FROM ${ofVersion(version)} WHERE ChargeCategory = 'Usage' AND ChargeClass IS NULL ORDER BY caller, team, tag`);
  const part = (ratio: string, base?: string): string => `{"Elements":[{"AllocatedRatio":${ratio}}]${base === undefined ? "" : `,"x_Base":"${base}"`}}`;
  const tags = (all: Record<string, string>): string => JSON.stringify(Object.fromEntries(Object.entries(all).map(([name, value]) => [`aperture-ledger/${name}`, value])));
  const [red, blue, ops] = [{ team: "red", cost_center: "CC-1" }, { team: "blue" }, { team: "ops" }];
  const own = { method: null, details: null, id: null, name: null, allocated: null };
  const split = (team: Record<string, string>, method: string, details: string): object => ({ method, details, id: team["team"], name: team["team"], allocated: tags(team) });
  const repo = tags({ "dimension/repo": "acme/web" });
  expect(rows).toEqual([
    { caller: "ann@example.com", team: "red", tag: null, billed: 9, ...own, tags: tags(red) },
    { caller: "cat@example.com", team: "blue", tag: null, billed: 4, ...split(blue, "rule", part("1.0")), tags: repo },
    { caller: "eve@example.com", team: "blue", tag: null, billed: 3, ...split(blue, "split_weights", part("0.3", "30 of 100")), tags: "{}" },
    { caller: "eve@example.com", team: "red", tag: null, billed: 7, ...split(red, "split_weights", part("0.7", "70 of 100")), tags: "{}" },
    { caller: "nobody@example.com", team: null, tag: null, billed: 1, ...own, tags: "{}" },
    { caller: "tag:a,tag:b", team: "ops", tag: "tag:a", billed: 1, ...split({ ...ops, tag: "tag:a" }, "tags_even", part("0.5")), id: "ops", name: "ops", tags: "{}" },
    { caller: "tag:a,tag:b", team: "ops", tag: "tag:b", billed: 1, ...split({ ...ops, tag: "tag:b" }, "tags_even", part("0.5")), tags: "{}" },
    { caller: "tag:ci", team: "blue", tag: "tag:ci", billed: 3, ...split({ ...blue, tag: "tag:ci" }, "pool_weights", part("0.333333333", "1 of 3")), tags: repo },
    { caller: "tag:ci", team: "red", tag: "tag:ci", billed: 6, ...split({ ...red, tag: "tag:ci" }, "pool_weights", part("0.666666667", "2 of 3")), tags: repo },
  ]);
  expect(await query(`SELECT DISTINCT ServiceProviderName AS provider, HostProviderName AS host, InvoiceIssuerName AS issuer FROM ${ofVersion(version)}`)).toEqual([{ provider: "anthropic", host: "anthropic", issuer: "anthropic" }]);
});

test("the parts of each charge add up to one, and versions agree in every amount", async () => {
  expect(await query(`SELECT DISTINCT ratios FROM (SELECT x_Caller, sum((AllocatedMethodDetails ->> '$.Elements[0].AllocatedRatio')::DECIMAL(18,9))::VARCHAR AS ratios FROM ${ofVersion("1.4")} WHERE AllocatedMethodDetails IS NOT NULL GROUP BY ALL)`)).toEqual([{ ratios: "1.000000000" }]);
  const amounts = "SubAccountId, x_Tag, x_Method, x_Rule, ChargeCategory, ChargeClass, ChargePeriodStart, BilledCost, ListCost, PricingQuantity, ConsumedQuantity";
  for (const detail of ["caller", "team"]) {
    for (const version of ["1.3", "1.4"] as const) {
      const different = await query(`(SELECT ${amounts} FROM ${ofVersion("1.2", detail)} EXCEPT ALL SELECT ${amounts} FROM ${ofVersion(version, detail)}) UNION ALL (SELECT ${amounts} FROM ${ofVersion(version, detail)} EXCEPT ALL SELECT ${amounts} FROM ${ofVersion("1.2", detail)})`);
      expect(different).toEqual([]);
    }
  }
});

test("corrections of what a pool or rule gave a team name the method, and no part", async () => {
  expect(await query(`SELECT DISTINCT x_Method AS method, AllocatedMethodId AS id, AllocatedMethodDetails AS details, AllocatedResourceId AS team FROM ${ofVersion("1.4")} WHERE ChargeClass = 'Correction' ORDER BY 1`)).toEqual([
    { method: "adjustment", id: null, details: null, team: null },
    { method: "member", id: null, details: null, team: null },
    { method: "pool_even", id: "pool_even", details: null, team: "web" },
  ]);
});

describeWithModel("the rules of FOCUS 1.2 on columns that later versions keep, and what those add", (model) => {
  const data = new Map<string, FocusData>();
  beforeAll(async () => {
    for (const version of ["1.3", "1.4"]) {
      const { csv, parquet } = files.get(`${version} caller`)!;
      data.set(`${version} csv`, await readFocusCsv(csv)).set(`${version} parquet`, await readFocusParquet(parquet));
    }
  });

  describe.each(["1.3 csv", "1.3 parquet", "1.4 csv", "1.4 parquet"])("%s", (name) => {
    test("keeps every rule of 1.2, those of columns that are gone by the service provider in their place", () => {
      const { types, rows } = data.get(name)!;
      const named = { types: new Map([...types, ...REMOVED.map((column): [string, string] => [column, "VARCHAR"])]), rows: rows.map((row) => ({ ...row, ...Object.fromEntries(REMOVED.map((column) => [column, row["ServiceProviderName"] ?? null])) })) };
      const verdicts = new FocusChecker(named, model, SUPPORTED, CORRECTED).all();
      expect([...verdicts].flatMap(([id, { is }]) => (is === "failed" ? [id] : []))).toEqual(CONTRADICTED);
      expect([...verdicts.values()].filter(({ is }) => is === "passed").length).toBe(247);
    });

    test.each(LATER_RULES.filter(({ from }) => name >= from))("keeps: $text", ({ holds }) => {
      expect(holds(data.get(name)!)).toBe(true);
    });
  });
});
