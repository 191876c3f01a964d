import type { Nanodollars } from "../../ledger/money.ts";
import type { PeriodUnit } from "./budget-period.ts";

/**
 * Conditions on spend, by name of the property: a pattern, or several patterns, where one match is enough; null where the spend must not
 * have that dimension. Owed cost counts, unless `billing` says otherwise.
 */
export type Scope = ReadonlyMap<string, string | readonly string[] | null>;

/** A budget for calendar periods. */
export interface Budget {
  name: string;
  scope: Scope;
  /** Pseudonyms of erased callers that the scope names: their spend counts, and they are never shown. */
  pseudonyms?: readonly string[];
  amount: Nanodollars;
  per: PeriodUnit;
  /** IANA name of the zone in which periods begin. */
  timezone: string;
  /** Per cent. */
  thresholds: readonly number[];
  /** Whether a forecast above the amount raises an alert. */
  forecast: boolean;
  /** Names of targets. */
  notify: readonly string[];
  /** Days `YYYY-MM-DD`. `from`: first day the budget is evaluated; `until`: first day it is not. */
  from?: string | undefined;
  until?: string | undefined;
}
