import type { Budget } from "../limits/budgets/budget.ts";
import { isOfCallers } from "../limits/budgets/scope.ts";
import type { LiveEstimate, NoEstimate } from "../limits/live/live-estimate.ts";
import type { Overview } from "../run/read-overview.ts";
import type { Spending } from "../run/read-spending.ts";

/** Takes people out of what the worker's own pages and metrics show. */
export interface PageHiding {
  spending: (spending: Spending) => Spending;
  overview: (overview: Overview) => Overview;
  estimates: (estimates: readonly (LiveEstimate | NoEstimate)[]) => (LiveEstimate | NoEstimate)[];
}

/**
 * Where reports hide people, pages leave out what reports leave out: budgets of callers, since such a budget shows what one person spent. They do
 * not name the gateway's buckets either, since a bucket may be called after its user.
 */
export function hideOnPages(budgets: readonly Pick<Budget, "name" | "scope">[]): PageHiding {
  const hidden = new Set(budgets.filter(({ scope }) => isOfCallers(scope)).map(({ name }) => name));
  const hideSpending = (spending: Spending): Spending => ({ ...spending, budgets: spending.budgets.filter(({ name }) => !hidden.has(name)) });
  return {
    spending: hideSpending,
    overview: ({ status, spending, ...overview }) => ({
      ...overview,
      status: { ...status, health: status.health.map((condition) => (condition.kind === "quota_drift" ? { ...condition, members: [], facts: [] } : condition)) },
      spending: "problem" in spending ? spending : hideSpending(spending),
    }),
    estimates: (estimates) => estimates.filter(({ state: { name } }) => !hidden.has(name)),
  };
}

/** For a ledger whose reports name people. */
export const HIDE_NOTHING: PageHiding = { spending: (spending) => spending, overview: (overview) => overview, estimates: (estimates) => [...estimates] };
