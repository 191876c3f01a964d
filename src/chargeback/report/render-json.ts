import { formatDollars } from "../../ledger/money.ts";
import { sumOwedCorrections } from "../corrections/correction.ts";
import { bookReport, type MonthBooking } from "./bookings.ts";
import { bookToJson } from "../sections/book.ts";
import { budgetToJson } from "../sections/budgets.ts";
import { changeToJson, driverToJson } from "../sections/change.ts";
import { chargeToJson } from "../sections/charges.ts";
import { comparisonToJson } from "../sections/comparison.ts";
import { correctionToJson } from "../sections/corrections.ts";
import { dayToJson } from "../sections/days.ts";
import { teamToJson } from "../sections/each-team/each-team.ts";
import { invoiceToJson } from "../sections/invoices.ts";
import { dimensionToJson } from "../sections/owed-by-dimension.ts";
import { owedByTeamToJson } from "../sections/owed-by-team.ts";
import { poolToJson } from "../sections/pools.ts";
import { countingDoubtsToJson } from "../sections/quality/counting-doubts.ts";
import { privacyToJson } from "../sections/privacy.ts";
import { qualityToJson } from "../sections/quality/data-quality.ts";
import { lateToJson } from "../sections/quality/feeding-exports.ts";
import { savingToJson } from "../sections/savings.ts";
import { sessionToJson } from "../sections/sessions.ts";
import { trendToJson } from "../sections/trend.ts";
import { headToJson, statusToJson } from "../sections/status.ts";
import { totalToJson } from "../sections/summary.ts";
import { usagesToJson } from "../sections/usage.ts";
import { allocatedRowsToJson, usageRowToJson } from "./figures-json.ts";
import type { Insights } from "./insights.ts";
import type { ChargebackReport } from "./report.ts";
import { rangeToJson } from "./unpriced-range.ts";

/**
 * The whole report as JSON. Money is text: dollars with nine decimals, null where nothing was priced. Counts are numbers, written in full even
 * beyond 2^53.
 * @param extra members to add at the end of the object
 */
export function renderJson(report: ChargebackReport, extra: Record<string, unknown> = {}, booking: MonthBooking = bookReport(report)): string {
  return `${JSON.stringify({ ...reportToJson(report, booking), ...extra }, replaceBigints, 1)}\n`;
}

function replaceBigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value;
}

function reportToJson(report: ChargebackReport, booking: MonthBooking): Record<string, unknown> {
  const { month, quality } = report;
  return {
    format: 1,
    month: month.name,
    timezone: month.timezone,
    from: month.from,
    to: month.to,
    status: statusToJson(report.status),
    ...headToJson(report.head),
    ...privacyToJson(report),
    gateways: report.gateways,
    unpriced_range: rangeToJson(report.unpricedRange),
    total: totalToJson(report),
    ...allocationsToJson(report, booking),
    ...usagesToJson(report),
    corrections: report.corrections.map(correctionToJson),
    corrections_owed_usd: formatDollars(sumOwedCorrections(report.corrections)),
    rows: report.rows.map(usageRowToJson),
    quality: qualityToJson(quality),
    insights: insightsToJson(report.insights),
  };
}

/** Members about teams, tags and dimensions. Counts may have up to nine decimals. */
function allocationsToJson({ byTeam, byTag, byTagAddsUp, byDimension }: ChargebackReport, booking: MonthBooking): Record<string, unknown> {
  return {
    book: bookToJson(booking),
    by_team: owedByTeamToJson(byTeam, booking),
    by_tag: allocatedRowsToJson(byTag, (key) => key),
    by_tag_adds_up: byTagAddsUp,
    by_dimension: byDimension.map(dimensionToJson),
  };
}

/** The member `insights`. Times are ISO 8601; split counts may have up to nine decimals. */
function insightsToJson(insights: Insights): Record<string, unknown> {
  return {
    change: changeToJson(insights.change),
    drivers: insights.drivers.map(driverToJson),
    trend: trendToJson(insights.trend),
    comparison: comparisonToJson(insights.comparison),
    teams: insights.teams.map(teamToJson),
    budgets: { company: insights.budgets.company.map(budgetToJson), others: insights.budgets.others.map(budgetToJson) },
    pools: insights.pools.map(poolToJson),
    ...(insights.charges === undefined ? {} : { charges: insights.charges.map(chargeToJson) }),
    ...(insights.invoices === undefined ? {} : { invoices: insights.invoices.map(invoiceToJson) }),
    days: insights.days.map(dayToJson),
    cache_savings: insights.cacheSavings.map(savingToJson),
    models_without_price: insights.modelsWithoutPrice,
    top_sessions: insights.topSessions.map(sessionToJson),
    late: insights.late.map(lateToJson),
    partial_requests: insights.partialRequests,
    counts: countingDoubtsToJson(insights.countingDoubts),
  };
}
