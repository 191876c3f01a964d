import type { Nanodollars } from "../../ledger/money.ts";
import { type CallerType, isListValue, type KindOfMoney } from "../../ledger/usage/usage-record.ts";

/**
 * Why the figures of a closed month would be different now. `late_export`: exports arrived after the close. `price_version`: the same requests
 * have a different price. `directory_change`: the directory, the rules or adjustments give the same usage a different owner. `rule_version`:
 * a newer aperture-ledger calculates different figures from the same usage, settings and prices. `charge_change`: seats, commitments or other charges of the month
 * were added, changed or removed.
 */
export const CORRECTION_CAUSES = ["late_export", "price_version", "directory_change", "rule_version", "charge_change"] as const;

export type CorrectionCause = (typeof CORRECTION_CAUSES)[number];

/**
 * A change to a row of a closed month, booked in a later month. A row with several causes has one correction for each, in order: each starts
 * (`was`) where the one before ended (`is`).
 */
export interface Correction {
  /** `YYYY-MM` of the closed month. */
  corrects: string;
  cause: CorrectionCause;
  /** In words; names the exports or prices where that applies. */
  reason: string;
  team: string;
  costCenter: string | null;
  caller: string;
  callerType: CallerType;
  tag: string;
  dimensions: Readonly<Record<string, string>>;
  instance: string;
  provider: string;
  model: string;
  billing: KindOfMoney;
  /** As in the `allocations` table. */
  method: string;
  rule: string;
  /** Null where nothing was priced, or where there was no such row. */
  was: Nanodollars | null;
  is: Nanodollars | null;
  /** `is - was`, with null counted as zero. */
  difference: Nanodollars;
  /** Difference of requests in billionths. */
  requests: bigint;
}

/** The amount that corrections add to the amount owed. Nobody owes list values, so they do not count. */
export function sumOwedCorrections(corrections: readonly Pick<Correction, "billing" | "difference">[]): Nanodollars {
  return corrections.reduce((sum, { billing, difference }) => (isListValue(billing) ? sum : sum + difference), 0n);
}
