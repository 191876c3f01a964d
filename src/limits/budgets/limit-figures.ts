import { formatDollars } from "../../ledger/money.ts";
import type { LimitState } from "./limit-state.ts";
import { showExhaustion } from "./show-limit.ts";

/** Figures for machines: money as text of dollars with nine decimals. */
export function limitFigures(state: LimitState) {
  const { amount, spent, left, percent, elapsedPercent, pace, forecast, exhausted, period } = state;
  return {
    amount_usd: formatDollars(amount),
    spent_usd: formatDollars(spent),
    left_usd: formatDollars(left),
    percent,
    elapsed_percent: elapsedPercent,
    pace,
    forecast_method: forecast?.method ?? null,
    forecast_usd: forecast === null ? null : formatDollars(forecast.expected),
    forecast_low_usd: forecast === null ? null : formatDollars(forecast.low),
    forecast_high_usd: forecast === null ? null : formatDollars(forecast.high),
    exhausted: period.unit === "day" ? (exhausted?.toISOString() ?? null) : showExhaustion(state),
  };
}
