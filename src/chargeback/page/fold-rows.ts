import type { AllocatedFigures } from "../report/allocation-figures.ts";
import type { BilledFigures, Charge } from "../report/figures.ts";
import { mapReported } from "../../ledger/usage/reported-tokens.ts";
import { type Billing, mapBillings } from "../../ledger/usage/usage-record.ts";

/** Rows of a table of the whole company; the files beside the page have every row. */
export const LONGEST_TABLE = 200;

export function othersOf(count: number): string {
  return `${String(count)} others, in the CSV`;
}

/** The first rows of a long list, and what the others come to together. */
export interface Folded<Row, Sum> {
  shown: readonly Row[];
  /** Null where every row is shown. */
  others: { count: number; sum: Sum } | null;
}

/** A single row more is shown rather than folded into a line of the same size. */
export function foldRows<Row, Sum>(rows: readonly Row[], limit: number, sumUp: (rows: readonly Row[]) => Sum): Folded<Row, Sum> {
  if (rows.length <= limit + 1) return { shown: rows, others: null };
  const others = rows.slice(limit);
  return { shown: rows.slice(0, limit), others: { count: others.length, sum: sumUp(others) } };
}

/** Figures of several rows together: a cost is null only where none has one. */
export function addBilled(all: readonly BilledFigures[]): BilledFigures {
  const addKind = (kind: Billing): Charge => addCharges(all.map(({ billing }) => billing[kind]));
  return {
    ...addCharges(all),
    tokens: mapReported((kind) => all.reduce((sum, { tokens }) => sum + tokens[kind], 0n)),
    billing: mapBillings(addKind),
  };
}

export function addAllocated(all: readonly AllocatedFigures[]): AllocatedFigures {
  return { ...addBilled(all), adjustments: addKnown(all.map(({ adjustments }) => adjustments)) };
}

function addCharges(all: readonly Charge[]): Charge {
  return {
    requests: all.reduce((sum, { requests }) => sum + requests, 0n),
    cost: addKnown(all.map(({ cost }) => cost)),
    unpricedRequests: all.reduce((sum, { unpricedRequests }) => sum + unpricedRequests, 0n),
  };
}

function addKnown(amounts: readonly (bigint | null)[]): bigint | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0n);
}
