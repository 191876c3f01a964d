import type { Nanodollars } from "../../ledger/money.ts";
import type { BudgetPeriod } from "./budget-period.ts";
import { daysBetween, startOfDay } from "../../ledger/days.ts";
import type { ForecastPath, SpendSoFar } from "./forecast.ts";

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
