import type { DayManifest } from "../../lake/days/day-manifest.ts";
import type { Month } from "../../ledger/months.ts";
import type { Budget } from "../../limits/budgets/budget.ts";
import { evaluationsOfMonth } from "../../limits/budgets/evaluations.ts";
import type { LimitState } from "../../limits/budgets/limit-state.ts";
import { teamsOfScope } from "../../limits/budgets/scope.ts";
import { evaluateByDays, lastExport } from "../../limits/check-limits.ts";
import type { SpendReading } from "../../limits/checking/read-spend.ts";
import type { BudgetFigures } from "../sections/budgets.ts";

/**
 * How far each team's own budgets were used at the end of a month, or at the end of the data where that is earlier. Each budget goes by its
 * own time zone. By name of the team, in the order of the configuration. Uses no clock: the same lake gives the same figures.
 */
export async function readTeamBudgets(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], month: Month): Promise<Map<string, BudgetFigures[]>> {
  const ofTeams = budgets.filter(({ scope }) => teamsOfScope(scope).length === 1);
  if (ofTeams.length === 0) return new Map();
  const states = await evaluateByDays(reading, evaluationsOfMonth(ofTeams, month.name, lastExport(days)), days);
  return new Map([...Map.groupBy(states, ({ teams }) => teams[0] ?? "")].map(([team, ofTeam]) => [team, ofTeam.map(toFigures)]));
}

/** Once a period is over, its forecast is what was spent. */
function toFigures({ name, scope, period, ended, amount, spent, percent, forecast }: LimitState): BudgetFigures {
  return { name, scope, period: period.name, amount, spent, percent, forecast: ended === null ? (forecast?.expected ?? null) : spent };
}
