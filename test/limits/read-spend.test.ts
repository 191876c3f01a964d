import type { Ledger } from "../../src/open/ledger.ts";
import { describe, expect, test } from "vitest";
import { stateOfLimits } from "../../src/limits/check-limits.ts";
import { readSpend } from "../../src/limits/checking/read-spend.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { DayManifest } from "../../src/lake/days/day-manifest.ts";
import { layout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { boundPeriod } from "../../src/limits/budgets/budget-period.ts";
import type { DaySpend } from "../../src/limits/budgets/spend.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { budgetOf, DOLLAR } from "./spent.ts";
import { query } from "../query.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

interface Built {
  ledger: Ledger;
  folder: string;
  days: DayManifest[];
}

async function build(requests: readonly Asked[], written: Written = {}): Promise<Built> {
  const [source, folder] = [temporaryFolder(), temporaryFolder()];
  writeRequests(source, requests);
  const lake = new FsStore(folder);
  const allocation = settingsOf(written);
  const ledger = testLedger(new FsStore(source), lake, { rules: { allocation } });
  await runOnce(ledger);
  return { ledger, folder, days: [...(await loadLedgerState(lake)).days.values()] };
}

/** Dollars by what `nameOf` says, in order of name. */
function sumBy(spend: readonly DaySpend[], nameOf: (one: DaySpend) => string): Record<string, string> {
  const sums = new Map<string, bigint>();
  for (const one of spend) sums.set(nameOf(one), (sums.get(nameOf(one)) ?? 0n) + (one.cost ?? 0n));
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, cost]) => [name, formatDollars(cost)]));
}

describe("teams and tags are those of the allocations, adjustments aside", () => {
  const WRITTEN: Written = {
    directory: { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: [{ member: "bob@example.com", from: "2026-10-15" }] }, { name: "platform", members: ["tag:*"] }] },
    allocation: {
      pools: [{ name: "shared", when: { team: "platform" }, spread: "proportional" }],
      adjustments: [{ name: "committed", when: {}, percent: -7 }],
    },
  };
  const requests = ["2026-10-01", "2026-10-14", "2026-10-15", "2026-10-31"].flatMap((day): Asked[] => [
    { by: "ann@example.com", at: `${day}T00:05:00Z`, dollars: 3.333333333 },
    { by: "bob@example.com", at: `${day}T12:00:00Z`, dollars: 5 },
    { by: "tag:a,tag:b,tag:c", at: `${day}T23:50:00Z`, dollars: 7.000000001 },
  ]);

  test.each(["UTC", "America/New_York", "Asia/Kolkata"])("with days of %s", async (timezone) => {
    const { ledger, folder, days } = await build(requests, WRITTEN);
    const spend = await readSpend(ledger, days, new Date("2026-09-30T00:00:00Z"), new Date("2026-11-03T00:00:00Z"), timezone);
    const rows = await query(`SELECT team || ' ' || tag AS name, sum(cost_usd)::VARCHAR AS cost FROM read_parquet('${folder}/${layout.allocations("2026-10")}') WHERE method <> 'adjustment' GROUP BY ALL`);
    const allocated = Object.fromEntries(rows.map(({ name, cost }) => [name as string, cost]));
    expect(sumBy(spend, ({ team, tag }) => `${team} ${tag}`)).toEqual(allocated);
    expect(Object.keys(allocated)).toContain("web tag:b");
    expect(new Set(spend.map((one) => JSON.stringify({ ...one, cost: 0 }))).size).toBe(spend.length);
  });
});

describe("days begin and end by the clocks of the time zone", () => {
  // At the start, a quarter of an hour before the end, and after the end of the day on which the clocks change.
  test.each<[string, string, string[], string[]]>([
    ["Europe/Berlin", "2026-10-25", ["2026-10-24T22:00:00Z", "2026-10-25T22:45:00Z"], ["2026-10-24T21:45:00Z", "2026-10-25T23:00:00Z"]],
    ["Europe/Berlin", "2026-03-29", ["2026-03-28T23:00:00Z", "2026-03-29T21:45:00Z"], ["2026-03-28T22:45:00Z", "2026-03-29T22:00:00Z"]],
    ["America/New_York", "2026-11-01", ["2026-11-01T04:00:00Z", "2026-11-02T04:45:00Z"], ["2026-11-01T03:45:00Z", "2026-11-02T05:00:00Z"]],
    ["Australia/Lord_Howe", "2026-10-04", ["2026-10-03T13:30:00Z", "2026-10-04T12:45:00Z"], ["2026-10-03T13:15:00Z", "2026-10-04T13:00:00Z"]],
    ["Australia/Lord_Howe", "2026-04-05", ["2026-04-04T13:00:00Z", "2026-04-05T13:15:00Z"], ["2026-04-04T12:45:00Z", "2026-04-05T13:30:00Z"]],
    ["Asia/Kolkata", "2026-10-25", ["2026-10-24T18:30:00Z", "2026-10-25T18:15:00Z"], ["2026-10-24T18:15:00Z", "2026-10-25T18:30:00Z"]],
  ])("%s, %s", async (timezone, day, inside, outside) => {
    const asked = [...inside.map((at) => ({ at, dollars: 1 })), ...outside.map((at) => ({ at, dollars: 10 }))];
    const { ledger, days } = await build(asked.map((one) => ({ by: "ann@example.com", ...one })));
    const now = new Date(inside[1]!);
    const { from, to } = boundPeriod("day", now, timezone);
    const spend = await readSpend(ledger, days, from, to, timezone);
    expect(sumBy(spend, ({ day: of }) => of)).toEqual({ [day]: "2.000000000" });
    const [state] = await stateOfLimits(ledger, [budgetOf({ per: "day", timezone })], days, now);
    expect([state?.period.name, state?.spent]).toEqual([day, 2n * DOLLAR]);
  });
});

describe("a run with budgets", () => {
  const budgets = [budgetOf({ name: "month", amount: 20n * DOLLAR }), budgetOf({ name: "Kolkata's year", per: "year", timezone: "Asia/Kolkata" }), budgetOf({ name: "later", from: "2027-01-01" })];

  test("says how they stand, those in force alone; without budgets it says nothing of them", async () => {
    const folder = temporaryFolder();
    const [source, lake] = [new FsStore(folder), new FsStore(temporaryFolder())];
    writeRequests(folder, [
      { by: "ann@example.com", at: "2026-09-10T12:00:00Z", dollars: 7 },
      { by: "ann@example.com", at: "2026-10-10T12:00:00Z", dollars: 11 },
    ]);
    const { limits } = await runOnce(testLedger(source, lake, { rules: { budgets: () => budgets } }));
    expect(limits).toEqual([
      { name: "month", period: "2026-10", percent: 55, reached: [50] },
      { name: "Kolkata's year", period: "2026", percent: 18, reached: [] },
    ]);
    expect(await runOnce(testLedger(source, lake))).not.toHaveProperty("limits");
  });

  test("knows as much as is built: forecasts go by the last export", async () => {
    const { ledger, days } = await build([{ by: "ann@example.com", at: "2026-10-10T12:00:00Z", dollars: 10 }]);
    const [state] = await stateOfLimits(ledger, [budgetOf()], days, new Date("2026-10-20T00:00:00Z"));
    expect(state?.asOf.toISOString()).toBe("2026-10-11T00:59:59.000Z");
    const [empty] = await stateOfLimits(ledger, [budgetOf()], [], new Date("2026-10-20T00:00:00Z"));
    expect([empty?.spent, empty?.forecast]).toEqual([0n, null]);
  });
});
