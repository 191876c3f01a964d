import fc from "fast-check";
import { expect, test } from "vitest";
import { type ExplainedTeam, explainTeam } from "../../src/allocation/explain-team.ts";
import { sumOthers } from "../../src/allocation/explanation/rank-records.ts";
import { listTeams } from "../../src/allocation/explanation/read-team.ts";
import { sumExplained } from "../../src/allocation/explanation/sum-explained.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { layout } from "../../src/lake/layout.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { isListValue } from "../../src/ledger/usage/usage-record.ts";
import { dayPricing } from "../../src/prices/list/price-days.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { allocateAll, close } from "../e2e/closing.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { runs } from "./runs.ts";

const MONTH = "2026-09";
const MEMBERS = ["a@example.com", "b@example.com", "tag:ci", "tag:ci,tag:eu", "c@example.com"];
const SETTINGS: Written[] = [
  { directory: { teams: [{ name: "one", members: ["a@example.com"] }] } },
  { directory: { teams: [{ name: "one", members: ["a@example.com", "b@example.com"] }, { name: "two", members: ["b@example.com", "tag:ci"] }] }, allocation: { several: "even" } },
  {
    directory: { teams: [{ name: "one", members: ["a@example.com"] }, { name: "two", members: ["b@example.com", { member: "c@example.com", from: "2026-09-12" }] }] },
    allocation: {
      pools: [{ name: "shared", when: { tag: "tag:ci" }, spread: "proportional" }],
      adjustments: [{ name: "discount", when: {}, percent: -7.5, from: "2026-09-10" }, { name: "overhead", when: { team: "two" }, percent: 3.3 }],
    },
    charges: [
      { name: "commitment", kind: "commitment", provider: "anthropic", amount: "0.01", from: "2026-09-12" },
      { name: "seats", kind: "seats", provider: "anthropic", price: 7, people: ["a@example.com", "c@example.com"], when: { caller: "*@example.com" } },
    ],
  },
];
const PRICES: PriceEntry[][] = [[], [{ match: "house-model", input: 10_000, output: 10_000 }], [{ match: "house-model", input: 7_777, output: 1 }]] as PriceEntry[][];
/** The last hours of a month are of the next one in one of them, and its first of the month before in another. */
const ZONES = ["UTC", "Asia/Tokyo", "America/Los_Angeles"];

const asked = (date: string): fc.Arbitrary<Asked> =>
  fc.record({
    by: fc.constantFrom(...MEMBERS),
    at: fc.integer({ min: 0, max: 23 * 60 }).map((minute) => `${date}T${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}:00Z`),
    dollars: fc.option(fc.integer({ min: 0, max: 9_999_999 }).map((units) => units / 1e9), { nil: null }),
  }).map((one) => ({ ...one, ...(one.dollars === null && { model: "anthropic/house-model" }) }));

/** Each day once: a day's requests are one export. */
const DATES = ["2026-09-01", "2026-09-05", "2026-09-10", "2026-09-15", "2026-09-30"];
const LATE_DATES = ["2026-08-31", "2026-09-02", "2026-09-11", "2026-09-29", "2026-10-01"];
const requestsOn = (dates: readonly string[], least: number): fc.Arbitrary<Asked[]> =>
  fc.tuple(...dates.map((date) => fc.array(asked(date), { maxLength: 4 }))).map((lists) => lists.flat()).filter((all) => all.length >= least);
const state = fc.record({ settings: fc.constantFrom(...SETTINGS), prices: fc.constantFrom(...PRICES), timezone: fc.constantFrom(...ZONES) });
type State = typeof state extends fc.Arbitrary<infer Value> ? Value : never;

test("for any close and whatever comes later, each team's records come to its closed figure, and with the corrections to the recomputation", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(requestsOn(DATES, 3), requestsOn(LATE_DATES, 0), state, state, async (known, late, then, now) => {
      const [source, place, scratch] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
      const ledgerOf = (lake: string, { settings, prices, timezone }: State): Ledger => {
        const sources = { list: compilePriceList(prices, timezone), gateways: new Map<string, never>() };
        return testLedger(new FsStore(source), new FsStore(lake), { rules: { allocation: settingsOf({ ...settings, timezone }) }, money: { prices: sources, pricingOf: dayPricing(sources) } });
      };
      writeRequests(source, known);
      await runOnce(ledgerOf(place, then));
      for (const month of ["2026-08", MONTH]) if (await hasUsage(place, month)) await close(ledgerOf(place, then), month);
      if (!(await hasUsage(place, MONTH))) return;
      const before = await explainAll(ledgerOf(place, then), place);
      writeRequests(source, late);
      await runOnce(ledgerOf(place, now));
      await runOnce(ledgerOf(scratch, now));
      await allocateAll(ledgerOf(scratch, now));
      const recomputed = (await hasUsage(scratch, MONTH)) ? await explainAll(ledgerOf(scratch, now), scratch) : new Map<string, ExplainedTeam>();
      for (const team of new Set([...before.keys(), ...recomputed.keys()])) {
        const explained = await explainTeam(ledgerOf(place, now), MONTH, team, 9999).catch(refusedFor(before.has(team)));
        const [closed, today] = [before.get(team), recomputed.get(team)].map((one) => (one === undefined ? { owed: 0n, listValue: 0n } : sumExplained(one.rows)));
        if (explained !== undefined) expectSame(explained, before.get(team));
        const corrections = (explained?.corrections ?? []).reduce((sum, { owed }) => sum + owed, 0n);
        expect([team, formatDollars(closed!.owed + corrections)]).toEqual([team, formatDollars(today!.owed)]);
      }
    }),
    runs(2),
  );
});

/** A team is refused that has neither a closed figure nor a correction, and no other. */
function refusedFor(hasFigures: boolean): (error: unknown) => undefined {
  return (error) => {
    if (hasFigures || !(error instanceof LedgerError) || error.code !== "usage") throw error;
  };
}

/** As at the close: the same rows and the same records, which come to the figures. */
function expectSame(explained: ExplainedTeam, before: ExplainedTeam | undefined): void {
  expect(explained.rows).toEqual(before?.rows ?? []);
  const { records } = explained;
  if ("why" in records) throw new Error(records.why);
  expect(sumOthers(records)).toEqual({ count: 0, owed: 0n, listValue: 0n });
  expect(records.listed).toEqual(before === undefined || "why" in before.records ? [] : before.records.listed);
  const { owed, listValue, byKind: { charges } } = sumExplained(explained.rows);
  const sum = (ofListValue: boolean): bigint => records.listed.filter(({ usage }) => isListValue(usage.billing) === ofListValue).reduce((all, { part, adjustments }) => all + part + adjustments, 0n);
  expect([sum(false), sum(true)]).toEqual([owed - charges, listValue]);
}

async function hasUsage(place: string, month: string): Promise<boolean> {
  return (await teamsOf(place, month)).length > 0;
}

async function teamsOf(place: string, month: string): Promise<string[]> {
  if ((await new FsStore(place).head(layout.allocations(month))) === undefined) return [];
  return await withDuckDb({ temporaryDirectory: temporaryFolder() }, (duck) => listTeams(duck, `${place}/${layout.allocations(month)}`));
}

async function explainAll(ledger: Ledger, place: string): Promise<Map<string, ExplainedTeam>> {
  const explained = new Map<string, ExplainedTeam>();
  for (const team of await teamsOf(place, MONTH)) explained.set(team, await explainTeam(ledger, MONTH, team, 9999));
  return explained;
}
