import { mapReported } from "../../ledger/usage/reported-tokens.ts";
import { type Billing, mapBillings } from "../../ledger/usage/usage-record.ts";
import type { AllocatedFigures } from "../report/allocation-figures.ts";
import { addKnown, type BilledFigures, type RequestCost } from "../report/usage-figures.ts";

/** Most rows in a table of the whole company; the files beside the page have every row. */
export const LONGEST_TABLE = 200;

/** Most rows in a table that names the largest and sums up the rest. */
export const SHORT_TABLE = 15;

export function othersOf(count: number): string {
  return `${String(count)} others, in the CSV`;
}

/** The first rows of a long list, and the sum of the others. */
interface Folded<Row, Sum> {
  shown: readonly Row[];
  /** Null where every row is shown. */
  others: { count: number; sum: Sum } | null;
}

/** One row more than the limit is shown: a line that sums up a single row would take the same space. */
export function foldRows<Row, Sum>(rows: readonly Row[], limit: number, sumUp: (rows: readonly Row[]) => Sum): Folded<Row, Sum> {
  if (rows.length <= limit + 1) return { shown: rows, others: null };
  const others = rows.slice(limit);
  return { shown: rows.slice(0, limit), others: { count: others.length, sum: sumUp(others) } };
}

/** Adds up rows. A cost is null only where no row has one. */
export function addBilled(all: readonly BilledFigures[]): BilledFigures {
  const addKind = (kind: Billing): RequestCost => addCosts(all.map(({ billing }) => billing[kind]));
  return {
    ...addCosts(all),
    tokens: mapReported((kind) => all.reduce((sum, { tokens }) => sum + tokens[kind], 0n)),
    billing: mapBillings(addKind),
  };
}

export function addAllocated(all: readonly AllocatedFigures[]): AllocatedFigures {
  return { ...addBilled(all), adjustments: addKnown(all.map(({ adjustments }) => adjustments)), charges: addKnown(all.map(({ charges }) => charges)) };
}

function addCosts(all: readonly RequestCost[]): RequestCost {
  return {
    requests: all.reduce((sum, { requests }) => sum + requests, 0n),
    cost: addKnown(all.map(({ cost }) => cost)),
    unpricedRequests: all.reduce((sum, { unpricedRequests }) => sum + unpricedRequests, 0n),
  };
}
