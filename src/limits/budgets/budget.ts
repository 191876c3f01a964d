import type { Nanodollars } from "../../ledger/money.ts";
import type { PeriodUnit } from "./budget-period.ts";

/**
 * What a spend has to be, by name of the property: a pattern, or several of which one has to match; null where it must not
 * have that dimension. What is owed counts, unless `billing` says otherwise.
 */
export type Scope = ReadonlyMap<string, string | readonly string[] | null>;

/** How much may be spent in a calendar period. */
export interface Budget {
  name: string;
  scope: Scope;
  /** What stands for erased callers that the scope names: it counts as they do, and is shown nowhere. */
  pseudonyms?: readonly string[];
  amount: Nanodollars;
  per: PeriodUnit;
  /** IANA name: in which periods begin. */
  timezone: string;
  /** Per cent. */
  thresholds: readonly number[];
  /** Whether somebody is told of a forecast above the amount. */
  forecast: boolean;
  /** Names of targets. */
  notify: readonly string[];
  /** Days `YYYY-MM-DD`: from the first moment of `from` on and before the first moment of `until`. */
  from?: string | undefined;
  until?: string | undefined;
}
