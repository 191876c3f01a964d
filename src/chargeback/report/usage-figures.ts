import type { Nanodollars } from "../../ledger/money.ts";
import { type Billing, mapBillings } from "../../ledger/usage/usage-record.ts";

/** Sums of token counts. They are exact: a single record may hold 2^53 - 1, so a sum may exceed that. */
export interface Tokens {
  input: bigint;
  output: bigint;
  cached: bigint;
  cacheWrite: bigint;
}

export interface RequestCost {
  requests: bigint;
  /** Null where nothing was priced: a gap, not a zero. */
  cost: Nanodollars | null;
  /** Requests with tokens counted and no price; the cost lacks them. */
  unpricedRequests: bigint;
}

export interface Figures extends RequestCost {
  tokens: Tokens;
}

/** Figures of several requests, split by who bears their cost. The split adds up to `requests`, `cost`, `unpricedRequests`. */
export interface BilledFigures extends Figures {
  billing: Record<Billing, RequestCost>;
}

export function sumFigures(rows: readonly (Figures & { billing: Billing })[]): BilledFigures {
  const sums: BilledFigures = {
    ...noCost(),
    tokens: { input: 0n, output: 0n, cached: 0n, cacheWrite: 0n },
    billing: mapBillings(noCost),
  };
  for (const row of rows) {
    addCost(sums, row);
    addCost(sums.billing[row.billing], row);
    sums.tokens.input += row.tokens.input;
    sums.tokens.output += row.tokens.output;
    sums.tokens.cached += row.tokens.cached;
    sums.tokens.cacheWrite += row.tokens.cacheWrite;
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
