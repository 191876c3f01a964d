import type { Nanodollars } from "../../ledger/money.ts";
import { addReported, noReportedTokens, type ReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { type Billing, mapBillings } from "../../ledger/usage/usage-record.ts";

export interface Charge {
  requests: bigint;
  /** Null where nothing was priced: a gap, not a zero. */
  cost: Nanodollars | null;
  /** Requests with tokens counted and no price; the cost lacks them. */
  unpricedRequests: bigint;
}

export interface Figures extends Charge {
  tokens: ReportedTokens;
}

/** Figures of several requests, split by who bears their cost. The split adds up to `requests`, `cost`, `unpricedRequests`. */
export interface BilledFigures extends Figures {
  billing: Record<Billing, Charge>;
}

export function sumFigures(rows: readonly (Figures & { billing: Billing })[]): BilledFigures {
  const sums: BilledFigures = {
    ...noCharge(),
    tokens: noReportedTokens(),
    billing: mapBillings(noCharge),
  };
  for (const row of rows) {
    addCharge(sums, row);
    addCharge(sums.billing[row.billing], row);
    addReported(sums.tokens, row.tokens);
  }
  return sums;
}

function noCharge(): Charge {
  return { requests: 0n, cost: null, unpricedRequests: 0n };
}

function addCharge(sum: Charge, { requests, cost, unpricedRequests }: Charge): void {
  sum.requests += requests;
  sum.unpricedRequests += unpricedRequests;
  if (cost !== null) sum.cost = (sum.cost ?? 0n) + cost;
}
