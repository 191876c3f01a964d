import { changeLedger } from "../change-ledger.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Ledger } from "../../src/open/ledger.ts";
import { parsePolicy } from "../../src/aperture/gateway/policy.ts";
import { type AllocatedFigures, type AllocatedSummary, sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { formatDollars, type Nanodollars, parseDollars } from "../../src/ledger/money.ts";
import { BILLINGS } from "../../src/ledger/usage/usage-record.ts";
import type { makeFigures } from "../allocation/autumn/make-figures.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { fillLake, type RealLake, reportOf } from "./real-lake.ts";

const FIGURES = JSON.parse(readFileSync(join(import.meta.dirname, "../allocation/autumn/figures.json"), "utf8")) as ReturnType<typeof makeFigures>;

describeWithFixtures("the insights of the autumn exports", ["autumn", "aperture-config.hujson", "policy.hujson"], (pathOf) => {
  let lake: RealLake;
  const reports = new Map<string, ChargebackReport>();
  const reported = (month: string): ChargebackReport => reports.get(month)!;

  beforeAll(async () => {
    lake = await fillLake(pathOf("autumn"));
    const config = checkConfig(parse(readFileSync(join(import.meta.dirname, "../allocation/autumn/aperture-ledger.yaml"), "utf8")), "aperture-ledger.yaml");
    const policy = parsePolicy(readFileSync(pathOf("policy.hujson"), "utf8"), "policy.hujson");
    const ledger: Ledger = changeLedger(lake.ledger, { rules: { allocation: allocationSettings(config, [{ date: "2026-09-01", ...policy }]) } });
    for (const month of ["2026-09", "2026-10"]) reports.set(month, await reportOf(ledger, month));
  }, 600_000);
  afterAll(async () => await lake.remove());

  describe.each(["2026-09", "2026-10"])("%s", (month) => {
    test("there is a detail of each team, in the order of the report", () => {
      const { insights, byTeam } = reported(month);
      expect(insights.teams.map(({ team, costCenter, figures }) => ({ key: { team, costCenter }, figures }))).toEqual(byTeam);
    });

    test("callers, tags, models, repositories and agents of a team add up to it, to the nanodollar and the billionth", () => {
      for (const team of reported(month).insights.teams) {
        const groupings: AllocatedSummary<unknown>[] = [team.byCaller, team.byTag, team.byModel, team.byAgent, ...team.byDimension.map(({ rows }) => rows)];
        expect(groupings).toHaveLength(5);
        for (const rows of groupings) expect(listAmounts(rows.map(({ figures }) => figures))).toEqual(listAmounts([team.figures]));
      }
      expect(reported(month).insights.teams.some(({ byAgent }) => byAgent.length > 2)).toBe(true);
    });

    test("days of a team add up to it, and days of all to the month", () => {
      const { insights, allocated } = reported(month);
      for (const { days, figures } of [{ days: insights.days, figures: allocated }, ...insights.teams]) {
        expect(days).toHaveLength(month === "2026-09" ? 30 : 31);
        for (const kind of BILLINGS) expect(days.reduce((sum, day) => sum + day.billing[kind], 0n)).toBe(figures.billing[kind].cost ?? 0n);
        expect(days.reduce((sum, day) => sum + day.requests, 0n)).toBe(figures.requests);
      }
    });

    test("days are those of the usage table", async () => {
      const days = await query(`
        SELECT ts::DATE::VARCHAR AS date, sum(cost_usd)::DECIMAL(38,9)::VARCHAR AS cost, count(*)::VARCHAR AS requests
        FROM read_parquet('${lake.directory}/usage/*/*.parquet', hive_partitioning = false) WHERE ts::DATE::VARCHAR LIKE '${month}-%' GROUP BY ALL ORDER BY date`);
      const used = reported(month).insights.days.filter(({ requests }) => requests > 0n);
      expect(used.map(({ date, billing, requests }) => ({ date, cost: formatDollars(billing.metered + billing.subscription + billing.self_hosted), requests: String(requests / 1_000_000_000n) }))).toEqual(days);
    });

    test("the sessions that cost most are those of the usage table", async () => {
      const sessions = await query(`
        SELECT session_id AS session, instance, sum(CASE WHEN billing = 'subscription' THEN 0 WHEN provider = 'anthropic' AND ts >= '2026-10-10T00:00:00Z'::TIMESTAMPTZ THEN cost_usd * 0.9 ELSE cost_usd END)::DOUBLE AS owed, count(*)::VARCHAR AS requests
        FROM read_parquet('${lake.directory}/usage/*/*.parquet', hive_partitioning = false) WHERE session_id <> '' AND ts::DATE::VARCHAR LIKE '${month}-%'
        GROUP BY ALL ORDER BY owed DESC NULLS LAST LIMIT 20`);
      const { topSessions, teams } = reported(month).insights;
      const expected = sessions.map((session) => ({ ...session, owed: expect.closeTo(Number(session["owed"]), 6) as number }));
      expect(topSessions.map(({ session, instance, owed, requests }) => ({ session, instance, owed: Number(formatDollars(owed)), requests: String(requests) }))).toEqual(expected);
      for (const team of teams) expect(team.topSessions.length).toBe(Math.min(10, team.sessions ?? 0));
    });
  });

  describe.each(["2026-09", "2026-10"])("%s, against figures that were worked out independently", (month) => {
    test("the days, models, people and sessions of each team", () => {
      const teams = Object.fromEntries(
        reported(month).insights.teams.map(({ team, activePersons, sessions, days, byModel }) => [
          team,
          {
            persons: activePersons,
            sessions,
            days: Object.fromEntries(days.filter(({ requests }) => requests > 0n).map(({ date, billing }) => [date, formatDollars(BILLINGS.reduce((sum, kind) => sum + billing[kind], 0n))])),
            models: byModel.map(({ figures }) => formatDollars(figures.cost ?? 0n)).toSorted(),
          },
        ]),
      );
      const expected = Object.entries(FIGURES[month]!.details).map(([team, { models, ...details }]) => [team, { ...details, models: Object.values(models).toSorted() }]);
      expect(teams).toEqual(Object.fromEntries(expected));
    });

    test("the change: what is owed exactly, its parts to the nanodollar that they are rounded to", () => {
      const { change } = reported(month).insights;
      const expected = FIGURES[month]!.change;
      expect(change && [formatDollars(change.before), formatDollars(change.now)]).toEqual(expected && [expected["before"], expected["now"]]);
      const differences = (["price", "volume", "mix"] as const).map((part) => (change?.[part] ?? 0n) - (parseDollars(expected?.[part] ?? "0") ?? 0n));
      expect(differences.filter((difference) => difference < -10n || difference > 10n)).toEqual([]);
    });
  });

  test("October is compared with September, exactly; September with nothing, for there is no August", () => {
    const [september, october] = [reported("2026-09"), reported("2026-10")];
    expect(september.insights.change).toBeNull();
    const { change, teams } = october.insights;
    expect(october.insights.comparison).toEqual({ basis: "days", days: { first: 15, last: 30 }, before: { first: 15, last: 30, of: 30 }, now: { first: 1, last: 31, of: 31 } });
    // September has no other days.
    expect([change?.month, change?.before]).toEqual(["2026-09", sumOwed(september.allocated).cost]);
    expect(change!.now).toBeLessThan(sumOwed(october.allocated).cost!);
    for (const one of [change!, ...teams.map((team) => team.change!)]) expect(one.price + one.volume + one.mix).toBe(one.now - one.before);
    expect(teams.reduce((sum, team) => sum + team.change!.now, 0n)).toBe(change!.now);
  });
});

function listAmounts(figures: readonly AllocatedFigures[]): (bigint | null)[] {
  const sum = (read: (of: AllocatedFigures) => Nanodollars | null): bigint => figures.reduce((all, one) => all + (read(one) ?? 0n), 0n);
  return [
    sum((one) => sumOwed(one).cost), sum((one) => one.adjustments), sum((one) => one.requests), sum((one) => one.unpricedRequests),
    sum(({ tokens }) => tokens.input), sum(({ tokens }) => tokens.output), sum(({ tokens }) => tokens.cached), sum(({ tokens }) => tokens.cacheWrite),
    ...BILLINGS.flatMap((kind) => [sum(({ billing }) => billing[kind].cost), sum(({ billing }) => billing[kind].requests), sum(({ billing }) => billing[kind].unpricedRequests)]),
  ];
}
