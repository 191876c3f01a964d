import type { Nanodollars } from "../../ledger/money.ts";

export interface PastDay {
  day: string;
  cost: Nanodollars;
}

/** A future day, or the rest of the current one, with its expected cost. */
export interface Piece {
  day: string;
  from: Date;
  to: Date;
  /** Length of the whole day: not all days have 24 hours. */
  dayMs: number;
  cost: Nanodollars;
}
