import type { Alert } from "../alerts/alert.ts";
import { dayOf } from "../../ledger/days.ts";
import { limitFigures } from "./limit-figures.ts";
import type { LimitState } from "./limit-state.ts";
import { showDollars, showExhaustion, showForecast, showTime } from "./show-limit.ts";
import type { Spender } from "./sum-budget.ts";
import { listSome } from "../../ledger/text/list-some.ts";

/** Before this share of the period, a forecast is too uncertain. */
const FORECAST_FROM_PERCENT = 10;
const MOST_SPENDERS = 3;

/** One alert for each reached threshold, and one for a forecast above an amount that is not spent yet. The same state gives the same alerts. */
export function limitAlerts(states: readonly LimitState[]): Alert[] {
  return states.flatMap((state) => [
    ...state.reached.map((threshold) => describeAlert(state, String(threshold), `${String(threshold)} % of ${showDollars(state.amount)} ${state.ended === null ? "is" : "was"} spent`)),
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
    title: `Budget ${name} (${scope}): ${what} in ${period.name}${state.ended === null ? "" : `; ${sayEnded(state)}`}`,
    lines: [...(state.ended === null ? describeUnderWay(state) : describeEnded(state, state.ended)), ...describeRest(state)],
    targets: state.notify,
    figures: { ...limitFigures(state), scope: state.scope, from: period.from.toISOString(), to: period.to.toISOString(), timezone: period.timezone, ended_at: state.ended?.toISOString() ?? null },
  };
}

function describeUnderWay(state: LimitState): string[] {
  const { amount, spent, percent, elapsedPercent, period, asOf } = state;
  const { timezone } = period;
  return [
    `Spent ${showDollars(spent)} of ${showDollars(amount)} (${String(percent)} %), ${showLeft(state)}, as of ${showTime(asOf, timezone)} ${timezone}.`,
    `The ${period.unit} ends at ${showTime(period.to, timezone)} ${timezone}; ${String(elapsedPercent)} % of it is over.`,
    `Forecast: ${showForecast(state)}. ${describeExhaustion(state)}`,
  ];
}

function describeEnded(state: LimitState, ended: Date): string[] {
  const { amount, spent, percent, period, asOf, exhausted } = state;
  const { timezone } = period;
  return [
    `${period.name}: ${showDollars(spent)} of ${showDollars(amount)} was spent (${String(percent)} %), ${showLeft(state)}; ${sayEnded(state)}.`,
    `It ended at ${showTime(ended, timezone)} ${timezone}; the figures are as of ${showTime(asOf, timezone)} ${timezone}.`,
    ...(exhausted === null || period.unit === "day" ? [] : [describeExhaustion(state)]),
  ];
}

/** `until` may end a budget in the middle of a period. */
function sayEnded({ ended, period }: LimitState): string {
  return ended !== null && ended < period.to ? "the budget has ended" : `the ${period.unit} has ended`;
}

function showLeft({ left }: LimitState): string {
  return left < 0n ? `${showDollars(-left)} over` : `${showDollars(left)} left`;
}

function describeRest(state: LimitState): string[] {
  const { models, callers, unpriced } = state;
  return [
    ...describeSpenders("models", models),
    ...describeSpenders("callers", callers),
    ...(unpriced.length === 0 ? [] : [`Without a price, in no sum: ${listSome(unpriced)}.`]),
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

/** For the current month, or the month in which an ended period ended: `explain` only knows months. */
function explainCalls({ teams, asOf, ended, period }: LimitState): string[] {
  const last = ended === null ? asOf : new Date(ended.getTime() - 1);
  const month = dayOf(last < period.from ? period.from : last, period.timezone).slice(0, 7);
  return teams.map((team) => `aperture-ledger explain --month ${month} --team ${/^[\w.-]+$/.test(team) ? team : JSON.stringify(team)}`);
}
