import { describe, expect, test } from "vitest";
import type { LimitState } from "../../src/limits/budgets/limit-state.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { currentEvaluations } from "../../src/limits/budgets/evaluations.ts";
import { evaluateLimits, spendNeeded } from "../../src/limits/budgets/evaluate-limits.ts";
import { limitAlerts } from "../../src/limits/budgets/limit-alerts.ts";
import { limitFigures } from "../../src/limits/budgets/limit-figures.ts";
import { describeScope, scopeMatcher, teamsOfScope } from "../../src/limits/budgets/scope.ts";
import { showDollars, showExhaustion, showForecast } from "../../src/limits/budgets/show-limit.ts";
import type { DaySpend } from "../../src/limits/budgets/spend.ts";
import { sumBudget } from "../../src/limits/budgets/sum-budget.ts";
import { mapOf } from "../map-of.ts";
import { budgetOf, DOLLAR, spentOn } from "./spent.ts";

function stateOf(of: Partial<Budget>, spend: readonly DaySpend[], now: string): LimitState {
  const budget = budgetOf(of);
  return evaluateLimits([budget], new Map([[budget.timezone, spend]]), new Date(now))[0]!;
}

const spent = (dollars: bigint, day = "2026-10-01"): DaySpend[] => [spentOn(day, { cost: dollars * DOLLAR })];

describe("the figures of a budget", () => {
  test("are thresholds reached to the nanodollar, in order, and shares rounded down", () => {
    const reached = (cost: bigint): readonly number[] => stateOf({ thresholds: [100, 50, 80] }, [spentOn("2026-10-01", { cost })], "2026-10-20T00:00:00Z").reached;
    expect(reached(50n * DOLLAR - 1n)).toEqual([]);
    expect(reached(50n * DOLLAR)).toEqual([50]);
    expect(reached(100n * DOLLAR)).toEqual([50, 80, 100]);
    const state = stateOf({}, [spentOn("2026-10-01", { cost: 99_999_999_999n })], "2026-10-20T00:00:00Z");
    expect([state.percent, state.elapsedPercent, state.pace, state.left]).toEqual([99.9, 61.2, 1.63, 1n]);
  });

  test("have no pace before anything of the period is known, and a forecast over the amount only beyond it", () => {
    const first = stateOf({}, spent(10n, "2026-09-30"), "2026-10-01T00:00:00Z");
    expect([first.pace, first.elapsedPercent, first.forecast, first.spent]).toEqual([null, 0, null, 0n]);
    const even = stateOf({ amount: 310n * DOLLAR }, Array.from({ length: 10 }, (_, index) => spentOn(`2026-10-${String(index + 1).padStart(2, "0")}`, { cost: 10n * DOLLAR })), "2026-10-11T00:00:00Z");
    expect([even.forecast?.expected, even.forecastOver, even.exhausted]).toEqual([310n * DOLLAR, false, null]);
  });

  test("for machines are dollars with nine decimals, the day of exhaustion, and of a day's budget the instant", () => {
    const month = stateOf({ amount: 50n * DOLLAR }, spent(60n), "2026-10-20T00:00:00Z");
    expect(limitFigures(month)).toMatchObject({ amount_usd: "50.000000000", spent_usd: "60.000000000", left_usd: "-10.000000000", percent: 120, exhausted: "2026-10-01", forecast_method: "seasonal" });
    const day = stateOf({ per: "day", amount: 50n * DOLLAR }, spent(60n, "2026-10-20"), "2026-10-20T17:12:00Z");
    expect(limitFigures(day)).toMatchObject({ exhausted: "2026-10-20T17:12:00.000Z" });
    const early = stateOf({}, [], "2026-10-20T00:00:00Z");
    expect(limitFigures(early)).toMatchObject({ exhausted: null, forecast_method: null, forecast_usd: null, forecast_low_usd: null, forecast_high_usd: null, pace: 0 });
    expect(limitFigures(stateOf({ per: "day" }, [], "2026-10-20T12:00:00Z"))).toMatchObject({ exhausted: null });
  });

  test("in words are rounded to the cent, with days and clocks of the time zone", () => {
    expect([0n, 4_999_999n, 5_000_000n, -5_000_000n, -4_999_999n, 1_234_560_000_000n].map(showDollars)).toEqual(["$0.00", "$0.00", "$0.01", "-$0.01", "$0.00", "$1,234.56"]);
    const at = (per: Budget["per"], timezone = "Europe/Berlin"): Pick<LimitState, "exhausted" | "period"> => ({ exhausted: new Date("2026-10-20T22:12:00Z"), period: stateOf({ per, timezone }, [], "2026-10-20T12:00:00Z").period });
    expect([showExhaustion(at("day")), showExhaustion(at("month")), showExhaustion(at("month", "UTC"))]).toEqual(["2026-10-21 00:12", "2026-10-21", "2026-10-20"]);
    expect(showExhaustion({ ...at("day"), exhausted: null })).toBeNull();
    expect(showForecast({ forecast: null })).toBe("none: there is no usage to base it on yet");
    expect(showForecast({ forecast: { method: "seasonal", expected: 590n * DOLLAR, low: 540n * DOLLAR, high: 640n * DOLLAR } })).toBe("$590.00 ($540.00 to $640.00, seasonal)");
  });
});

describe("an alert", () => {
  const lines = (of: Partial<Budget>, spend: readonly DaySpend[], now: string): readonly string[] => limitAlerts([stateOf({ thresholds: [50], forecast: false, ...of }, spend, now)])[0]?.lines ?? [];

  test("says that a budget lasts, is used up, or will be", () => {
    expect(lines({}, spent(50n, "2026-10-19"), "2026-10-20T00:00:00Z")[2]).toMatch(/It lasts\.$/);
    expect(lines({ amount: 50n * DOLLAR }, spent(50n), "2026-10-20T00:00:00Z")[2]).toMatch(/Used up: 2026-10-01\.$/);
    expect(lines({ amount: 50n * DOLLAR }, spent(49n, "2026-10-19"), "2026-10-20T00:00:00Z")[2]).toMatch(/Used up by 2026-10-\d\d\.$/);
  });

  test("says how much is left or over, and the three largest of many", () => {
    const many = ["a", "b", "c", "d", "e"].map((model, index) => spentOn("2026-10-01", { model, caller: `${model}@example.com`, cost: BigInt(index < 2 ? 20 : 10) * DOLLAR }));
    expect(lines({ amount: 60n * DOLLAR }, many, "2026-10-20T00:00:00Z")).toEqual(expect.arrayContaining([expect.stringContaining("$10.00 over") as string, "Top models: a $20.00, b $20.00, c $10.00 and 2 more.", "Top callers: a@example.com $20.00, b@example.com $20.00, c@example.com $10.00 and 2 more."]));
    expect(lines({ amount: 70n * DOLLAR }, many.slice(0, 3), "2026-10-20T00:00:00Z")).toEqual(expect.arrayContaining([expect.stringContaining("$20.00 left") as string, "Top models: a $20.00, b $20.00, c $10.00."]));
  });

  test("is due for a forecast from a tenth of the period on, while something is left", () => {
    const state = stateOf({ amount: 50n * DOLLAR, thresholds: [] }, spent(49n, "2026-10-03"), "2026-10-04T00:00:00Z");
    const due = (of: Partial<LimitState>): number => limitAlerts([{ ...state, forecastOver: true, elapsedPercent: 10, left: 1n, ...of }]).length;
    expect([due({}), due({ elapsedPercent: 9.9 }), due({ left: 0n }), due({ forecastOver: false }), due({ watchesForecast: false })]).toEqual([1, 0, 0, 0, 0]);
  });

  test("names the month that explains it: the one that the period ended in, or the first of it", () => {
    const last = (of: Partial<LimitState>): string | undefined => limitAlerts([{ ...stateOf({ per: "quarter", scope: mapOf({ team: ["web"] }), amount: 1n * DOLLAR, thresholds: [50] }, [spentOn("2026-10-05", { team: "web", cost: 5n * DOLLAR })], "2026-11-20T00:00:00Z"), ...of }])[0]?.lines.at(-1);
    expect(last({})).toContain("--month 2026-11 --team web");
    expect(last({ ended: new Date("2027-01-01T00:00:00Z") })).toContain("--month 2026-12 --team web");
    expect(last({ asOf: new Date("2026-09-30T00:00:00Z") })).toContain("--month 2026-10 --team web");
    expect(last({ asOf: new Date("2026-10-01T00:00:00Z") })).toContain("--month 2026-10 --team web");
    expect(last({ teams: ["a b"] })).toContain('--team "a b"');
  });
});

describe("what counts towards a budget", () => {
  const counted = (scope: Parameters<typeof mapOf>[0], of: Partial<DaySpend> = {}): boolean => scopeMatcher(mapOf(scope) as Budget["scope"])(spentOn("2026-10-01", of));

  test("is what somebody owes and every property of the scope matches", () => {
    expect(["metered", "self_hosted", "subscription", "caller_key"].map((billing) => counted({}, { billing: billing as DaySpend["billing"] }))).toEqual([true, true, false, false]);
    expect(counted({ billing: "subscription" }, { billing: "subscription" })).toBe(true);
    expect([counted({ team: "payments" }), counted({ team: ["x", "payments"] }), counted({ team: "pay*" })]).toEqual([true, true, false]);
    expect([counted({ tag: "(untagged)" }), counted({ tag: "tag:ci" }), counted({ caller: "ANN@example.com" }), counted({ caller: "*@example.com" }), counted({ caller: "bob@example.com" })]).toEqual([true, false, true, true, false]);
    expect([counted({ gateway: "prod" }), counted({ gateway: "dev" }), counted({ provider: "anth*" }), counted({ provider: "x" }), counted({ model: "claude-*" }), counted({ model: "gpt-*" })]).toEqual([true, false, true, false, true, false]);
    expect([counted({ model: "claude-*", provider: "x" }), counted({ model: "claude-*", provider: "anthropic" })]).toEqual([false, true]);
  });

  test("may be a dimension, or that there is none", () => {
    const repo = { dimensions: { repo: "acme/one" } };
    expect([counted({ repo: "acme/*" }, repo), counted({ repo: "acme/*" }), counted({ repo: "other" }, repo), counted({ toString: "*" })]).toEqual([true, false, false, false]);
    expect([counted({ repo: null }, repo), counted({ repo: null })]).toEqual([false, true]);
  });

  test("is put into words in one order", () => {
    const scope = mapOf({ repo: null, zone: "eu", model: ["a", "b"], team: "web", alpha: "x" }) as Budget["scope"];
    expect(describeScope(scope)).toBe("team web, model a or b, alpha x, no repo, zone eu");
    expect([describeScope(new Map()), teamsOfScope(scope), teamsOfScope(mapOf({ team: ["a", "b"] }) as Budget["scope"]), teamsOfScope(new Map()), teamsOfScope(mapOf({ team: null }) as Budget["scope"])]).toEqual(["everything", ["web"], ["a", "b"], [], []]);
  });

  test("is summed by day, model and caller: the largest first, of equals by name", () => {
    const on = (day: string, model: string, cost: bigint | null, caller = "ann@example.com"): DaySpend => spentOn(day, { model, cost, caller });
    const spend = [on("2026-09-30", "old", 9n), on("2026-10-01", "b", 2n), on("2026-10-01", "c", 2n, "bob@example.com"), on("2026-10-02", "a", 5n), on("2026-10-02", "b", 1n), on("2026-10-02", "free", 0n), on("2026-10-03", "none", null), on("2026-10-03", "b", null), on("2026-10-03", "another", null), on("2026-11-01", "late", 9n), on("2026-10-31", "d", 2n)];
    const { period } = stateOf({}, [], "2026-10-20T00:00:00Z");
    expect(sumBudget({ scope: new Map() }, period, spend)).toEqual({
      spent: 12n,
      byDay: new Map([["2026-09-30", 9n], ["2026-10-01", 4n], ["2026-10-02", 6n], ["2026-10-03", 0n], ["2026-10-31", 2n]]),
      models: [{ name: "a", cost: 5n }, { name: "b", cost: 3n }, { name: "c", cost: 2n }, { name: "d", cost: 2n }],
      callers: [{ name: "ann@example.com", cost: 10n }, { name: "bob@example.com", cost: 2n }],
      unpriced: ["another", "none"],
    });
    const hidden = sumBudget({ scope: mapOf({ caller: "ann@example.com" }) as Budget["scope"], pseudonyms: ["pseudonym-1"] }, period, [on("2026-10-01", "a", 1n), on("2026-10-01", "a", 2n, "pseudonym-1"), on("2026-10-01", "a", 4n, "bob@example.com")]);
    expect([hidden.spent, hidden.callers]).toEqual([3n, [{ name: "ann@example.com", cost: 1n }]]);
  });

  test("is needed from eight weeks before or the period's start on, by time zone", () => {
    const now = new Date("2026-12-20T00:00:00Z");
    const needed = spendNeeded(currentEvaluations([budgetOf({ per: "day" }), budgetOf({ per: "year" }), budgetOf({ per: "month" }), budgetOf({ per: "day", timezone: "Europe/Berlin" })], now, now));
    expect([...needed].map(([zone, { from, to }]) => [zone, from.toISOString(), to.toISOString()])).toEqual([
      ["UTC", "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
      ["Europe/Berlin", "2026-10-24T22:00:00.000Z", "2026-12-20T23:00:00.000Z"],
    ]);
  });
});
