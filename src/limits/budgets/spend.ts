import type { Nanodollars } from "../../ledger/money.ts";
import type { Billing, CallerType } from "../../ledger/usage/usage-record.ts";

/** Spend of one team on one day for usage with the same properties. */
export interface DaySpend {
  /** `YYYY-MM-DD` in the configured time zone. */
  day: string;
  /** Name, or `(unallocated)`. */
  team: string;
  /** One tag, or `(untagged)`. */
  tag: string;
  caller: string;
  callerType: CallerType;
  instance: string;
  provider: string;
  model: string;
  billing: Billing;
  dimensions: Readonly<Record<string, string>>;
  /** Null where no request was priced. Without adjustments. */
  cost: Nanodollars | null;
}
