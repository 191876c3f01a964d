import type { Nanodollars } from "../../ledger/money.ts";
import type { DaySpend } from "../budgets/spend.ts";

/** Requests of one minute with the same properties, with each team's and each tag's part of their cost. */
export interface LiveUsage {
  instance: string;
  minute: Date;
  requests: number;
  unpriced: number;
  /** At least one. They add up to the cost. */
  parts: readonly LivePart[];
}

export type LivePart = Omit<DaySpend, "day" | "cost"> & { cost: Nanodollars };
