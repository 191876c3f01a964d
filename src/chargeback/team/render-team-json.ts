import { formatDollars, formatDollarsOrNull } from "../../ledger/money.ts";
import { describeFigures, describeRows } from "../report/describe-allocations.ts";
import type { SessionFigures, TeamDetail } from "../insights/insights.ts";
import type { TeamBooking } from "../page/book-teams.ts";
import type { TeamReport } from "./cut-to-team.ts";

/** The report cut to one team as JSON; money and counts as in the company's. */
export function renderTeamJson({ month, team, bookings, total, pools, corrections, quality }: TeamReport): string {
  const described = {
    format: 1,
    month: month.name,
    timezone: month.timezone,
    from: month.from,
    to: month.to,
    team,
    total: describeFigures(total),
    cost_centers: bookings.map(describeBooking),
    pools: pools.map(({ pool, cost }) => ({ pool, cost_usd: formatDollars(cost) })),
    corrections: corrections.map(({ corrects, cause, costCenter, caller, callerType, tag, dimensions, provider, model, billing, method, was, is, difference }) => ({
      corrects, cause, cost_center: costCenter, caller, caller_type: callerType, tag, dimensions, provider, model, billing, method,
      was_usd: formatDollarsOrNull(was), is_usd: formatDollarsOrNull(is), difference_usd: formatDollars(difference),
    })),
    quality: {
      damaged_exports: quality.damagedExports,
      quarantined_records: quality.quarantinedRecords,
      late_exports: quality.lateExports,
      unbuilt_days: quality.unbuiltDays,
    },
  };
  return `${JSON.stringify(described, (_key, value: unknown) => (typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value), 1)}\n`;
}

function describeBooking({ key, owed, corrections, toBook, detail }: TeamBooking): object {
  return {
    cost_center: key.costCenter,
    owed_usd: formatDollars(owed.exact),
    corrections_usd: formatDollars(corrections.exact),
    to_book_usd: formatDollars(toBook.exact),
    ...(detail === undefined ? {} : describeDetail(detail)),
  };
}

function describeDetail(detail: TeamDetail): object {
  return {
    change: detail.change === null ? null : {
      month: detail.change.month,
      ...Object.fromEntries((["before", "now", "price", "volume", "mix"] as const).map((name) => [`${name}_usd`, formatDollarsOrNull(detail.change?.[name] ?? null)])),
    },
    budgets: detail.budgets.map(({ name, scope, period, amount, spent, percent, forecast }) => ({
      name, scope, period, amount_usd: formatDollars(amount), spent_usd: formatDollars(spent), percent, forecast_usd: formatDollarsOrNull(forecast),
    })),
    active_persons: detail.activePersons,
    per_active_person_usd: formatDollarsOrNull(detail.perActivePerson),
    sessions: detail.sessions,
    per_session_usd: formatDollarsOrNull(detail.perSession),
    by_caller: describeRows(detail.byCaller, ({ caller, callerType }) => ({ caller, caller_type: callerType })),
    by_tag: describeRows(detail.byTag, (row) => row),
    by_dimension: detail.byDimension.map(({ name, rows }) => ({ name, rows: describeRows(rows, (row) => row) })),
    by_model: describeRows(detail.byModel, (row) => row),
    by_agent: describeRows(detail.byAgent, (row) => row),
    top_sessions: detail.topSessions.map(describeSession),
    days: detail.days.map(({ date, billing, requests }) => ({
      date, requests, billing: Object.fromEntries(Object.entries(billing).map(([kind, cost]) => [kind, formatDollars(cost)])),
    })),
  };
}

function describeSession({ session, instance, caller, agent, from, to, requests, owed, listValue }: SessionFigures): object {
  return { session, instance, caller, agent, from, to, requests, owed_usd: formatDollars(owed), list_value_usd: formatDollars(listValue) };
}
