import type { Nanodollars } from "../../ledger/money.ts";

export interface PastDay {
  day: string;
  cost: Nanodollars;
}

/** A day that is still to come, or what is left of one, and what it is expected to cost. */
export interface Piece {
  day: string;
  from: Date;
  to: Date;
  /** Length of the whole day: not all days have 24 hours. */
  dayMs: number;
  cost: Nanodollars;
}
