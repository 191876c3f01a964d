import { beforeEach, expect, test } from "vitest";
import { type AllocatedSummary, sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import type { Insights } from "../../src/chargeback/report/insights.ts";
import { publishReport } from "../../src/chargeback/gathering/publish-report.ts";
import type { SessionFigures } from "../../src/chargeback/sections/sessions.ts";
import { formatDollars, parseDollars } from "../../src/ledger/money.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { dayPricing } from "../../src/prices/list/price-days.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import type { LedgerChanges } from "../change-ledger.ts";
import { reportOf } from "../chargeback/real-lake.ts";
import { mapOf } from "../map-of.ts";
import { query } from "../query.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

const [ANN, BOB, CAT] = ["ann@example.com", "bob@example.com", "cat@example.com"];

/** Bob moves from web to payments, Ann works for both, Cat's cost is everybody's, a device of two tags is nobody's. */
const TEAMS: Written = {
  directory: {
    teams: [
      { name: "payments", cost_center: "CC-1", members: [ANN, { member: BOB, from: "2026-10-15" }] },
      { name: "web", members: [ANN, { member: BOB, until: "2026-10-15" }] },
      { name: "platform", members: [CAT] },
    ],
  },
  allocation: {
    rules: [{ name: "both", when: { caller: ANN }, split: { payments: 75, web: 25 } }],
    pools: [{ name: "shared", when: { team: "platform" }, spread: "proportional" }],
  },
};

const REQUESTS: Asked[] = [
  { by: BOB, at: "2026-09-10T12:00:00Z", dollars: 5 },
  { by: BOB, at: "2026-10-10T12:00:00Z", dollars: 10, session: "s1", agent: "claude-cli/2" },
  { by: BOB, at: "2026-10-20T12:00:00Z", dollars: 30, session: "s1", agent: "codex_cli_rs/1" },
  { by: ANN, at: "2026-10-11T12:00:00Z", dollars: 8, session: "s2", agent: "claude-cli/2" },
  { by: ANN, at: "2026-10-11T12:01:00Z", dollars: 4, agent: "codex_cli_rs/1" },
  { by: "tag:a,tag:b", at: "2026-10-12T12:00:00Z", dollars: 5 },
  { by: CAT, at: "2026-10-13T12:00:00Z", dollars: 9, session: "s3", agent: "claude-cli/2" },
  { by: ANN, at: "2026-11-02T12:00:00Z", dollars: 1 },
];

let folder: string;
let source: string;

beforeEach(() => {
  [source, folder] = [temporaryFolder(), temporaryFolder()];
});

async function insightsOf(requests: readonly Asked[], changes: LedgerChanges = {}, written = TEAMS): Promise<Insights> {
  writeRequests(source, requests);
  const ledger = testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf(written) } }, changes);
  await runOnce(ledger);
  const report = await reportOf(ledger, "2026-10");
  await publishReport(ledger.stores.lake, report);
  return report.insights;
}

const dollars = (text: string): bigint => parseDollars(text) ?? 0n;
const owedBy = <Key extends object>(rows: AllocatedSummary<Key>): unknown[] => rows.map(({ key, figures }): unknown[] => [...new Map<string, unknown>(Object.entries(key)).values(), formatDollars(sumOwed(figures).cost ?? 0n)]);
const owedFor = (sessions: readonly SessionFigures[]): unknown[] => sessions.map(({ session, caller, owed, requests }) => [session, caller, formatDollars(owed), requests]);

function teamOf({ teams }: Insights, name: string): Insights["teams"][number] {
  return teams.find(({ team }) => team === name)!;
}

test("each team has its callers, agents, people, sessions and days, as worked out by hand", async () => {
  const insights = await insightsOf(REQUESTS);
  expect(insights.teams.map(({ team }) => team)).toEqual(["payments", "web", "(unallocated)"]);

  // Bob's 30, three quarters of Ann's 8 and 4, and 39 of 52 of Cat's 9.
  const payments = teamOf(insights, "payments");
  expect(owedBy(payments.byCaller)).toEqual([[BOB, "user", "30.000000000"], [ANN, "user", "9.000000000"], [CAT, "user", "6.750000000"]]);
  expect(owedBy(payments.byAgent)).toEqual([["codex", "33.000000000"], ["claude-code", "12.750000000"]]);
  expect([payments.activePersons, payments.perActivePerson]).toEqual([3, dollars("15.25")]);
  expect([payments.sessions, payments.perSession]).toEqual([3, dollars("14.25")]);
  expect(owedFor(payments.topSessions)).toEqual([["s1", BOB, "30.000000000", 1n], ["s3", CAT, "6.750000000", 1n], ["s2", ANN, "6.000000000", 1n]]);

  const web = teamOf(insights, "web");
  expect(owedBy(web.byAgent)).toEqual([["claude-code", "14.250000000"], ["codex", "1.000000000"]]);
  expect([web.activePersons, web.perActivePerson]).toEqual([3, dollars("5.083333333")]);
  expect(owedFor(web.topSessions)).toEqual([["s1", BOB, "10.000000000", 1n], ["s3", CAT, "2.250000000", 1n], ["s2", ANN, "2.000000000", 1n]]);
  expect(web.topSessions[0]!.to).toEqual(new Date("2026-10-10T12:00:00Z"));
  expect(web.days.filter(({ requests }) => requests > 0n).map(({ date, billing }) => [date, billing.metered])).toEqual([["2026-10-10", dollars("10")], ["2026-10-11", dollars("3")], ["2026-10-13", dollars("2.25")]]);

  const nobody = teamOf(insights, "(unallocated)");
  expect(owedBy(nobody.byTag)).toEqual([["tag:a", "2.500000000"], ["tag:b", "2.500000000"]]);
  expect(owedBy(nobody.byAgent)).toEqual([[null, "5.000000000"]]);
  expect([nobody.activePersons, nobody.perActivePerson, nobody.sessions, nobody.perSession]).toEqual([0, null, 0, null]);
});

test("overall: the sessions, the pool, and every day of the month", async () => {
  const { topSessions, pools, days } = await insightsOf(REQUESTS);
  expect(owedFor(topSessions)).toEqual([["s1", BOB, "40.000000000", 2n], ["s3", CAT, "9.000000000", 1n], ["s2", ANN, "8.000000000", 1n]]);
  expect(topSessions[0]).toMatchObject({ agent: "claude-code", from: new Date("2026-10-10T12:00:00Z"), to: new Date("2026-10-20T12:00:00Z") });
  expect(pools).toEqual([
    {
      pool: "shared",
      cost: dollars("9"),
      shares: [
        { team: "payments", cost: dollars("6.75"), listValue: 0n, base: "$39.000000000 of $52.000000000" },
        { team: "web", cost: dollars("2.25"), listValue: 0n, base: "$13.000000000 of $52.000000000" },
      ],
    },
  ]);
  expect(days).toHaveLength(31);
  expect(days.filter(({ requests }) => requests > 0n).map(({ date }) => date.slice(-2))).toEqual(["10", "11", "12", "13", "20"]);
});

test("the change against September, of all and of a team", async () => {
  const insights = await insightsOf(REQUESTS);
  // 110 tokens for 5, now 660 for 66: 550 more at the price of before, and 6 of 5/110 more than 60.
  expect(insights.change).toEqual({ month: "2026-09", days: { first: 10, last: 30 }, before: dollars("5"), now: dollars("66"), price: dollars("36"), volume: dollars("25"), mix: 0n });
  expect(teamOf(insights, "web").change).toEqual({ month: "2026-09", days: { first: 10, last: 30 }, before: dollars("5"), now: dollars("15.25"), price: dollars("6.5"), volume: dollars("3.75"), mix: 0n });
  expect(teamOf(insights, "payments").change).toMatchObject({ before: 0n, volume: dollars("45.75"), price: 0n, mix: 0n });
});

test("without a month before there is no change", async () => {
  const { change, teams } = await insightsOf(REQUESTS.slice(1));
  expect([change, ...teams.map((team) => team.change)]).toEqual([null, null, null, null]);
});

test("a closed month before is compared as it was closed, whoever would pay for it now", async () => {
  await insightsOf(REQUESTS);
  const everybody: Written = { directory: { teams: [{ name: "all", members: ["*"] }] } };
  const open = await insightsOf([], {}, everybody);
  expect([open.change?.before, teamOf(open, "all").change?.before]).toEqual([dollars("5"), dollars("5")]);
  await insightsOf([]);
  await close(testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf(TEAMS) } }), "2026-09");
  const closed = await insightsOf([], {}, everybody);
  expect([closed.change?.before, teamOf(closed, "all").change?.before]).toEqual([dollars("5"), 0n]);
});

test("a discount is in what sessions and agents cost, and in no day", async () => {
  const discounted = { ...TEAMS, allocation: { ...TEAMS.allocation, adjustments: [{ name: "less", when: { team: "payments" }, percent: -10 }] } };
  const insights = await insightsOf(REQUESTS, {}, discounted);
  const payments = teamOf(insights, "payments");
  expect(owedBy(payments.byAgent)).toEqual([["codex", "29.700000000"], ["claude-code", "11.475000000"]]);
  expect(payments.topSessions[0]).toMatchObject({ session: "s1", owed: dollars("27") });
  expect(insights.topSessions[0]).toMatchObject({ session: "s1", owed: dollars("37") });
  expect(payments.days.find(({ date }) => date === "2026-10-20")!.billing.metered).toBe(dollars("30"));
});

test("budgets of one team stand as at the end of the month, whatever came after it", async () => {
  const budget: Budget = { name: "monthly", scope: mapOf({ team: "payments" }), amount: dollars("50"), per: "month", timezone: "UTC", thresholds: [], forecast: false, notify: [] };
  const budgets = [
    budget,
    { ...budget, name: "of both", scope: mapOf({ team: ["payments", "web"] }) },
    { ...budget, name: "of a model", scope: mapOf({ team: "payments", model: "claude-opus-*" }) },
    { ...budget, name: "of all", scope: mapOf<string>({}), per: "year" as const, amount: dollars("1000") },
  ];
  const insights = await insightsOf(REQUESTS, { rules: { budgets: () => budgets } });
  expect(insights.teams.map((team) => team.budgets)).toEqual([
    [
      { name: "monthly", scope: "team payments", isWholeTeam: true, period: "2026-10", amount: dollars("50"), spent: dollars("45.75"), percent: 91.5, forecast: null },
      expect.objectContaining({ name: "of a model", isWholeTeam: false }),
    ],
    [],
    [],
  ]);
  expect(insights.budgets).toMatchObject({ company: [{ name: "of all", spent: dollars("71") }], others: [{ name: "of both" }, { name: "of a model" }] });
});

test("caches saved what reading them is cheaper, less what writing them is dearer; who has no price is counted", async () => {
  const prices = { list: compilePriceList([{ match: "claude-opus-4-8", input: 5, cached: 0.5, cache_write_5m: 6.25 }], "UTC"), gateways: new Map() };
  const cached = { by: ANN, at: "2026-10-11T12:00:00Z", cached: 1_000_000, written: 100_000 };
  const insights = await insightsOf([cached, { ...cached, at: "2026-10-12T12:00:00Z", written: 0 }, { ...cached, model: "anthropic/claude-haiku-4-5" }], { money: { prices } });
  expect(insights.cacheSavings).toEqual([{ provider: "anthropic", model: "claude-opus-4-8", billing: "metered", cachedTokens: 2_000_000n, saved: dollars("8.875") }]);
  expect(insights.modelsWithoutPrice).toBe(1);
});

test("answers that broke off are counted, those of the month alone", async () => {
  const broken = { by: ANN, at: "2026-10-31T23:00:00Z", output: 0 };
  expect((await insightsOf([broken, { ...broken, at: "2026-10-01T00:00:00Z" }, { ...broken, at: "2026-11-01T00:00:00Z" }])).partialRequests).toBe(2n);
});

test("requests whose counts are assumed or contradicted are counted, those of the month alone", async () => {
  const prices = { list: compilePriceList([{ match: "*", input: 5, output: 25 }], "UTC"), gateways: new Map() };
  const assumed = { by: ANN, at: "2026-10-11T12:00:00Z", model: "acme/m", dollars: null };
  const requests = [assumed, { ...assumed, at: "2026-10-12T12:00:00Z" }, { ...assumed, at: "2026-10-13T12:00:00Z", cached: 101 }, { ...assumed, at: "2026-11-01T12:00:00Z" }, { ...assumed, model: "anthropic/m" }, { ...assumed, dollars: 1 }];
  const { countingDoubts } = await insightsOf(requests, { money: { prices, pricingOf: dayPricing(prices) } });
  expect(countingDoubts).toEqual({ assumed: 2n, contradicted: 1n });
});

test("days begin in the configured time zone", async () => {
  const { days } = await insightsOf([{ by: ANN, at: "2026-09-30T22:30:00Z" }, { by: ANN, at: "2026-10-25T23:30:00Z", dollars: 2 }], {}, { ...TEAMS, timezone: "Europe/Berlin" });
  expect(days.filter(({ requests }) => requests > 0n).map(({ date, billing }) => [date, billing.metered])).toEqual([["2026-10-01", dollars("1")], ["2026-10-26", dollars("2")]]);
});

test("the report says it in JSON and as rows, and says the same again", async () => {
  await insightsOf(REQUESTS);
  const readFile = async (file: string): Promise<string> => Buffer.from(await new FsStore(folder).read(`reports/2026-10/${file}`)).toString();
  const read = async (): Promise<string[]> => await Promise.all(["chargeback.json", "summary.csv"].map(readFile));
  const first = await read();
  const { insights } = JSON.parse(first[0]!) as { insights: { change: object; teams: { team: string; per_session_usd: string }[]; top_sessions: object[] } };
  expect(insights.change).toMatchObject({ month: "2026-09", now_usd: "66.000000000", volume_usd: "25.000000000" });
  expect(insights.teams.map(({ team, per_session_usd }) => [team, per_session_usd])).toEqual([["payments", "14.250000000"], ["web", "4.750000000"], ["(unallocated)", null]]);
  expect(insights.top_sessions[0]).toMatchObject({ session: "s1", owed_usd: "40.000000000", from: "2026-10-10T12:00:00.000Z", requests: 2 });

  const sums = await query(`
    SELECT section, team, sum(owed_usd::DECIMAL(18,9))::VARCHAR AS owed FROM read_csv('${folder}/reports/2026-10/summary.csv', all_varchar = true)
    WHERE section IN ('total', 'team', 'team caller', 'team agent', 'day') AND (team = 'payments' OR section = 'total') GROUP BY ALL ORDER BY section`);
  expect(sums.map(({ section, owed }) => [section, owed])).toEqual([["day", "45.750000000"], ["team", "45.750000000"], ["team agent", "45.750000000"], ["team caller", "45.750000000"], ["total", "66.000000000"]]);
  await insightsOf([]);
  expect(await read()).toEqual(first);
});
