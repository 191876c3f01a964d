import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDays, startOfDay } from "../../src/ledger/days.ts";
import type { Alert } from "../../src/limits/alerts/alert.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { boundPeriod } from "../../src/limits/budgets/budget-period.ts";
import { digestBudget } from "../../src/limits/budgets/digest-budget.ts";
import { evaluateAll, spendNeeded } from "../../src/limits/budgets/evaluate-limits.ts";
import { currentEvaluations, endedEvaluations, evaluationsOfMonth, LOOK_BACK_DAYS } from "../../src/limits/budgets/evaluations.ts";
import { limitAlerts } from "../../src/limits/budgets/limit-alerts.ts";
import type { DaySpend } from "../../src/limits/budgets/spend.ts";
import { runs } from "../property/runs.ts";
import { budgetOf, DOLLAR, spentOn } from "./spent.ts";

const LONG_AGO = new Date("2020-01-01T00:00:00Z");

function endedAt(of: Partial<Budget>, now: string, since = LONG_AGO): string[] {
  const at = new Date(now);
  return endedEvaluations(budgetOf(of), since, at, at).map(({ period, ended, endDay }) => `${period.name} ${endDay} ${ended?.toISOString() ?? ""}`);
}

describe("the periods that ended", () => {
  test.each<[string, Partial<Budget>, string, string]>([
    ["a day", { per: "day" }, "2026-10-09T01:30:00Z", "2026-10-08 2026-10-09 2026-10-09T00:00:00.000Z"],
    ["a day at the moment of its end", { per: "day" }, "2026-10-09T00:00:00Z", "2026-10-08 2026-10-09 2026-10-09T00:00:00.000Z"],
    ["a day that is not over in its time zone", { per: "day", timezone: "America/New_York" }, "2026-10-09T03:59:59Z", "2026-10-07 2026-10-08 2026-10-08T04:00:00.000Z"],
    ["a day of 25 hours", { per: "day", timezone: "Europe/Berlin" }, "2026-10-25T23:00:00Z", "2026-10-25 2026-10-26 2026-10-25T23:00:00.000Z"],
    ["a day of 24.5 hours", { per: "day", timezone: "Australia/Lord_Howe" }, "2026-04-05T13:30:00Z", "2026-04-05 2026-04-06 2026-04-05T13:30:00.000Z"],
    ["a week", { per: "week" }, "2026-10-05T01:30:00Z", "2026-W40 2026-10-05 2026-10-05T00:00:00.000Z"],
    ["a month", {}, "2026-11-01T01:30:00Z", "2026-10 2026-11-01 2026-11-01T00:00:00.000Z"],
    ["a month in India", { timezone: "Asia/Kolkata" }, "2026-10-31T18:30:00Z", "2026-10 2026-11-01 2026-10-31T18:30:00.000Z"],
    ["a quarter", { per: "quarter" }, "2026-10-20T00:00:00Z", "2026-Q3 2026-10-01 2026-10-01T00:00:00.000Z"],
    ["a year", { per: "year" }, "2026-01-01T01:30:00Z", "2025 2026-01-01 2026-01-01T00:00:00.000Z"],
    ["a month that the budget's end cut short", { until: "2026-10-15" }, "2026-10-15T01:30:00Z", "2026-10 2026-10-15 2026-10-15T00:00:00.000Z"],
    ["a month with which the budget ended", { until: "2026-11-01" }, "2026-11-01T01:30:00Z", "2026-10 2026-11-01 2026-11-01T00:00:00.000Z"],
    ["a month of a budget that began in it", { from: "2026-10-31" }, "2026-11-01T01:30:00Z", "2026-10 2026-11-01 2026-11-01T00:00:00.000Z"],
  ])("%s", (_, of, now, first) => {
    expect(endedAt(of, now)[0]).toBe(first);
  });

  test.each<[string, Partial<Budget>, string]>([
    ["before the budget began", { from: "2026-11-01" }, "2026-11-02T00:00:00Z"],
    ["before a budget that has not begun", { from: "2027-01-01" }, "2026-11-02T00:00:00Z"],
    ["after the budget ended, long ago", { until: "2026-08-01" }, "2026-11-02T00:00:00Z"],
    ["that is under way", { per: "year" }, "2026-11-02T00:00:00Z"],
  ])("are none %s", (_, of, now) => {
    expect(endedAt(of, now)).toEqual([]);
  });

  test("are those that ended since the budget is watched, within the look-back", () => {
    expect(endedAt({ per: "day" }, "2026-10-09T01:30:00Z", new Date("2026-10-07T00:00:00Z")).map((one) => one.slice(0, 10))).toEqual(["2026-10-08", "2026-10-07", "2026-10-06"]);
    const all = endedAt({ per: "day" }, "2026-10-09T01:30:00Z");
    expect([all.length, all.at(-1)?.slice(0, 10)]).toEqual([LOOK_BACK_DAYS + 1, addDays("2026-10-08", -LOOK_BACK_DAYS)]);
    const monthsAfter = (days: number): string[] => endedAt({}, addDays("2026-11-01", days)).map((one) => one.slice(0, 7));
    expect([monthsAfter(LOOK_BACK_DAYS), monthsAfter(LOOK_BACK_DAYS + 1)]).toEqual([["2026-11", "2026-10"], ["2026-11"]]);
  });

  test("of a budget that ended in the middle of one count no later day", () => {
    const at = new Date("2026-10-20T00:00:00Z");
    const [state] = evaluateAll(endedEvaluations(budgetOf({ until: "2026-10-15" }), LONG_AGO, at, at), new Map([["UTC", [spentOn("2026-10-14"), spentOn("2026-10-15")]]]));
    expect([state?.period.name, state?.spent]).toEqual(["2026-10", DOLLAR]);
  });

  test("have no forecast, and stand as of their end or of the data where that ends before", () => {
    const now = new Date("2026-10-09T01:30:00Z");
    const states = (asOf: string): object[] => evaluateAll(endedEvaluations(budgetOf({ per: "day" }), new Date("2026-10-09T00:00:00Z"), now, new Date(asOf)), new Map([["UTC", [spentOn("2026-09-08"), spentOn("2026-10-08")]]]));
    expect(states("2026-10-09T01:00:00Z")).toMatchObject([{ asOf: new Date("2026-10-09T00:00:00Z"), forecast: null, forecastOver: false, elapsedPercent: 100 }]);
    expect(states("2026-10-08T23:00:00Z")).toMatchObject([{ asOf: new Date("2026-10-08T23:00:00Z"), forecast: null }]);
  });

  test("need the spend of their own days and of no history", () => {
    const now = new Date("2026-11-01T01:30:00Z");
    const needed = spendNeeded(endedEvaluations(budgetOf({}), now, now, now).concat(endedEvaluations(budgetOf({}), new Date("2026-11-01T00:00:00Z"), now, now)));
    expect([...needed]).toEqual([["UTC", { from: new Date("2026-10-01T00:00:00Z"), to: new Date("2026-11-01T00:00:00Z") }]]);
  });
});

describe("a month's report evaluates", () => {
  const ofMonth = (of: Partial<Budget>, month: string, lastExport?: string): (string | null | undefined)[] => {
    const [one] = evaluationsOfMonth([budgetOf(of)], month, lastExport === undefined ? undefined : new Date(lastExport));
    return [one?.period.name, one?.endDay, one?.asOf.toISOString(), one?.ended?.toISOString() ?? null];
  };
  const [september, newYork] = ["2026-09-30T18:30:00.000Z", "2026-10-01T04:00:00.000Z"];

  test.each<[string, Partial<Budget>, string, string | undefined, (string | null | undefined)[]]>([
    ["a period that ends with it", { timezone: "Asia/Kolkata", per: "quarter" }, "2026-09", "2027-01-01T00:00:00Z", ["2026-Q3", "2026-10-01", september, september]],
    ["a period that goes on", { timezone: "Asia/Kolkata", per: "year" }, "2026-09", "2027-01-01T00:00:00Z", ["2026", "2026-10-01", september, null]],
    ["the whole month where nothing is known of exports", {}, "2026-09", undefined, ["2026-09", "2026-10-01", "2026-10-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z"]],
    ["the day that the data goes to", { per: "day" }, "2026-09", "2026-09-10T12:00:00Z", ["2026-09-10", "2026-09-11", "2026-09-10T12:00:00.000Z", null]],
    ["a month that the budget's end cut short", { until: "2026-09-15" }, "2026-09", undefined, ["2026-09", "2026-09-15", "2026-09-15T00:00:00.000Z", "2026-09-15T00:00:00.000Z"]],
    ["a quarter that the budget's end cut short", { per: "quarter", until: "2026-09-15" }, "2026-09", "2027-01-01T00:00:00Z", ["2026-Q3", "2026-09-15", "2026-09-15T00:00:00.000Z", "2026-09-15T00:00:00.000Z"]],
    ["the last day of a budget that ended in it", { per: "day", until: "2026-09-15" }, "2026-09", undefined, ["2026-09-14", "2026-09-15", "2026-09-15T00:00:00.000Z", "2026-09-15T00:00:00.000Z"]],
    ["data that ends before the budget does", { until: "2026-09-15" }, "2026-09", "2026-09-10T12:00:00Z", ["2026-09", "2026-09-15", "2026-09-10T12:00:00.000Z", null]],
    ["nothing of a budget that ended before it", { until: "2026-09-01" }, "2026-09", undefined, [undefined, undefined, undefined, null]],
    ["nothing of a budget that begins after it", { from: "2026-10-01" }, "2026-09", undefined, [undefined, undefined, undefined, null]],
    ["a month that has not begun by the budget's clocks", { timezone: "America/New_York" }, "2026-10", "2026-10-01T01:00:00Z", ["2026-10", "2026-11-01", newYork, null]],
  ])("%s", (_, of, month, lastExport, expected) => {
    expect(ofMonth(of, month, lastExport)).toEqual(expected);
  });
});

describe("an alert of an ended period", () => {
  function alertsOf(of: Partial<Budget>, spend: readonly DaySpend[], now: string, since: string): Alert[] {
    const at = new Date(now);
    return limitAlerts(evaluateAll(endedEvaluations(budgetOf({ name: "web", ...of }), new Date(since), at, at), new Map([["UTC", spend]])));
  }

  test("says that it has ended and when, and nothing of a forecast", () => {
    const alerts = alertsOf({ per: "day", amount: DOLLAR, thresholds: [100] }, [spentOn("2026-10-08", { cost: 5n * DOLLAR })], "2026-10-09T01:30:00Z", "2026-10-09T00:00:00Z");
    expect(alerts).toMatchObject([{ kind: "budget", limit: "web", period: "2026-10-08", threshold: "100", figures: { spent_usd: "5.000000000", ended_at: "2026-10-09T00:00:00.000Z", forecast_usd: null } }]);
    expect(alerts[0]?.title).toBe("Budget web (everything): 100 % of $1.00 was spent in 2026-10-08; the day has ended");
    expect(alerts[0]?.lines).toEqual([
      "2026-10-08: $5.00 of $1.00 was spent (500 %), $4.00 over; the day has ended.",
      "It ended at 2026-10-09 00:00 UTC; the figures are as of 2026-10-09 00:00 UTC.",
      "Top models: claude-opus-4-8 $5.00.",
      "Top callers: ann@example.com $5.00.",
      "Where to look: aperture-ledger limits",
    ]);
  });

  test("of a month says on which day it was used up, and where to look in that month", () => {
    const spend = [spentOn("2026-10-02", { cost: 60n * DOLLAR }), spentOn("2026-10-31", { cost: 40n * DOLLAR })];
    const alert = alertsOf({ scope: new Map([["team", "payments"]]), thresholds: [100] }, spend, "2026-11-01T01:30:00Z", "2026-11-01T00:00:00Z")[0];
    expect(alert?.lines[2]).toBe("Used up: 2026-10-31.");
    expect(alert?.lines.at(-1)).toBe("Where to look: aperture-ledger limits; aperture-ledger explain --month 2026-10 --team payments");
  });

  test("of a budget that ended before its period says that the budget has ended", () => {
    const [alert] = alertsOf({ until: "2026-10-15" }, [spentOn("2026-10-14", { cost: 50n * DOLLAR })], "2026-10-15T01:30:00Z", "2026-10-15T00:00:00Z");
    expect([alert?.title, alert?.lines[1]]).toEqual(["Budget web (everything): 50 % of $100.00 was spent in 2026-10; the budget has ended", "It ended at 2026-10-15 00:00 UTC; the figures are as of 2026-10-15 00:00 UTC."]);
  });
});

test("every threshold that the final spend of a period reaches is told, and no other, whenever it was spent, came in and was looked at", () => {
  const timezones = fc.constantFrom("UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati");
  const unit = fc.constantFrom("day" as const, "week" as const, "month" as const, "quarter" as const, "year" as const);
  const day = fc.integer({ min: 0, max: 120 }).map((days) => addDays("2026-09-01", days));
  const late = fc.record({ day, cost: fc.bigInt({ min: 0n, max: 60n }), lateDays: fc.nat(20) });
  const times = fc.array(fc.integer({ min: 0, max: 160 * 24 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(late, { maxLength: 12 }), times, unit, timezones, fc.uniqueArray(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 4 }), (costs, hours, per, timezone, thresholds) => {
      const budget = budgetOf({ per, timezone, thresholds, forecast: true, amount: 100n });
      const start = startOfDay("2026-09-01", timezone).getTime();
      const evaluated = hours.toSorted((a, b) => a - b).map((hour) => new Date(start + hour * 3_600_000));
      const since = evaluated[0] ?? new Date(start);
      // Something that was spent on a day is known on the next at the earliest, or so many days later.
      const knownAt = ({ day: spentDay, lateDays }: { day: string; lateDays: number }): Date => startOfDay(addDays(spentDay, 1 + lateDays), timezone);
      const told: string[] = [];
      for (const now of evaluated) {
        const spend = costs.filter((one) => knownAt(one) <= now).map((one) => spentOn(one.day, { cost: one.cost }));
        const evaluations = [...currentEvaluations([budget], now, now), ...endedEvaluations(budget, since, now, now)];
        for (const { period, threshold } of limitAlerts(evaluateAll(evaluations, new Map([[timezone, spend]])))) told.push(`${period} ${threshold}`);
      }
      const periods = new Map(costs.map((one) => boundPeriod(per, startOfDay(one.day, timezone), timezone)).map((period) => [period.name, period]));
      for (const { name, firstDay, endDay, to } of periods.values()) {
        const ofPeriod = costs.filter((one) => one.day >= firstDay && one.day < endDay);
        const final = ofPeriod.reduce((sum, { cost }) => sum + cost, 0n);
        const reached = thresholds.filter((threshold) => final >= BigInt(threshold)).map((threshold) => `${name} ${String(threshold)}`);
        const alerted = [...new Set(told.filter((one) => one.startsWith(`${name} `) && !one.endsWith("forecast")))];
        expect(reached).toEqual(expect.arrayContaining(alerted));
        const complete = Math.max(to.getTime(), ...ofPeriod.map((one) => knownAt(one).getTime()));
        const lookBack = startOfDay(addDays(endDay, LOOK_BACK_DAYS), timezone).getTime();
        const wasLookedAt = evaluated.some((now) => now.getTime() >= complete && now.getTime() < lookBack) && to >= since;
        expect(alerted.toSorted()).toEqual((wasLookedAt ? reached : alerted).toSorted());
      }
    }),
    runs(100),
  );
});

test("a budget is another one when its amount, scope, period, time zone or thresholds are, and not when who is told is", () => {
  const digests = [{}, { amount: DOLLAR }, { scope: new Map([["team", "web"]]) }, { per: "day" }, { timezone: "Asia/Kolkata" }, { thresholds: [50] }].map((of) => digestBudget(budgetOf(of as Partial<Budget>)));
  expect(new Set(digests).size).toBe(digests.length);
  expect(digestBudget(budgetOf({ notify: ["ops"], forecast: false, until: "2027-01-01", thresholds: [100, 80, 50] }))).toBe(digests[0]);
});
