import { formatDollars } from "../../ledger/money.ts";
import { allocatedRowsToJson, allocatedToJson, amountToJson } from "../report/figures-json.ts";
import type { TeamBooking } from "../report/bookings.ts";
import { bookedToJson } from "../sections/book.ts";
import type { TeamDetail } from "../sections/each-team/each-team.ts";
import { sessionToJson } from "../sections/sessions.ts";
import { privacyToJson } from "../sections/privacy.ts";
import { headToJson, statusToJson } from "../sections/status.ts";
import type { TeamReport } from "./cut-to-team.ts";

/** The report of one team as JSON, with money and counts as in the company's report. */
export function renderTeamJson(report: TeamReport): string {
  const { month, status, head, team, bookings, total, pools, charges, corrections, quality } = report;
  const described = {
    format: 1,
    month: month.name,
    timezone: month.timezone,
    from: month.from,
    to: month.to,
    status: statusToJson(status),
    ...headToJson(head),
    ...privacyToJson(report),
    team,
    ...(head.owners.has(team) ? { owner: head.owners.get(team) } : {}),
    total: allocatedToJson(total),
    cost_centers: bookings.map(bookingToJson),
    pools: pools.map(({ pool, cost }) => ({ pool, cost_usd: formatDollars(cost) })),
    ...(charges.length === 0 ? {} : { charges: charges.map(({ name, provider, cost }) => ({ name, provider, cost_usd: formatDollars(cost) })) }),
    corrections: corrections.map(({ corrects, cause, costCenter, caller, callerType, tag, dimensions, provider, model, billing, method, was, is, difference }) => ({
      corrects, cause, cost_center: costCenter, caller, caller_type: callerType, tag, dimensions, provider, model, billing, method,
      was_usd: amountToJson(was), is_usd: amountToJson(is), difference_usd: formatDollars(difference),
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

function bookingToJson(booking: TeamBooking): object {
  return { cost_center: booking.key.costCenter, ...bookedToJson(booking), ...(booking.detail === undefined ? {} : detailToJson(booking.detail)) };
}

function detailToJson(detail: TeamDetail): object {
  return {
    change: detail.change === null ? null : {
      month: detail.change.month,
      days: detail.change.days,
      ...Object.fromEntries((["before", "now", "price", "volume", "mix"] as const).map((name) => [`${name}_usd`, amountToJson(detail.change?.[name] ?? null)])),
    },
    budgets: detail.budgets.map(({ name, scope, period, amount, spent, percent, forecast }) => ({
      name, scope, period, amount_usd: formatDollars(amount), spent_usd: formatDollars(spent), percent, forecast_usd: amountToJson(forecast),
    })),
    active_persons: detail.activePersons,
    per_active_person_usd: amountToJson(detail.perActivePerson),
    sessions: detail.sessions,
    per_session_usd: amountToJson(detail.perSession),
    by_caller: allocatedRowsToJson(detail.byCaller, ({ caller, callerType }) => ({ caller, caller_type: callerType })),
    by_tag: allocatedRowsToJson(detail.byTag, (row) => row),
    by_dimension: detail.byDimension.map(({ name, rows }) => ({ name, rows: allocatedRowsToJson(rows, (row) => row) })),
    by_model: allocatedRowsToJson(detail.byModel, (row) => row),
    by_agent: allocatedRowsToJson(detail.byAgent, (row) => row),
    top_sessions: detail.topSessions.map(sessionToJson),
    days: detail.days.map(({ date, billing, requests }) => ({
      date, requests, billing: Object.fromEntries(Object.entries(billing).map(([kind, cost]) => [kind, formatDollars(cost)])),
    })),
  };
}
