import type { BudgetFigures } from "../insights/insights.ts";
import type { Month } from "../../ledger/months.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import type { Budget } from "../../limits/budgets/budget.ts";
import { evaluationsOfMonth } from "../../limits/budgets/evaluations.ts";
import { teamsOfScope } from "../../limits/budgets/scope.ts";
import type { LimitState } from "../../limits/budgets/limit-state.ts";
import { evaluateByDays, lastExport } from "../../limits/check-limits.ts";
import type { SpendReading } from "../../limits/checking/read-spend.ts";

/**
 * How the budgets that are over one team stood at the end of a month by the clocks of each, by name of the team, in the order
 * of the configuration; where the data ends before the month does, at the end of the data. No clock: the same lake says the same.
 */
export async function readTeamBudgets(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], month: Month): Promise<Map<string, BudgetFigures[]>> {
  const ofTeams = budgets.filter(({ scope }) => teamsOfScope(scope).length === 1);
  if (ofTeams.length === 0) return new Map();
  const states = await evaluateByDays(reading, evaluationsOfMonth(ofTeams, month.name, lastExport(days)), days);
  return new Map([...Map.groupBy(states, ({ teams }) => teams[0] ?? "")].map(([team, ofTeam]) => [team, ofTeam.map(describeState)]));
}

/** Of a period that is over what was spent stands for the forecast. */
function describeState({ name, scope, period, ended, amount, spent, percent, forecast }: LimitState): BudgetFigures {
  return { name, scope, period: period.name, amount, spent, percent, forecast: ended === null ? (forecast?.expected ?? null) : spent };
}
