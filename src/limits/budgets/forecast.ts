import { divideRounding, type Nanodollars } from "../../ledger/money.ts";
import type { BudgetPeriod } from "./budget-period.ts";
import { addDays, dayOf, daysBetween, startOfDay, weekdayOf } from "../../ledger/days.ts";
import type { PastDay, Piece } from "./forecast-pieces.ts";

type ForecastMethod = "linear" | "seasonal";

/** Forecast of the spend at the end of a period. */
export interface Forecast {
  /** `linear`: at the same rate as so far. `seasonal`: by the average cost of each weekday in recent weeks. */
  method: ForecastMethod;
  expected: Nanodollars;
  /** 10th and 90th percentile; never below the current spend. */
  low: Nanodollars;
  high: Nanodollars;
}

export interface SpendSoFar {
  spent: Nanodollars;
  byDay: ReadonlyMap<string, Nanodollars>;
}

export interface ForecastPath extends Forecast {
  /** In order; they add up to the expected further spend, except for the rounding of each. */
  pieces: Piece[];
}

const HISTORY_DAYS = 56;
/** Long enough to contain each weekday twice. */
const SEASONAL_FROM_DAYS = 14;

/** The first day of the history that a forecast at that time uses. */
export function firstDayOfHistory(asOf: Date, timezone: string): string {
  return addDays(dayOf(asOf, timezone), -HISTORY_DAYS);
}

/**
 * Forecasts the end of the period from the usage known until `asOf`; null without any usage.
 * Deterministic: the same spend gives the same nanodollar.
 */
export function forecastPeriod(period: BudgetPeriod, { spent, byDay }: SpendSoFar, asOf: Date): ForecastPath | null {
  const seen = new Date(Math.min(Math.max(asOf.getTime(), period.from.getTime()), period.to.getTime()));
  const history = listHistory(byDay, asOf, period.timezone);
  const isSeasonal = history.length >= SEASONAL_FROM_DAYS;
  const elapsed = BigInt(seen.getTime() - period.from.getTime());
  if (!isSeasonal && (elapsed === 0n || (spent === 0n && history.length === 0))) return null;
  const costOf = isSeasonal ? costByWeekday(history) : costByTime(spent, elapsed);
  const pieces = listRest(period, seen).map((piece) => ({ ...piece, cost: costOf(piece) }));
  const expected = spent + pieces.reduce((sum, { cost }) => sum + cost, 0n);
  const spread = BigInt(Math.round(spreadOf(pieces, history, isSeasonal)));
  const low = expected - spread < spent ? spent : expected - spread;
  return { method: isSeasonal ? "seasonal" : "linear", expected, low, high: expected + spread, pieces };
}

/** Whole days before `asOf`, from the first day with cost; later days without cost count as 0. */
function listHistory(byDay: ReadonlyMap<string, Nanodollars>, asOf: Date, timezone: string): PastDay[] {
  const days = daysBetween(firstDayOfHistory(asOf, timezone), dayOf(asOf, timezone));
  const first = days.findIndex((day) => (byDay.get(day) ?? 0n) > 0n);
  return first < 0 ? [] : days.slice(first).map((day) => ({ day, cost: byDay.get(day) ?? 0n }));
}

type Rest = Omit<Piece, "cost">;

function listRest({ endDay, to, timezone }: BudgetPeriod, seen: Date): Rest[] {
  if (seen >= to) return [];
  const days = daysBetween(dayOf(seen, timezone), endDay);
  const starts = [...days, endDay].map((day) => startOfDay(day, timezone));
  return days.map((day, index) => {
    const [start = seen, end = to] = starts.slice(index, index + 2);
    return { day, from: start < seen ? seen : start, to: end, dayMs: end.getTime() - start.getTime() };
  });
}

/** Cumulative, so that rounding errors do not add up over the days. */
function costByTime(spent: Nanodollars, elapsed: bigint): (piece: Rest) => Nanodollars {
  let [time, cost] = [0n, 0n];
  return ({ from, to }) => {
    time += BigInt(to.getTime() - from.getTime());
    const before = cost;
    cost = divideRounding(spent * time, elapsed);
    return cost - before;
  };
}

function costByWeekday(history: readonly PastDay[]): (piece: Rest) => Nanodollars {
  const byWeekday = Map.groupBy(history, ({ day }) => weekdayOf(day));
  return ({ day, from, to, dayMs }) => {
    const same = byWeekday.get(weekdayOf(day)) ?? [];
    const sum = same.reduce((all, { cost }) => all + cost, 0n);
    return divideRounding(sum * BigInt(to.getTime() - from.getTime()), BigInt(same.length * dayMs));
  };
}

/** Distance from the mean of a normal distribution to its 90th percentile, in standard deviations. */
const TENTH_PERCENTILE = 1.2815515655446004;

/**
 * Nanodollars from the expected spend to the 10th and 90th percentile. Days are assumed to vary independently, as much as the days of the
 * history varied around their mean (of the same weekday where the forecast is seasonal); the fewer days, the less certain the mean.
 */
function spreadOf(pieces: readonly Piece[], history: readonly PastDay[], isSeasonal: boolean): number {
  const groupOf = (day: string): number => (isSeasonal ? weekdayOf(day) : 0);
  const past = Map.groupBy(history, ({ day }) => groupOf(day));
  let variance = 0;
  for (const [group, ahead] of Map.groupBy(pieces, ({ day }) => groupOf(day))) {
    const days = ahead.reduce((sum, { from, to, dayMs }) => sum + (to.getTime() - from.getTime()) / dayMs, 0);
    const costs = (past.get(group) ?? []).map(({ cost }) => Number(cost));
    const ofDay = varianceOf(costs) ?? (ahead.reduce((sum, { cost }) => sum + Number(cost), 0) / days) ** 2;
    variance += ofDay * days * (1 + days / Math.max(1, costs.length));
  }
  return TENTH_PERCENTILE * Math.sqrt(variance);
}

/** Variance of a sample; undefined for fewer than two days, which are assumed to vary by as much as they cost. */
function varianceOf(costs: readonly number[]): number | undefined {
  if (costs.length < 2) return undefined;
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  return costs.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / (costs.length - 1);
}
