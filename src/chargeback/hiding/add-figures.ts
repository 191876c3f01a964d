import { addReported, noReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { type Billing, mapBillings } from "../../ledger/usage/usage-record.ts";
import type { AllocatedFigures, AllocatedRow, AllocatedSummary } from "../report/allocation-figures.ts";
import type { Figures, RequestCost } from "../report/usage-figures.ts";

/** Sums amounts; null where none is known. */
export function addKnown(amounts: readonly (bigint | null)[]): bigint | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0n);
}

/** Merges rows with the same `keyOf` into one, in the order of the first row of each. */
export function mergeRows<Row extends Figures>(rows: readonly Row[], keyOf: (row: Row) => unknown): Row[] {
  return [...Map.groupBy(rows, (row) => JSON.stringify(keyOf(row))).values()].flatMap((alike) => alike.slice(0, 1).map((first) => (alike.length === 1 ? first : { ...first, ...addFigures(alike) })));
}

/** Merges the chosen rows of a summary into one at the end. Changes nothing where no row is chosen. */
export function foldRows<Key>(summary: AllocatedSummary<Key>, folded: ReadonlySet<AllocatedRow<Key>>, others: Key): AllocatedSummary<Key> {
  if (folded.size === 0) return summary;
  return [...summary.filter((row) => !folded.has(row)), { key: others, figures: addAllocated([...folded].map(({ figures }) => figures)) }];
}

function addAllocated(all: readonly AllocatedFigures[]): AllocatedFigures {
  return {
    ...addFigures(all),
    billing: mapBillings((kind: Billing) => addCosts(all.map(({ billing }) => billing[kind]))),
    adjustments: addKnown(all.map(({ adjustments }) => adjustments)),
    charges: addKnown(all.map(({ charges }) => charges)),
  };
}

function addFigures(all: readonly Figures[]): Figures {
  const tokens = noReportedTokens();
  for (const figures of all) addReported(tokens, figures.tokens);
  return { ...addCosts(all), tokens };
}

function addCosts(all: readonly RequestCost[]): RequestCost {
  return {
    requests: all.reduce((sum, { requests }) => sum + requests, 0n),
    cost: addKnown(all.map(({ cost }) => cost)),
    unpricedRequests: all.reduce((sum, { unpricedRequests }) => sum + unpricedRequests, 0n),
  };
}
