import { LedgerError } from "../../ledger/errors.ts";
import { BILLIONTHS, formatDollars } from "../../ledger/money.ts";
import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { BILLINGS, CHARGE, isListValue } from "../../ledger/usage/usage-record.ts";
import { ADJUSTMENT } from "./allocation-figures.ts";
import type { AllocationSums } from "./summarise-allocations.ts";
import type { BilledFigures } from "./usage-figures.ts";

/**
 * Throws `allocation_differs` unless the allocations, without adjustments, are exactly the usage. A report whose teams do not add up to its
 * total would be worse than none.
 * @param usage whole counts, from the rollups
 */
export function checkAllocations({ total, rows }: AllocationSums, usage: BilledFigures, key: string): void {
  const allocated = listFigures(total, 1n);
  const used = listFigures(usage, BILLIONTHS);
  for (const [name, amount] of used) {
    const given = allocated.get(name) ?? null;
    if (given !== amount) throw differs(key, `${name}: allocated ${show(given)}, used ${show(amount)}`);
  }
  const adjustments = rows.filter(({ method }) => method === ADJUSTMENT);
  if (adjustments.some(({ requests }) => requests !== 0n)) throw differs(key, "adjustments have requests");
  if (rows.some(({ billing, method }) => billing === CHARGE && method !== ADJUSTMENT)) throw differs(key, "a charge is among the usage");
  if (adjustments.some(({ billing }) => isListValue(billing))) {
    throw differs(key, "a list value, which nobody owes, is adjusted");
  }
}

function listFigures({ tokens, billing }: BilledFigures, unit: bigint): Map<string, bigint | null> {
  return new Map<string, bigint | null>([
    ...BILLINGS.flatMap((kind): [string, bigint | null][] => [
      [`${kind} cost in dollars`, billing[kind].cost],
      [`${kind} requests`, billing[kind].requests * unit],
      [`${kind} unpriced requests`, billing[kind].unpricedRequests * unit],
    ]),
    ...REPORTED_COLUMNS.map(({ name, reportedAs }): [string, bigint | null] => [name.replaceAll("_", " "), tokens[reportedAs] * unit]),
  ]);
}

function show(amount: bigint | null): string {
  return amount === null ? "none" : formatDollars(amount);
}

function differs(key: string, difference: string): LedgerError {
  return new LedgerError("allocation_differs", `${key} is not the month's usage (${difference})`, {
    remedy: `remove ${key} and run the chargeback again, which allocates the month again; if the error comes back, report it: it is a mistake in aperture-ledger`,
  });
}
