import type { Nanodollars } from "../../ledger/money.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";

/** Spend of one team on one day for usage with the same properties. */
export interface DaySpend extends Omit<UsageKey, "tags"> {
  /** `YYYY-MM-DD` in the configured time zone. */
  day: string;
  /** Name, or `(unallocated)`. */
  team: string;
  /** One tag, or `(untagged)`. */
  tag: string;
  /** Null where no request was priced. Without adjustments. */
  cost: Nanodollars | null;
}
