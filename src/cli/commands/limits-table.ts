import { dayOf } from "../../ledger/days.ts";
import type { LimitState } from "../../limits/budgets/limit-state.ts";
import { showDollars, showExhaustion, showTime } from "../../limits/budgets/show-limit.ts";
import { firstLines } from "../first-lines.ts";
import { listSome } from "../../ledger/text/list-some.ts";

const COLUMNS = ["", "amount", "spent", "left", "spent %", "pace", "forecast", "used up"] as const;

/**
 * For each state a line with the budget's name, a line with its figures, and below them what they are based on.
 * @param idle number of budgets that are not in force now.
 */
export function limitsTable(states: readonly LimitState[], asOf: Date | undefined, idle: number): string[] {
  const rows = [COLUMNS, ...states.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const [head = "", ...lines] = rows.map((row) => alignRow(row, widths));
  return [
    asOf === undefined ? "nothing is built yet: call aperture-ledger run" : `as of ${asOf.toISOString()}, end of the last built data`,
    ...(states.length === 0 ? [] : ["", head]),
    ...firstLines([...states.entries()], ([index, state]) => [`${state.name}: ${state.scope}`, lines[index] ?? "", ...describeState(state).map((line) => `    ${line}`)]),
    ...(idle === 0 ? [] : ["", `${String(idle)} not in force now (from, until)`]),
  ];
}

function alignRow([first = "", ...figures]: readonly string[], [width = 0, ...widths]: readonly number[]): string {
  return ["", first.padEnd(width), ...figures.map((cell, column) => cell.padStart(widths[column] ?? 0))].join("  ");
}

function cellsOf(state: LimitState): string[] {
  const { period, amount, spent, left, percent, pace, forecast } = state;
  return [
    period.name,
    showDollars(amount),
    showDollars(spent),
    showDollars(left),
    percent.toFixed(1),
    pace === null ? "-" : pace.toFixed(2),
    forecast === null ? "-" : showDollars(forecast.expected),
    showWithinPeriod(state),
  ];
}

/** For a daily budget only the time, since the day is shown before it. */
function showWithinPeriod(state: LimitState): string {
  const { exhausted, period } = state;
  if (exhausted === null) return "-";
  const isThatDay = period.unit === "day" && dayOf(exhausted, period.timezone) === period.name;
  return isThatDay ? showTime(exhausted, period.timezone).slice(-5) : (showExhaustion(state) ?? "-");
}

function describeState({ period, ended, elapsedPercent, forecast, reached, unpriced, asOf }: LimitState): string[] {
  const { to, timezone } = period;
  const underWay = [
    `${elapsedPercent.toFixed(1)} % of it is over; it ends at ${showTime(to, timezone)} ${timezone}`,
    forecast === null ? "no forecast: there is nothing to go by" : `${forecast.method} forecast from ${showDollars(forecast.low)} to ${showDollars(forecast.high)}`,
  ];
  return [
    ...(ended === null ? underWay : [`it ended at ${showTime(ended, timezone)} ${timezone}; what it reached was found after that`]),
    ...(asOf < period.from ? ["nothing of it is built yet"] : []),
    ...(reached.length === 0 ? [] : [`reached ${reached.map((threshold) => `${String(threshold)} %`).join(", ")}`]),
    ...(unpriced.length === 0 ? [] : [`without a price, in no sum: ${listSome(unpriced)}`]),
  ];
}
