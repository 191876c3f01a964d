import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import { countingDoubtsToJson } from "../report/counting-quality.ts";
import { allocatedToJson, allocatedRowsToJson, countToJson } from "../report/describe-allocations.ts";
import type { BudgetFigures, CacheSaving, Change, DayFigures, Insights, PoolSpread, SessionFigures, TeamDetail } from "./insights.ts";

/** The JSON report's member `insights`. Dollars are text with nine decimals, times ISO 8601; split counts may have up to nine decimals. */
export function insightsToJson(insights: Insights): Record<string, unknown> {
  return {
    change: changeToJson(insights.change),
    teams: insights.teams.map(teamToJson),
    pools: insights.pools.map(poolToJson),
    days: insights.days.map(dayToJson),
    cache_savings: insights.cacheSavings.map(savingToJson),
    models_without_price: insights.modelsWithoutPrice,
    top_sessions: insights.topSessions.map(sessionToJson),
    late: insights.late.map(({ instance, name, time, dates }) => ({ instance, export: name, time, dates })),
    partial_requests: insights.partialRequests,
    counts: countingDoubtsToJson(insights.countingDoubts),
  };
}

function teamToJson(team: TeamDetail): object {
  return {
    team: team.team,
    cost_center: team.costCenter,
    ...allocatedToJson(team.figures),
    change: changeToJson(team.change),
    budgets: team.budgets.map(budgetToJson),
    by_caller: allocatedRowsToJson(team.byCaller, ({ caller, callerType }) => ({ caller, caller_type: callerType })),
    by_tag: allocatedRowsToJson(team.byTag, (key) => key),
    by_dimension: team.byDimension.map(({ name, rows }) => ({ name, rows: allocatedRowsToJson(rows, (key) => key) })),
    by_model: allocatedRowsToJson(team.byModel, (key) => key),
    by_agent: allocatedRowsToJson(team.byAgent, (key) => key),
    active_persons: team.activePersons,
    per_active_person_usd: amountToJson(team.perActivePerson),
    sessions: team.sessions,
    per_session_usd: amountToJson(team.perSession),
    top_sessions: team.topSessions.map(sessionToJson),
    days: team.days.map(dayToJson),
  };
}

function changeToJson(change: Change | null): object | null {
  if (change === null) return null;
  const { month, before, now, price, volume, mix } = change;
  return {
    month,
    before_usd: amountToJson(before),
    now_usd: amountToJson(now),
    difference_usd: amountToJson(now - before),
    price_usd: amountToJson(price),
    volume_usd: amountToJson(volume),
    mix_usd: amountToJson(mix),
  };
}

function budgetToJson({ name, scope, period, amount, spent, percent, forecast }: BudgetFigures): object {
  return { name, scope, period, amount_usd: amountToJson(amount), spent_usd: amountToJson(spent), percent, forecast_usd: amountToJson(forecast) };
}

function poolToJson({ pool, cost, shares }: PoolSpread): object {
  return { pool, cost_usd: amountToJson(cost), shares: shares.map((share) => ({ team: share.team, cost_usd: amountToJson(share.cost), base: share.base })) };
}

function dayToJson({ date, billing, requests }: DayFigures): object {
  return { date, ...Object.fromEntries(BILLINGS.map((kind) => [`${kind}_usd`, amountToJson(billing[kind])])), requests: countToJson(requests) };
}

function savingToJson({ provider, model, billing, cachedTokens, saved }: CacheSaving): object {
  return { provider, model, billing, cached_tokens: cachedTokens, saved_usd: amountToJson(saved) };
}

function sessionToJson({ session, instance, caller, agent, from, to, requests, owed, listValue }: SessionFigures): object {
  return { session, instance, caller, agent, from, to, requests, owed_usd: amountToJson(owed), list_value_usd: amountToJson(listValue) };
}

function amountToJson(amount: Nanodollars | null): string | null {
  return amount === null ? null : formatDollars(amount);
}
