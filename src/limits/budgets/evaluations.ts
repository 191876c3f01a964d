import { addDays, dayOf, startOfDay } from "../../ledger/days.ts";
import type { Budget } from "./budget.ts";
import { boundPeriod, type BudgetPeriod } from "./budget-period.ts";

/** One evaluation of a budget: the period, and how much of it counts. */
export interface Evaluation {
  budget: Budget;
  period: BudgetPeriod;
  /** First day whose spend does not count: the end of the period, or an earlier day. */
  endDay: string;
  /** End of the known usage. */
  asOf: Date;
  /** When the period ended, or the budget if that was earlier; null while both are active. */
  ended: Date | null;
}

/** A period is evaluated for this long after its end: exports arrive late, and workers may be down. */
export const LOOK_BACK_DAYS = 35;

/** The current period of each budget in force. */
export function currentEvaluations(budgets: readonly Budget[], now: Date, asOf: Date): Evaluation[] {
  return budgets.filter((budget) => isInForce(budget, dayOf(now, budget.timezone))).map((budget) => {
    const period = boundPeriod(budget.per, now, budget.timezone);
    return { budget, period, endDay: period.endDay, asOf, ended: null };
  });
}

/**
 * The periods of a budget that ended since `since`, the last one first. A period that `until` shortens ends there. Periods without a day on
 * which the budget was in force are left out.
 */
export function endedEvaluations(budget: Budget, since: Date, now: Date, asOf: Date): Evaluation[] {
  const { per, timezone, from = "" } = budget;
  const first = Math.max(since.getTime(), startOfDay(addDays(dayOf(now, timezone), -LOOK_BACK_DAYS), timezone).getTime());
  const evaluations: Evaluation[] = [];
  for (let period = boundPeriod(per, now, timezone); period.to.getTime() >= first && from < period.endDay; period = periodBefore(period)) {
    const endDay = endDayOf(budget, period);
    const ended = startOfDay(endDay, timezone);
    if (endDay <= period.firstDay || ended > now || ended.getTime() < first) continue;
    evaluations.push({ budget, period, endDay, asOf: asOf < ended ? asOf : ended, ended });
  }
  return evaluations;
}

/**
 * Evaluations of each budget at the end of a month in its own time zone, at the end of the data if that is earlier, or at its own `until`
 * within the month. Later days do not count, even where the period continues.
 * @param month `YYYY-MM`
 */
export function evaluationsOfMonth(budgets: readonly Budget[], month: string, lastExport: Date | undefined): Evaluation[] {
  const firstDay = `${month}-01`;
  return budgets.flatMap((budget) => {
    const { per, timezone, until } = budget;
    const { from, to: monthOver, endDay: monthEnd } = boundPeriod("month", startOfDay(firstDay, timezone), timezone);
    const to = until === undefined ? monthOver : earlier(monthOver, startOfDay(until, timezone));
    if (to <= from) return [];
    const end = lastExport === undefined ? to : earlier(lastExport, to);
    const asOf = end < from ? from : end;
    const at = asOf < to ? asOf : new Date(to.getTime() - 1);
    if (!isInForce(budget, dayOf(at, timezone))) return [];
    const period = boundPeriod(per, at, timezone);
    const endDay = endDayOf(budget, period);
    const ended = startOfDay(endDay, timezone);
    return [{ budget, period, endDay: endDay < monthEnd ? endDay : monthEnd, asOf, ended: asOf >= ended ? ended : null }];
  });
}

export function budgetsInForce(budgets: readonly Budget[], now: Date): Budget[] {
  return budgets.filter((budget) => isInForce(budget, dayOf(now, budget.timezone)));
}

/** A period that `until` shortens ends there. */
function endDayOf({ until }: Budget, { endDay }: BudgetPeriod): string {
  return until !== undefined && until < endDay ? until : endDay;
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other;
}

function isInForce({ from, until }: Budget, day: string): boolean {
  return (from === undefined || from <= day) && (until === undefined || day < until);
}

function periodBefore({ unit, from, timezone }: BudgetPeriod): BudgetPeriod {
  return boundPeriod(unit, new Date(from.getTime() - 1), timezone);
}
