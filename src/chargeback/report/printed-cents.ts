import { type Nanodollars, shareCents } from "../../ledger/money.ts";
import { type Billing, BILLINGS, isListValue, LIST_VALUES, mapBillings } from "../../ledger/usage/usage-record.ts";
import { roundRuns } from "./rounding.ts";
import type { BilledFigures } from "./usage-figures.ts";

/** Cents to print; the kinds of billing add up to the total. */
export interface PrintedCents {
  total: bigint;
  billing: Record<Billing, bigint>;
}

/** Cents of all totals. The amount owed is the printed sum of the owed kinds of billing, the adjustments and the charges. */
export interface PrintedTotal extends PrintedCents {
  adjustments: bigint;
  charges: bigint;
  owed: bigint;
}

const OWED = BILLINGS.filter((kind) => !isListValue(kind));

/** Rounds what is owed to the nearest cent, and everything else up or down so that it adds up. */
export function printTotal({ billing, adjustments = null, charges = null }: BilledFigures & { adjustments?: Nanodollars | null; charges?: Nanodollars | null }): PrintedTotal {
  // In this order, every printed sum is a run of neighbours: the total is all kinds, what is owed is the last ones.
  const kinds: readonly Billing[] = [...LIST_VALUES, ...OWED];
  const cents = roundRuns([...kinds.map((kind) => billing[kind].cost ?? 0n), adjustments ?? 0n, charges ?? 0n], LIST_VALUES.length);
  return {
    total: sum(cents.slice(0, kinds.length)),
    billing: mapBillings((kind) => cents[kinds.indexOf(kind)] ?? 0n),
    adjustments: cents[kinds.length] ?? 0n,
    charges: cents[kinds.length + 1] ?? 0n,
    owed: sum(cents.slice(LIST_VALUES.length)),
  };
}

/**
 * Cents of a summary's rows. Each column shares out the cents of its printed total, and a row's total is the sum of its printed columns. So rows
 * and columns add up, and every summary ends with the same line.
 */
export function printRows(rows: readonly BilledFigures[], total: PrintedCents): PrintedCents[] {
  const columns = mapBillings((kind) => shareCents(total.billing[kind], rows.map(({ billing }) => billing[kind].cost ?? 0n)));
  return rows.map((_, index) => {
    const billing = mapBillings((kind) => columns[kind][index] ?? 0n);
    return { total: sum(BILLINGS.map((kind) => billing[kind])), billing };
  });
}

function sum(parts: readonly bigint[]): bigint {
  return parts.reduce((all, part) => all + part, 0n);
}
