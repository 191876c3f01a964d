import { type AllocatedMonths, allocateMonths } from "../allocation/allocate-months.ts";
import { type CorrectedMonths, correctMonths } from "../chargeback/correct-months.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import type { Ledger } from "../open/ledger.ts";

export interface SettledMonths extends Omit<AllocatedMonths, "hasCloses"> {
  /** Present if any month is closed: the corrections that are booked in an open month. */
  corrections?: CorrectedMonths | undefined;
}

/** Allocates the months of the built days, then books in an open month how closed months would differ today. */
export async function settleMonths(ledger: Ledger, days: readonly DayManifest[]): Promise<SettledMonths> {
  const { hasCloses, ...months } = await allocateMonths(ledger, days);
  return hasCloses ? { ...months, corrections: await correctMonths(ledger, days) } : months;
}
