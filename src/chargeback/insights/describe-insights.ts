import { formatDollarsOrNull } from "../../ledger/money.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import { countingDoubtsToJson } from "../report/counting-quality.ts";
import { describeFigures, describeRows, writeCount } from "../report/describe-allocations.ts";
import type { BudgetFigures, CacheSaving, Change, DayFigures, Insights, PoolSpread, SessionFigures, TeamDetail } from "./insights.ts";

/** The JSON report's member `insights`. Dollars are text with nine decimals, times ISO 8601; split counts may have up to nine decimals. */
export function describeInsights(insights: Insights): Record<string, unknown> {
  return {
    change: describeChange(insights.change),
    teams: insights.teams.map(describeTeam),
    pools: insights.pools.map(describePool),
    days: insights.days.map(describeDay),
    cache_savings: insights.cacheSavings.map(describeSaving),
    models_without_price: insights.modelsWithoutPrice,
    top_sessions: insights.topSessions.map(describeSession),
    late: insights.late.map(({ instance, name, time, dates }) => ({ instance, export: name, time, dates })),
    partial_requests: insights.partialRequests,
    counts: countingDoubtsToJson(insights.countingDoubts),
  };
}

function describeTeam(team: TeamDetail): object {
  return {
    team: team.team,
    cost_center: team.costCenter,
    ...describeFigures(team.figures),
    change: describeChange(team.change),
    budgets: team.budgets.map(describeBudget),
    by_caller: describeRows(team.byCaller, ({ caller, callerType }) => ({ caller, caller_type: callerType })),
    by_tag: describeRows(team.byTag, (key) => key),
    by_dimension: team.byDimension.map(({ name, rows }) => ({ name, rows: describeRows(rows, (key) => key) })),
    by_model: describeRows(team.byModel, (key) => key),
    by_agent: describeRows(team.byAgent, (key) => key),
    active_persons: team.activePersons,
    per_active_person_usd: formatDollarsOrNull(team.perActivePerson),
    sessions: team.sessions,
    per_session_usd: formatDollarsOrNull(team.perSession),
    top_sessions: team.topSessions.map(describeSession),
    days: team.days.map(describeDay),
  };
}

function describeChange(change: Change | null): object | null {
  if (change === null) return null;
  const { month, before, now, price, volume, mix } = change;
  return {
    month,
    before_usd: formatDollarsOrNull(before),
    now_usd: formatDollarsOrNull(now),
    difference_usd: formatDollarsOrNull(now - before),
    price_usd: formatDollarsOrNull(price),
    volume_usd: formatDollarsOrNull(volume),
    mix_usd: formatDollarsOrNull(mix),
  };
}

function describeBudget({ name, scope, period, amount, spent, percent, forecast }: BudgetFigures): object {
  return { name, scope, period, amount_usd: formatDollarsOrNull(amount), spent_usd: formatDollarsOrNull(spent), percent, forecast_usd: formatDollarsOrNull(forecast) };
}

function describePool({ pool, cost, shares }: PoolSpread): object {
  return { pool, cost_usd: formatDollarsOrNull(cost), shares: shares.map((share) => ({ team: share.team, cost_usd: formatDollarsOrNull(share.cost), base: share.base })) };
}

function describeDay({ date, billing, requests }: DayFigures): object {
  return { date, ...Object.fromEntries(BILLINGS.map((kind) => [`${kind}_usd`, formatDollarsOrNull(billing[kind])])), requests: writeCount(requests) };
}

function describeSaving({ provider, model, billing, cachedTokens, saved }: CacheSaving): object {
  return { provider, model, billing, cached_tokens: cachedTokens, saved_usd: formatDollarsOrNull(saved) };
}

function describeSession({ session, instance, caller, agent, from, to, requests, owed, listValue }: SessionFigures): object {
  return { session, instance, caller, agent, from, to, requests, owed_usd: formatDollarsOrNull(owed), list_value_usd: formatDollarsOrNull(listValue) };
}
