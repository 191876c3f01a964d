import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMonthBudgets } from "../../src/chargeback/gathering/month-budgets.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import type { DayManifest } from "../../src/lake/days/day-manifest.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { budgetOf, DOLLAR } from "../limits/spent.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { testLedger } from "../test-ledger.ts";

const allocation = settingsOf({ directory: { teams: [{ name: "payments", members: ["ann@example.com"] }] } });
const by = "ann@example.com";
const REQUESTS: Asked[] = [
  { by, at: "2026-08-31T12:00:00Z", dollars: 2 },
  { by, at: "2026-09-10T12:00:00Z", dollars: 30 },
  { by, at: "2026-09-29T12:00:00Z", dollars: 20 },
  // The 1st of October in India.
  { by, at: "2026-09-30T20:00:00Z", dollars: 8 },
  // The 30th of September in New York.
  { by, at: "2026-10-01T02:00:00Z", dollars: 4 },
  { by, at: "2026-10-03T12:00:00Z", dollars: 50 },
  { by, at: "2026-11-15T12:00:00Z", dollars: 1000 },
];

interface Built {
  lake: FsStore;
  days: DayManifest[];
}
let folder: string;
let all: Built;
let untilSeptember: Built;

async function build(name: string, requests: readonly Asked[]): Promise<Built> {
  const source = join(folder, name, "exports");
  writeRequests(source, requests);
  const lake = new FsStore(join(folder, name, "lake"));
  await runOnce(testLedger(new FsStore(source), lake, { rules: { allocation } }));
  return { lake, days: [...(await loadLedgerState(lake)).days.values()] };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  all = await build("all", REQUESTS);
  untilSeptember = await build("until September", REQUESTS.slice(0, 4));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function stateOf({ lake, days }: Built, month: string, of: Partial<Budget>): Promise<string[]> {
  const budget = budgetOf({ scope: new Map([["team", "payments"]]), ...of });
  const { byTeam: states } = await readMonthBudgets(testLedger(lake, lake, { rules: { allocation } }), [budget], days, boundMonth(month, "UTC"));
  const show = (amount: bigint | null): string => (amount === null ? "none" : formatDollars(amount).replace(/\.?0+$/, ""));
  return (states.get("payments") ?? []).map(({ period, spent, forecast }) => `${period}: ${show(spent)}, forecast ${show(forecast)}`);
}

describe("a budget in a month's report stands as at the end of that month", () => {
  test.each<[string, string, Partial<Budget>, string]>([
    ["a year counts no later month", "2026-09", { per: "year" }, "2026: 60,"],
    ["nor in the report of the month after", "2026-10", { per: "year" }, "2026: 114,"],
    ["a quarter that goes on", "2026-10", { per: "quarter" }, "2026-Q4: 54,"],
    ["a quarter that is over", "2026-09", { per: "quarter" }, "2026-Q3: 60, forecast none"],
    ["a quarter in India ends with India's September", "2026-09", { per: "quarter", timezone: "Asia/Kolkata" }, "2026-Q3: 52, forecast none"],
    ["a year in India", "2026-09", { per: "year", timezone: "Asia/Kolkata" }, "2026: 52,"],
    ["a month in India", "2026-09", { timezone: "Asia/Kolkata" }, "2026-09: 50, forecast none"],
    ["a month in New York", "2026-09", { timezone: "America/New_York" }, "2026-09: 62, forecast none"],
    ["a year in New York", "2026-09", { per: "year", timezone: "America/New_York" }, "2026: 64,"],
    ["a week that goes on into the next month", "2026-09", { per: "week" }, "2026-W40: 28,"],
    ["the last day", "2026-09", { per: "day" }, "2026-09-30: 8, forecast none"],
    ["a month of the calendar", "2026-10", {}, "2026-10: 54, forecast none"],
  ])("%s", async (_, month, of, expected) => {
    const [state = ""] = await stateOf(all, month, of);
    expect(state.slice(0, expected.length)).toBe(expected);
  });

  test("its forecast too goes by nothing that came later", async () => {
    for (const of of [{ per: "year" }, { per: "week" }, { per: "year", timezone: "Asia/Kolkata" }] as const) {
      expect(await stateOf(all, "2026-09", of)).toEqual(await stateOf(untilSeptember, "2026-09", of));
    }
  });

  test("a month that is not over has the forecast of now", async () => {
    const early = await build("early", REQUESTS.slice(0, 2));
    const [state = ""] = await stateOf(early, "2026-09", {});
    // The export that has the 10th in it is of the end of the 10th.
    expect(state).toMatch(/^2026-09: 30, forecast (?!30$)\d+/);
  });

  test("a budget that ended within the month stands as at its own end, one that began after it not at all", async () => {
    expect(await stateOf(all, "2026-09", { until: "2026-09-30" })).toEqual(["2026-09: 50, forecast none"]);
    expect(await stateOf(all, "2026-09", { from: "2026-10-01" })).toEqual([]);
    expect(await stateOf(all, "2026-09", { until: "2026-10-01", amount: 100n * DOLLAR })).toEqual(["2026-09: 58, forecast none"]);
  });
});
