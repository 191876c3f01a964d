import type { PastDay, Piece } from "./forecast-pieces.ts";
import { weekdayOf } from "../../ledger/days.ts";

/** Distance from the mean of a normal distribution to its 90th percentile, in standard deviations. */
const TENTH_PERCENTILE = 1.2815515655446004;

/**
 * Nanodollars from the expected spend to the 10th and 90th percentile. Days are assumed to vary independently, as much as the days of the
 * history varied around their mean (of the same weekday where the forecast is seasonal); the fewer days, the less certain the mean.
 */
export function spreadOf(pieces: readonly Piece[], history: readonly PastDay[], isSeasonal: boolean): number {
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
