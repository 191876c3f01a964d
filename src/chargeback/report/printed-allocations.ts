import { BILLIONTHS, roundToCents, shareCents, splitByLargestRemainder } from "../../ledger/money.ts";
import { recordOf } from "../../ledger/record-of.ts";
import { mapReported, REPORTED_COLUMNS, type ReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import type { ListValueBilling } from "../../ledger/usage/usage-record.ts";
import { type AllocatedFigures, sumOwed } from "./allocation-figures.ts";
import type { PrintedTotal } from "./printed-cents.ts";
import { sharePairs } from "./rounding.ts";

/** Figures to print: money in cents, requests in hundredths, whole tokens. */
export interface PrintedAllocation {
  owed: bigint;
  adjustments: bigint;
  /** What callers paid themselves, all of it. */
  listValue: bigint;
  /** Each kind of list value, for tables that show kinds. */
  listValues: Record<ListValueBilling, bigint>;
  unpricedRequests: bigint;
  requests: bigint;
  tokens: ReportedTokens;
}

/** Amounts that the tables of one team print exactly as the company's tables do. */
export type PrintedOfTeam = Pick<PrintedAllocation, "listValue" | "listValues" | "requests" | "unpricedRequests">;

const PER_HUNDREDTH = BILLIONTHS / 100n;

/** What is owed is the printed sum of metered, self-hosted and adjustments. */
export function printAllocatedTotal(total: AllocatedFigures, { billing, owed, adjustments }: PrintedTotal): PrintedAllocation {
  return {
    owed,
    adjustments,
    listValue: billing.subscription + billing.caller_key,
    listValues: { subscription: billing.subscription, caller_key: billing.caller_key },
    ...roundCounts(total),
  };
}

/** Each column shares out its printed total. */
export function printAllocatedRows(rows: readonly AllocatedFigures[], total: AllocatedFigures, cents: PrintedTotal): PrintedAllocation[] {
  const printed = printAllocatedTotal(total, cents);
  const { subscription, caller_key } = printed.listValues;
  const listed = sharePairs([subscription, caller_key], rows.map(({ billing }) => [billing.subscription.cost ?? 0n, billing.caller_key.cost ?? 0n]));
  const columns = {
    owed: shareCents(printed.owed, rows.map((row) => sumOwed(row).cost ?? 0n)),
    adjustments: shareCents(printed.adjustments, rows.map((row) => row.adjustments ?? 0n)),
    listValue: listed.map(([plans, keys]) => plans + keys),
    subscription: listed.map(([plans]) => plans),
    caller_key: listed.map(([, keys]) => keys),
    unpricedRequests: shareCount(printed.unpricedRequests, rows.map(({ unpricedRequests }) => unpricedRequests)),
    requests: shareCount(printed.requests, rows.map(({ requests }) => requests)),
  };
  const tokenColumns = recordOf(REPORTED_COLUMNS, ({ reportedAs }) => reportedAs, ({ reportedAs }) => shareCount(printed.tokens[reportedAs], rows.map(({ tokens }) => tokens[reportedAs])));
  return rows.map((_, index) => {
    const at = (column: readonly bigint[]): bigint => column[index] ?? 0n;
    return {
      owed: at(columns.owed),
      adjustments: at(columns.adjustments),
      listValue: at(columns.listValue),
      listValues: { subscription: at(columns.subscription), caller_key: at(columns.caller_key) },
      unpricedRequests: at(columns.unpricedRequests),
      requests: at(columns.requests),
      tokens: mapReported((kind) => at(tokenColumns[kind])),
    };
  });
}

/** List values and requests of a row, as its tables print them; zero for a row without a table. */
export function printedOfTeam(printed: PrintedAllocation | undefined): PrintedOfTeam {
  const { listValue, listValues, requests, unpricedRequests } = printed ?? { listValue: 0n, listValues: { subscription: 0n, caller_key: 0n }, requests: 0n, unpricedRequests: 0n };
  return { listValue, listValues, requests, unpricedRequests };
}

/** Rounds each figure separately, for a row of a table without a total. */
export function printAlone(figures: AllocatedFigures): PrintedAllocation {
  const { metered, subscription, caller_key, self_hosted } = figures.billing;
  const adjustments = figures.adjustments ?? 0n;
  return {
    owed: roundToCents([metered.cost ?? 0n, self_hosted.cost ?? 0n, adjustments, figures.charges ?? 0n]).total,
    adjustments: roundToCents([adjustments]).total,
    listValue: roundToCents([subscription.cost ?? 0n, caller_key.cost ?? 0n]).total,
    listValues: { subscription: roundToCents([subscription.cost ?? 0n]).total, caller_key: roundToCents([caller_key.cost ?? 0n]).total },
    ...roundCounts(figures),
  };
}

/** Converts requests in billionths to hundredths that add up to their printed total. @param total hundredths, where their sum is already printed */
export function printRequests(requests: readonly bigint[], total = round(requests.reduce((sum, count) => sum + count, 0n), PER_HUNDREDTH)): { total: bigint; parts: bigint[] } {
  return { total, parts: shareCount(total, requests) };
}

function roundCounts({ requests, unpricedRequests, tokens }: AllocatedFigures): Pick<PrintedAllocation, "requests" | "unpricedRequests" | "tokens"> {
  return {
    requests: round(requests, PER_HUNDREDTH),
    unpricedRequests: round(unpricedRequests, PER_HUNDREDTH),
    tokens: mapReported((kind) => round(tokens[kind], BILLIONTHS)),
  };
}

function round(count: bigint, unit: bigint): bigint {
  return (count + unit / 2n) / unit;
}

function shareCount(total: bigint, counts: readonly bigint[]): bigint[] {
  return splitByLargestRemainder(total, counts.map((weight) => ({ name: "", weight })));
}
