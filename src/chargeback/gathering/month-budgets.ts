import type { DayManifest } from "../../lake/days/day-manifest.ts";
import type { Month } from "../../ledger/months.ts";
import type { Budget } from "../../limits/budgets/budget.ts";
import { evaluationsOfMonth } from "../../limits/budgets/evaluations.ts";
import type { LimitState } from "../../limits/budgets/limit-state.ts";
import { teamsOfScope } from "../../limits/budgets/scope.ts";
import { evaluateByDays } from "../../limits/check-limits.ts";
import { lastExport } from "../../limits/checking/coverage.ts";
import type { SpendReading } from "../../limits/checking/read-spend.ts";
import type { BudgetFigures, MonthBudgets } from "../sections/budgets.ts";

/**
 * How far budgets were used at the end of a month, or at the end of the data where that is earlier. Each budget goes by its own time zone. In
 * the order of the configuration. Uses no clock: the same lake gives the same figures. A period that is over has no forecast.
 */
export async function readMonthBudgets(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], month: Month): Promise<MonthBudgets> {
  const states = budgets.length === 0 ? [] : await evaluateByDays(reading, evaluationsOfMonth(budgets, month.name, lastExport(days)), days);
  const scopes = new Map(budgets.map(({ name, scope }) => [name, scope]));
  const byTeam = new Map<string, BudgetFigures[]>();
  const [company, others]: [BudgetFigures[], BudgetFigures[]] = [[], []];
  for (const state of states) {
    const scope = scopes.get(state.name) ?? new Map();
    const [team, ...more] = teamsOfScope(scope);
    const figures = toFigures(state, team !== undefined && more.length === 0 && scope.size === 1);
    if (team !== undefined && more.length === 0) byTeam.set(team, [...(byTeam.get(team) ?? []), figures]);
    if (scope.size === 0) company.push(figures);
    else if (!figures.isWholeTeam) others.push(figures);
  }
  return { byTeam, company, others };
}

function toFigures({ name, scope, period, ended, amount, spent, percent, forecast }: LimitState, isWholeTeam: boolean): BudgetFigures {
  return { name, scope, isWholeTeam, period: period.name, amount, spent, percent, forecast: ended !== null ? null : (forecast?.expected ?? null) };
}
