import type { Nanodollars } from "../../ledger/money.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";

/** What was spent on one day by usage that is alike and that one team pays for. */
export interface DaySpend extends Omit<UsageKey, "tags"> {
  /** `YYYY-MM-DD` in the configured time zone. */
  day: string;
  /** Name, or `(unallocated)`. */
  team: string;
  /** One tag, or `(untagged)`. */
  tag: string;
  /** Null where nothing was priced. Without adjustments. */
  cost: Nanodollars | null;
}
