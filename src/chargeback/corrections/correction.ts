import type { Nanodollars } from "../../ledger/money.ts";
import type { Billing, CallerType } from "../../ledger/usage/usage-record.ts";

/**
 * Why a closed month would be another one now. `late_export`: exports that were not there when it was closed.
 * `price_version`: the same requests have another price. `directory_change`: the same usage has another owner, by the
 * directory, the rules, or adjustments. `rule_version`: the same usage, settings and prices come to other figures by the rules
 * of a newer aperture-ledger.
 */
export const CORRECTION_CAUSES = ["late_export", "price_version", "directory_change", "rule_version"] as const;
export type CorrectionCause = (typeof CORRECTION_CAUSES)[number];

/**
 * What changed of a row of a closed month, booked in a later one. Several causes of one row are several corrections, one
 * after the other: what was of the next is what is of the one before.
 */
export interface Correction {
  /** `YYYY-MM` of the closed month. */
  corrects: string;
  cause: CorrectionCause;
  /** In words, with names of exports or prices where there are any. */
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
  billing: Billing;
  /** As in the `allocations` table. */
  method: string;
  rule: string;
  /** Null where nothing was priced, or where there was no such row. */
  was: Nanodollars | null;
  is: Nanodollars | null;
  /** `is - was`, a null counted as nothing. */
  difference: Nanodollars;
  /** Difference of requests in billionths. */
  requests: bigint;
}
