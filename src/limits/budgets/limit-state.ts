import type { Nanodollars } from "../../ledger/money.ts";
import type { BudgetPeriod } from "./budget-period.ts";
import type { Forecast } from "./forecast.ts";
import type { Spender } from "./sum-budget.ts";

/** The state of a budget in the current period, or at the end of an ended one. */
export interface LimitState {
  name: string;
  /** In words: `team payments, model claude-opus-*`. */
  scope: string;
  /** Teams that the scope names. */
  teams: readonly string[];
  period: BudgetPeriod;
  /** End of the known usage. */
  asOf: Date;
  /** When the period ended, or the budget if that was earlier; null while both are active. An ended period has no forecast. */
  ended: Date | null;
  amount: Nanodollars;
  spent: Nanodollars;
  /** Negative where the budget is overspent. */
  left: Nanodollars;
  /** Percentage of the amount, rounded down to one decimal: 100 only where it is spent. */
  percent: number;
  /** Percentage of the period until `asOf`, rounded down to one decimal. */
  elapsedPercent: number;
  /** Spent share divided by elapsed share, two decimals: above 1 the amount will not last. Null before any of the period is known. */
  pace: number | null;
  /** Null where there is no usage to base it on. */
  forecast: Forecast | null;
  /** When the amount is or will be used up: the start of the day; for a daily budget the instant. Null when it lasts. */
  exhausted: Date | null;
  /** Thresholds, in per cent, in order. */
  reached: readonly number[];
  /** Whether the forecast exceeds the amount. */
  forecastOver: boolean;
  /** Whether such a forecast raises an alert. */
  watchesForecast: boolean;
  /** Parts of the period's spend, largest first. */
  models: readonly Spender[];
  callers: readonly Spender[];
  /** Models with usage but without any price in the period: no sum includes them. */
  unpriced: readonly string[];
  /** Names of the targets of its alerts. */
  notify: readonly string[];
}
