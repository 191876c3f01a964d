import type { BudgetFigures } from "../../src/chargeback/insights/insights.ts";
import type { Month } from "../../src/chargeback/month.ts";
import type { DayManifest } from "../../src/lake/day-manifest.ts";
import type { Budget } from "../../src/limits/budgets/budget.ts";
import { teamsOfScope } from "../../src/limits/budgets/scope.ts";
import type { LimitState } from "../../src/limits/budgets/limit-state.ts";
import { endOfData, stateOfLimits } from "../check-limits.ts";
import type { SpendReading } from "../limits/read-spend.ts";

/**
 * How the budgets that are over one team stood at the end of a month, by name of the team, in the order of the configuration;
 * where the data ends before the month does, at the end of the data. No clock: the same lake says the same.
 */
export async function readTeamBudgets(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], month: Month): Promise<Map<string, BudgetFigures[]>> {
  const ofTeams = budgets.filter(({ scope }) => teamsOfScope(scope).length === 1);
  if (ofTeams.length === 0) return new Map();
  const last = new Date(month.to.getTime() - 1);
  const end = endOfData(days, last) ?? last;
  const states = await stateOfLimits(reading, ofTeams, days, end < month.from ? month.from : end);
  return new Map([...Map.groupBy(states, ({ teams }) => teams[0] ?? "")].map(([team, ofTeam]) => [team, ofTeam.map(describeState)]));
}

function describeState({ name, scope, period, asOf, amount, spent, percent, forecast }: LimitState): BudgetFigures {
  const isOver = asOf.getTime() >= period.to.getTime() - 1;
  return { name, scope, period: period.name, amount, spent, percent, forecast: isOver ? spent : (forecast?.expected ?? null) };
}
