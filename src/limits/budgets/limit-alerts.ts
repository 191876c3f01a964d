import type { Alert } from "../alert.ts";
import { dayOf } from "../../days.ts";
import { limitFigures } from "./limit-figures.ts";
import type { LimitState } from "./limit-state.ts";
import { showDollars, showExhaustion, showForecast, showTime } from "./show-limit.ts";
import type { Spender } from "./sum-budget.ts";

/** Before that a forecast says too little. */
const FORECAST_FROM_PERCENT = 10;
const MOST_SPENDERS = 3;

/** One for each threshold that is reached, and one for a forecast above what is not spent yet. The same state gives the same alerts. */
export function limitAlerts(states: readonly LimitState[]): Alert[] {
  return states.flatMap((state) => [
    ...state.reached.map((threshold) => describeAlert(state, String(threshold), `${String(threshold)} % of ${showDollars(state.amount)} is spent`)),
    ...(isForecastDue(state) ? [describeAlert(state, "forecast", `${showDollars(state.forecast?.expected ?? 0n)} of ${showDollars(state.amount)} is expected`)] : []),
  ]);
}

function isForecastDue({ watchesForecast, forecastOver, left, elapsedPercent }: LimitState): boolean {
  return watchesForecast && forecastOver && left > 0n && elapsedPercent >= FORECAST_FROM_PERCENT;
}

function describeAlert(state: LimitState, threshold: string, what: string): Alert {
  const { name, scope, period } = state;
  return {
    kind: "budget",
    limit: name,
    period: period.name,
    threshold,
    title: `Budget ${name} (${scope}): ${what} in ${period.name}`,
    lines: describeLines(state),
    targets: state.notify,
    figures: { ...limitFigures(state), scope: state.scope, from: period.from.toISOString(), to: period.to.toISOString(), timezone: period.timezone },
  };
}

function describeLines(state: LimitState): string[] {
  const { amount, spent, left, percent, elapsedPercent, period, models, callers, unpriced, asOf } = state;
  const { timezone } = period;
  const over = left < 0n ? `${showDollars(-left)} over` : `${showDollars(left)} left`;
  return [
    `Spent ${showDollars(spent)} of ${showDollars(amount)} (${String(percent)} %), ${over}, as of ${showTime(asOf, timezone)} ${timezone}.`,
    `The ${period.unit} ends at ${showTime(period.to, timezone)} ${timezone}; ${String(elapsedPercent)} % of it is over.`,
    `Forecast: ${showForecast(state)}. ${describeExhaustion(state)}`,
    ...describeSpenders("models", models),
    ...describeSpenders("callers", callers),
    ...(unpriced.length === 0 ? [] : [`Without a price, in no sum: ${unpriced.join(", ")}.`]),
    `Where to look: ${["aperture-ledger limits", ...explainCalls(state)].join("; ")}`,
  ];
}

function describeExhaustion(state: LimitState): string {
  const when = showExhaustion(state);
  if (when === null) return "It lasts.";
  return state.left <= 0n ? `Used up: ${when}.` : `Used up by ${when}.`;
}

function describeSpenders(what: string, spenders: readonly Spender[]): string[] {
  const [shown, others] = [spenders.slice(0, MOST_SPENDERS), spenders.length - MOST_SPENDERS];
  if (shown.length === 0) return [];
  const listed = shown.map(({ name, cost }) => `${name} ${showDollars(cost)}`).join(", ");
  return [`Top ${what}: ${listed}${others > 0 ? ` and ${String(others)} more` : ""}.`];
}

/** By the month that is under way: `explain` knows no other periods. */
function explainCalls({ teams, asOf, period }: LimitState): string[] {
  const month = dayOf(asOf < period.from ? period.from : asOf, period.timezone).slice(0, 7);
  return teams.map((team) => `aperture-ledger explain --month ${month} --team ${/^[\w.-]+$/.test(team) ? team : JSON.stringify(team)}`);
}
