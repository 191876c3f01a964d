import type { Nanodollars } from "../../ledger/money.ts";
import type { BudgetPeriod } from "./budget-period.ts";
import type { Forecast } from "./forecast.ts";
import type { Spender } from "./sum-budget.ts";

/** How a budget stands in the period that is under way, or stood at the end of one that is over. */
export interface LimitState {
  name: string;
  /** In words: `team payments, model claude-opus-*`. */
  scope: string;
  /** Teams that the scope names. */
  teams: readonly string[];
  period: BudgetPeriod;
  /** End of what is known. */
  asOf: Date;
  /** When the period, or the budget before it, ended; null while both go on. There is no forecast after it. */
  ended: Date | null;
  amount: Nanodollars;
  spent: Nanodollars;
  /** Negative where more was spent than there was. */
  left: Nanodollars;
  /** Of the amount, rounded down to one decimal: 100 only where it is spent. */
  percent: number;
  /** Of the period, until `asOf`, rounded down to one decimal. */
  elapsedPercent: number;
  /** Spent share by elapsed share, two decimals: above 1 it is spent faster than it lasts. Null before anything of the period is known. */
  pace: number | null;
  /** Null where there is nothing to go by. */
  forecast: Forecast | null;
  /** When the amount is or will be used up: the start of the day; of a day's budget the instant. Null when it lasts. */
  exhausted: Date | null;
  /** Thresholds, in per cent, in order. */
  reached: readonly number[];
  /** Whether the forecast is over the amount. */
  forecastOver: boolean;
  /** Whether somebody is to be told of such a forecast. */
  watchesForecast: boolean;
  /** Of the period, the largest first. */
  models: readonly Spender[];
  callers: readonly Spender[];
  /** Models with usage in the period of which nothing has a price: it is in no sum. */
  unpriced: readonly string[];
  /** Names of the targets that are told. */
  notify: readonly string[];
}
