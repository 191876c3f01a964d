import { formatBillionths, formatDollarsOrNull, type Nanodollars } from "../../ledger/money.ts";
import { recordOf } from "../../ledger/record-of.ts";
import { REPORTED_COLUMNS, type ReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import { type AllocatedFigures, type AllocatedSummary, sumListValue, sumOwed } from "./allocation-figures.ts";
import type { UsageSummary } from "./report.ts";
import type { UsageRow } from "./sum-month.ts";
import type { BilledFigures, RequestCost } from "./usage-figures.ts";

declare global {
  interface JSON {
    /** Node.js has it since version 21; TypeScript does not declare it yet. */
    rawJSON(text: string): unknown;
  }
}

/** What is owed, with adjustments and list value. */
export function owedToJson(figures: AllocatedFigures): object {
  return {
    owed_usd: amountToJson(sumOwed(figures).cost),
    adjustments_usd: amountToJson(figures.adjustments),
    ...(figures.charges === null ? {} : { charges_usd: amountToJson(figures.charges) }),
    list_value_usd: amountToJson(sumListValue(figures).cost),
  };
}

export function allocatedRowsToJson<Key>(summary: AllocatedSummary<Key>, keyToJson: (key: Key) => object): object[] {
  return summary.map(({ key, figures }) => ({ ...keyToJson(key), ...allocatedToJson(figures) }));
}

export function allocatedToJson(figures: AllocatedFigures): object {
  const { tokens, billing } = figures;
  const { requests, ...charge } = sharesToJson(figures);
  return {
    ...owedToJson(figures),
    requests,
    ...recordOf(REPORTED_COLUMNS, ({ name }) => name, ({ reportedAs }) => countToJson(tokens[reportedAs])),
    ...charge,
    billing: Object.fromEntries(BILLINGS.map((kind) => [kind, sharesToJson(billing[kind])])),
  };
}

function sharesToJson({ requests, cost, unpricedRequests }: RequestCost): Record<string, unknown> {
  return { requests: countToJson(requests), cost_usd: amountToJson(cost), unpriced_requests: countToJson(unpricedRequests) };
}

export function usageSummaryToJson<Key>(summary: UsageSummary<Key>, keyToJson: (key: Key) => object): object[] {
  return summary.map(({ key, figures }) => ({ ...keyToJson(key), ...usageToJson(figures) }));
}

export function usageToJson(figures: BilledFigures): object {
  const billing = new Map(BILLINGS.map((kind) => [kind, costsToJson(figures.billing[kind])]));
  const { requests, ...charge } = costsToJson(figures);
  return { requests, ...tokensToJson(figures.tokens), ...charge, billing: Object.fromEntries(billing) };
}

export function usageRowToJson(row: UsageRow): object {
  const { instance, caller, callerType, tags, provider, model, billing } = row;
  const { requests, ...charge } = costsToJson(row);
  const key = { instance, caller, caller_type: callerType, tags, provider, model, billing };
  return { ...key, requests, ...tokensToJson(row.tokens), ...charge };
}

function costsToJson({ requests, cost, unpricedRequests }: RequestCost): Record<string, bigint | string | null> {
  return { requests, cost_usd: amountToJson(cost), unpriced_requests: unpricedRequests };
}

function tokensToJson(tokens: ReportedTokens): object {
  return recordOf(REPORTED_COLUMNS, ({ name }) => name, ({ reportedAs }) => tokens[reportedAs]);
}

export function amountToJson(cost: Nanodollars | null): string | null {
  return formatDollarsOrNull(cost);
}

export function countToJson(billionths: bigint): unknown {
  return JSON.rawJSON(formatBillionths(billionths));
}
