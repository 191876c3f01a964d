import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { sumOwedCorrections } from "../corrections/owed-corrections.ts";
import { correctionToJson } from "../corrections/render-corrections-csv.ts";
import { assumedToJson } from "./assumed-quality.ts";
import type { FeedingExport } from "./data-quality.ts";
import { allocationsToJson, owedToJson } from "./describe-allocations.ts";
import type { BilledFigures, RequestCost, Tokens } from "./figures.ts";
import { insightsToJson } from "../insights/describe-insights.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import type { ChargebackReport, UsageSummary } from "./report.ts";
import type { UsageRow } from "./sum-month.ts";

/**
 * The whole report as JSON. Money is text of dollars with nine decimals, null where nothing was priced; counts are
 * numbers and written out in full, also beyond 2^53.
 * @param extra members added at the end of the object
 */
export function renderJson(report: ChargebackReport, extra: Record<string, unknown> = {}): string {
  return `${JSON.stringify({ ...reportToJson(report), ...extra }, replaceBigints, 1)}\n`;
}

function replaceBigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value;
}

function reportToJson(report: ChargebackReport): Record<string, unknown> {
  const { month, quality } = report;
  return {
    format: 1,
    month: month.name,
    timezone: month.timezone,
    from: month.from,
    to: month.to,
    gateways: report.gateways,
    total: { ...usageToJson(report.total), status: report.statuses, ...owedToJson(report.allocated) },
    ...allocationsToJson(report),
    by_caller: usageSummaryToJson(report.byCaller, ({ caller, callerType }) => ({ caller, caller_type: callerType })),
    by_tags: usageSummaryToJson(report.byTags, ({ tagSet, tags }) => ({ tag_set: tagSet, tags })),
    by_model: usageSummaryToJson(report.byModel, (key) => key),
    by_provider: usageSummaryToJson(report.byProvider, (key) => key),
    corrections: report.corrections.map(correctionToJson),
    corrections_owed_usd: formatDollars(sumOwedCorrections(report.corrections)),
    rows: report.rows.map(usageRowToJson),
    quality: {
      damaged: quality.damaged.map(exportToJson),
      quarantined: quality.quarantined.map(exportToJson),
      unbuilt_days: quality.unbuiltDays,
      days_without_usage: quality.daysWithoutUsage,
      identifiers_used_again: quality.identifiersUsedAgain,
      assumed_subscriptions: assumedToJson(quality.assumed),
      notes: quality.notes,
    },
    insights: insightsToJson(report.insights),
  };
}

function usageSummaryToJson<Key>(summary: UsageSummary<Key>, keyToJson: (key: Key) => object): object[] {
  return summary.map(({ key, figures }) => ({ ...keyToJson(key), ...usageToJson(figures) }));
}

function usageToJson(figures: BilledFigures): object {
  const billing = new Map(BILLINGS.map((kind) => [kind, costsToJson(figures.billing[kind])]));
  const { requests, ...charge } = costsToJson(figures);
  return { requests, ...tokensToJson(figures.tokens), ...charge, billing: Object.fromEntries(billing) };
}

function usageRowToJson(row: UsageRow): object {
  const { instance, caller, callerType, tags, provider, model, billing } = row;
  const { requests, ...charge } = costsToJson(row);
  const key = { instance, caller, caller_type: callerType, tags, provider, model, billing };
  return { ...key, requests, ...tokensToJson(row.tokens), ...charge };
}

function costsToJson({ requests, cost, unpricedRequests }: RequestCost): Record<string, bigint | string | null> {
  return { requests, cost_usd: amountToJson(cost), unpriced_requests: unpricedRequests };
}

function amountToJson(cost: Nanodollars | null): string | null {
  return cost === null ? null : formatDollars(cost);
}

function tokensToJson({ input, output, cached, cacheWrite }: Tokens): object {
  return { input_tokens: input, output_tokens: output, cached_tokens: cached, cache_write_tokens: cacheWrite };
}

function exportToJson({ instance, name, time, damaged, records }: FeedingExport): object {
  const { read, accepted, quarantined } = records;
  return { instance, export: name, time, damaged, read, accepted, quarantined };
}
