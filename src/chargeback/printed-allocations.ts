import { roundToCents, shareCents, splitByLargestRemainder } from "../money.ts";
import { type AllocatedFigures, BILLIONTHS } from "./allocation-figures.ts";
import type { ListValueBilling } from "../usage/usage-record.ts";
import type { Tokens } from "./figures.ts";
import { type PrintedCents, printRows } from "./printed-cents.ts";

/** Figures to print: money in cents, requests in hundredths, whole tokens. */
export interface PrintedAllocation {
  owed: bigint;
  adjustments: bigint;
  /** What callers paid themselves, all of it. */
  listValue: bigint;
  listValues: Record<ListValueBilling, bigint>;
  unpricedRequests: bigint;
  requests: bigint;
  tokens: Tokens;
}

const PER_HUNDREDTH = BILLIONTHS / 100n;

/** What is owed is what the billing table prints as metered and self-hosted, and the adjustments. */
export function printAllocatedTotal(total: AllocatedFigures, { billing }: PrintedCents): PrintedAllocation {
  const adjustments = roundToCents([total.adjustments ?? 0n]).total;
  return {
    owed: billing.metered + billing.self_hosted + adjustments,
    adjustments,
    ...listedOf(billing),
    ...roundCounts(total),
  };
}

/** Each column shares what its total prints, and what a row owes is what its parts print: so rows add up downwards and across. */
export function printAllocatedRows(rows: readonly AllocatedFigures[], total: AllocatedFigures, cents: PrintedCents): PrintedAllocation[] {
  const billed = printRows(rows, cents);
  const printed = printAllocatedTotal(total, cents);
  const adjustments = shareCents(printed.adjustments, rows.map((row) => row.adjustments ?? 0n));
  const shareTokens = (kind: keyof Tokens): bigint[] => shareCount(printed.tokens[kind], rows.map(({ tokens }) => tokens[kind]));
  const columns = {
    unpricedRequests: shareCount(printed.unpricedRequests, rows.map(({ unpricedRequests }) => unpricedRequests)),
    requests: shareCount(printed.requests, rows.map(({ requests }) => requests)),
    input: shareTokens("input"),
    output: shareTokens("output"),
    cached: shareTokens("cached"),
    cacheWrite: shareTokens("cacheWrite"),
  };
  return billed.map(({ billing }, index) => {
    const at = (column: readonly bigint[]): bigint => column[index] ?? 0n;
    return {
      owed: billing.metered + billing.self_hosted + at(adjustments),
      adjustments: at(adjustments),
      ...listedOf(billing),
      unpricedRequests: at(columns.unpricedRequests),
      requests: at(columns.requests),
      tokens: { input: at(columns.input), output: at(columns.output), cached: at(columns.cached), cacheWrite: at(columns.cacheWrite) },
    };
  });
}

/** A row of a table that adds up to nothing: each figure rounds by itself. */
export function printAlone(figures: AllocatedFigures): PrintedAllocation {
  const { metered, subscription, caller_key, self_hosted } = figures.billing;
  const adjustments = figures.adjustments ?? 0n;
  return {
    owed: roundToCents([metered.cost ?? 0n, self_hosted.cost ?? 0n, adjustments]).total,
    adjustments: roundToCents([adjustments]).total,
    listValue: roundToCents([subscription.cost ?? 0n, caller_key.cost ?? 0n]).total,
    listValues: { subscription: roundToCents([subscription.cost ?? 0n]).total, caller_key: roundToCents([caller_key.cost ?? 0n]).total },
    ...roundCounts(figures),
  };
}

function listedOf({ subscription, caller_key }: PrintedCents["billing"]): Pick<PrintedAllocation, "listValue" | "listValues"> {
  return { listValue: subscription + caller_key, listValues: { subscription, caller_key } };
}

/** Requests in billionths as hundredths that add up to their printed total. */
export function printRequests(requests: readonly bigint[]): { total: bigint; parts: bigint[] } {
  const total = round(requests.reduce((sum, count) => sum + count, 0n), PER_HUNDREDTH);
  return { total, parts: shareCount(total, requests) };
}

function roundCounts({ requests, unpricedRequests, tokens }: AllocatedFigures): Pick<PrintedAllocation, "requests" | "unpricedRequests" | "tokens"> {
  const whole = (count: bigint): bigint => round(count, BILLIONTHS);
  return {
    requests: round(requests, PER_HUNDREDTH),
    unpricedRequests: round(unpricedRequests, PER_HUNDREDTH),
    tokens: { input: whole(tokens.input), output: whole(tokens.output), cached: whole(tokens.cached), cacheWrite: whole(tokens.cacheWrite) },
  };
}

function round(count: bigint, unit: bigint): bigint {
  return (count + unit / 2n) / unit;
}

function shareCount(total: bigint, counts: readonly bigint[]): bigint[] {
  return splitByLargestRemainder(total, counts.map((weight) => ({ name: "", weight })));
}
