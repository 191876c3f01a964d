import { divideRounding } from "../../money.ts";
import type { Budget } from "./budget.ts";
import { boundPeriod } from "./budget-period.ts";
import { dayOf, startOfDay } from "../../days.ts";
import { findExhaustion } from "./exhaustion.ts";
import { firstDayOfHistory, forecastPeriod } from "./forecast.ts";
import type { LimitState } from "./limit-state.ts";
import { describeScope, teamsOfScope } from "./scope.ts";
import type { DaySpend } from "../spend.ts";
import { sumBudget } from "./sum-budget.ts";

/** By IANA time zone: what was spent, by days of that zone. */
export type SpendByTimezone = ReadonlyMap<string, readonly DaySpend[]>;

/** How the budgets that are in force stand, in their order. */
export function evaluateLimits(budgets: readonly Budget[], spend: SpendByTimezone, now: Date, asOf: Date = now): LimitState[] {
  return budgetsInForce(budgets, now).map((budget) => evaluateLimit(budget, spend.get(budget.timezone) ?? [], now, asOf));
}

export function budgetsInForce(budgets: readonly Budget[], now: Date): Budget[] {
  return budgets.filter(({ from, until, timezone }) => {
    const today = dayOf(now, timezone);
    return (from === undefined || from <= today) && (until === undefined || today < until);
  });
}

/** The span of spend that evaluating the budgets looks at, by time zone. */
export function spendNeeded(budgets: readonly Budget[], now: Date, asOf: Date): Map<string, { from: Date; to: Date }> {
  const needed = new Map<string, { from: Date; to: Date }>();
  for (const { per, timezone } of budgetsInForce(budgets, now)) {
    const period = boundPeriod(per, now, timezone);
    const history = startOfDay(firstDayOfHistory(asOf, timezone), timezone);
    const known = needed.get(timezone) ?? period;
    const from = Math.min(period.from.getTime(), history.getTime(), known.from.getTime());
    needed.set(timezone, { from: new Date(from), to: new Date(Math.max(period.to.getTime(), known.to.getTime())) });
  }
  return needed;
}

function evaluateLimit(budget: Budget, spend: readonly DaySpend[], now: Date, asOf: Date): LimitState {
  const { name, scope, amount, per, timezone, thresholds, forecast: watchesForecast, notify } = budget;
  const period = boundPeriod(per, now, timezone);
  const { spent, byDay, models, callers, unpriced } = sumBudget(budget, period, spend);
  const path = forecastPeriod(period, { spent, byDay }, asOf);
  const elapsed = BigInt(Math.max(0, asOf.getTime() - period.from.getTime()));
  const whole = BigInt(period.to.getTime() - period.from.getTime());
  return {
    name,
    scope: describeScope(scope),
    teams: teamsOfScope(scope),
    period,
    asOf,
    amount,
    spent,
    left: amount - spent,
    percent: percentOf(spent, amount),
    elapsedPercent: percentOf(elapsed, whole),
    pace: elapsed === 0n ? null : Number(divideRounding(spent * whole * 100n, amount * elapsed)) / 100,
    forecast: path === null ? null : { method: path.method, expected: path.expected, low: path.low, high: path.high },
    exhausted: findExhaustion(period, amount, { spent, byDay }, path, asOf),
    reached: thresholds.filter((threshold) => spent * 100n >= BigInt(threshold) * amount).toSorted((a, b) => a - b),
    forecastOver: path !== null && path.expected > amount,
    watchesForecast,
    models,
    callers,
    unpriced,
    notify,
  };
}

function percentOf(part: bigint, whole: bigint): number {
  return Number((part * 1000n) / whole) / 10;
}
