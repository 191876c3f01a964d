import { divideRounding, type Nanodollars } from "../../ledger/money.ts";
import type { Budget } from "./budget.ts";
import type { BudgetPeriod } from "./budget-period.ts";
import { daysBetween, startOfDay } from "../../ledger/days.ts";
import { currentEvaluations, type Evaluation } from "./evaluations.ts";
import { firstDayOfHistory, type ForecastPath, forecastPeriod, type SpendSoFar } from "./forecast.ts";
import type { LimitState } from "./limit-state.ts";
import { describeScope, teamsOfScope } from "./scope.ts";
import type { DaySpend } from "./spend.ts";
import { sumBudget } from "./sum-budget.ts";

/** Spend by IANA time zone, by days of that zone. */
export type SpendByTimezone = ReadonlyMap<string, readonly DaySpend[]>;

/** The states of the budgets in force, in their order. */
export function evaluateLimits(budgets: readonly Budget[], spend: SpendByTimezone, now: Date, asOf: Date = now): LimitState[] {
  return evaluateAll(currentEvaluations(budgets, now, asOf), spend);
}

export function evaluateAll(evaluations: readonly Evaluation[], spend: SpendByTimezone): LimitState[] {
  return evaluations.map((evaluation) => evaluateLimit(evaluation, spend.get(evaluation.budget.timezone) ?? []));
}

/** The span of spend that the evaluations need, by time zone. */
export function spendNeeded(evaluations: readonly Evaluation[]): Map<string, { from: Date; to: Date }> {
  const needed = new Map<string, { from: Date; to: Date }>();
  for (const { budget: { timezone }, period, endDay, asOf, ended } of evaluations) {
    const history = ended === null ? startOfDay(firstDayOfHistory(asOf, timezone), timezone) : period.from;
    const to = startOfDay(endDay, timezone);
    const known = needed.get(timezone) ?? { from: period.from, to };
    const from = Math.min(period.from.getTime(), history.getTime(), known.from.getTime());
    needed.set(timezone, { from: new Date(from), to: new Date(Math.max(to.getTime(), known.to.getTime())) });
  }
  return needed;
}

function evaluateLimit({ budget, period, endDay, asOf, ended }: Evaluation, spend: readonly DaySpend[]): LimitState {
  const { name, scope, amount, thresholds, forecast: watchesForecast, notify } = budget;
  const { spent, byDay, models, callers, unpriced } = sumBudget(budget, { ...period, endDay }, spend);
  const path = ended === null ? forecastPeriod(period, { spent, byDay }, asOf) : null;
  const elapsed = BigInt(Math.max(0, asOf.getTime() - period.from.getTime()));
  const whole = BigInt(period.to.getTime() - period.from.getTime());
  return {
    name,
    scope: describeScope(scope),
    teams: teamsOfScope(scope),
    period,
    asOf,
    ended,
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

/**
 * When the amount is or was used up: the start of the day, or for a daily budget the instant, at the latest `asOf` if it is already used
 * up. Null when the amount lasts for the period.
 */
export function findExhaustion(period: BudgetPeriod, amount: Nanodollars, sums: SpendSoFar, forecast: ForecastPath | null, asOf: Date): Date | null {
  if (sums.spent >= amount) return period.unit === "day" ? asOf : findPast(period, amount, sums);
  if (forecast === null) return null;
  let spent = sums.spent;
  for (const { day, from, to, cost } of forecast.pieces) {
    const left = amount - spent;
    spent += cost;
    if (spent <= amount) continue;
    if (period.unit !== "day") return startOfDay(day, period.timezone);
    return new Date(from.getTime() + Number((left * BigInt(to.getTime() - from.getTime())) / cost));
  }
  return null;
}

function findPast({ firstDay, endDay, timezone }: BudgetPeriod, amount: Nanodollars, { byDay }: SpendSoFar): Date | null {
  let spent = 0n;
  for (const day of daysBetween(firstDay, endDay)) {
    spent += byDay.get(day) ?? 0n;
    if (spent >= amount) return startOfDay(day, timezone);
  }
  return null;
}
