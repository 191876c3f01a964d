import { recordOf } from "../../ledger/record-of.ts";
import { REPORTED_COLUMNS, type ReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { formatDollars, formatDollarsOrNull } from "../../ledger/money.ts";
import { sumOwedCorrections } from "../corrections/owed-corrections.ts";
import { describeCorrection } from "../corrections/render-corrections-csv.ts";
import { describeAssumed } from "./assumed-quality.ts";
import type { FeedingExport } from "./data-quality.ts";
import { describeAllocations, describeOwed } from "./describe-allocations.ts";
import type { BilledFigures, Charge } from "./figures.ts";
import { describeInsights } from "../insights/describe-insights.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import type { ChargebackReport, Summary } from "./report.ts";
import type { UsageRow } from "./sum-month.ts";

/**
 * The whole report as JSON. Money is text of dollars with nine decimals, null where nothing was priced; counts are
 * numbers and written out in full, also beyond 2^53.
 * @param extra members added at the end of the object
 */
export function renderJson(report: ChargebackReport, extra: Record<string, unknown> = {}): string {
  return `${JSON.stringify({ ...describeReport(report), ...extra }, writeCount, 1)}\n`;
}

function writeCount(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value;
}

function describeReport(report: ChargebackReport): Record<string, unknown> {
  const { month, quality } = report;
  return {
    format: 1,
    month: month.name,
    timezone: month.timezone,
    from: month.from,
    to: month.to,
    gateways: report.gateways,
    total: { ...describeFigures(report.total), status: report.statuses, ...describeOwed(report.allocated) },
    ...describeAllocations(report),
    by_caller: describeSummary(report.byCaller, ({ caller, callerType }) => ({ caller, caller_type: callerType })),
    by_tags: describeSummary(report.byTags, ({ tagSet, tags }) => ({ tag_set: tagSet, tags })),
    by_model: describeSummary(report.byModel, (key) => key),
    by_provider: describeSummary(report.byProvider, (key) => key),
    corrections: report.corrections.map(describeCorrection),
    corrections_owed_usd: formatDollars(sumOwedCorrections(report.corrections)),
    rows: report.rows.map(describeRow),
    quality: {
      damaged: quality.damaged.map(describeExport),
      quarantined: quality.quarantined.map(describeExport),
      unbuilt_days: quality.unbuiltDays,
      days_without_usage: quality.daysWithoutUsage,
      identifiers_used_again: quality.identifiersUsedAgain,
      assumed_subscriptions: describeAssumed(quality.assumed),
      notes: quality.notes,
    },
    insights: describeInsights(report.insights),
  };
}

function describeSummary<Key>(summary: Summary<Key>, describeKey: (key: Key) => object): object[] {
  return summary.map(({ key, figures }) => ({ ...describeKey(key), ...describeFigures(figures) }));
}

function describeFigures(figures: BilledFigures): object {
  const billing = new Map(BILLINGS.map((kind) => [kind, describeCharge(figures.billing[kind])]));
  const { requests, ...charge } = describeCharge(figures);
  return { requests, ...describeTokens(figures.tokens), ...charge, billing: Object.fromEntries(billing) };
}

function describeRow(row: UsageRow): object {
  const { instance, caller, callerType, tags, provider, model, billing } = row;
  const { requests, ...charge } = describeCharge(row);
  const key = { instance, caller, caller_type: callerType, tags, provider, model, billing };
  return { ...key, requests, ...describeTokens(row.tokens), ...charge };
}

function describeCharge({ requests, cost, unpricedRequests }: Charge): Record<string, bigint | string | null> {
  return { requests, cost_usd: formatDollarsOrNull(cost), unpriced_requests: unpricedRequests };
}

function describeTokens(tokens: ReportedTokens): object {
  return recordOf(REPORTED_COLUMNS, ({ name }) => name, ({ reportedAs }) => tokens[reportedAs]);
}

function describeExport({ instance, name, time, damaged, records }: FeedingExport): object {
  const { read, accepted, quarantined } = records;
  return { instance, export: name, time, damaged, read, accepted, quarantined };
}
