import type { Nanodollars } from "../../ledger/money.ts";
import { addReported, noReportedTokens, type ReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { type Billing, mapBillings } from "../../ledger/usage/usage-record.ts";

export interface RequestCost {
  requests: bigint;
  /** Null where nothing was priced: a gap, not a zero. */
  cost: Nanodollars | null;
  /** Requests with tokens counted and no price; the cost lacks them. */
  unpricedRequests: bigint;
}

export interface Figures extends RequestCost {
  tokens: ReportedTokens;
}

/** Figures of several requests, split by who bears their cost. The split adds up to `requests`, `cost`, `unpricedRequests`. */
export interface BilledFigures extends Figures {
  billing: Record<Billing, RequestCost>;
}

export function sumFigures(rows: readonly (Figures & { billing: Billing })[]): BilledFigures {
  const sums: BilledFigures = {
    ...noCost(),
    tokens: noReportedTokens(),
    billing: mapBillings(noCost),
  };
  for (const row of rows) {
    addCost(sums, row);
    addCost(sums.billing[row.billing], row);
    addReported(sums.tokens, row.tokens);
  }
  return sums;
}

function noCost(): RequestCost {
  return { requests: 0n, cost: null, unpricedRequests: 0n };
}

function addCost(sum: RequestCost, { requests, cost, unpricedRequests }: RequestCost): void {
  sum.requests += requests;
  sum.unpricedRequests += unpricedRequests;
  if (cost !== null) sum.cost = (sum.cost ?? 0n) + cost;
}

/** The sum of the amounts that are known; null where none is. */
export function addKnown(amounts: readonly (bigint | null)[]): bigint | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0n);
}
