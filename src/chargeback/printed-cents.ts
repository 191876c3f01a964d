import { roundToCents, shareCents } from "../money.ts";
import { type Billing, BILLINGS, mapBillings } from "../usage/usage-record.ts";
import type { BilledFigures } from "./figures.ts";

/** Cents to print; the kinds of billing add up to the total. */
export interface PrintedCents {
  total: bigint;
  billing: Record<Billing, bigint>;
}

/** The total rounds half up, the kinds of billing share its cents. */
export function printTotal({ billing }: BilledFigures): PrintedCents {
  const { total, parts } = roundToCents(BILLINGS.map((kind) => billing[kind].cost ?? 0n));
  return { total, billing: mapBillings((kind) => parts[BILLINGS.indexOf(kind)] ?? 0n) };
}

/**
 * Cents of a summary's rows. Each column shares the cents of its printed total, and a row's total is what its columns
 * print: so the rows add up downwards and across, and every summary ends with the same line.
 */
export function printRows(rows: readonly BilledFigures[], total: PrintedCents): PrintedCents[] {
  const columns = mapBillings((kind) => shareCents(total.billing[kind], rows.map(({ billing }) => billing[kind].cost ?? 0n)));
  return rows.map((_, index) => {
    const billing = mapBillings((kind) => columns[kind][index] ?? 0n);
    return { total: BILLINGS.reduce((sum, kind) => sum + billing[kind], 0n), billing };
  });
}
