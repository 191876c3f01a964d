import { dayOf } from "../../ledger/days.ts";
import type { LimitState } from "../../limits/budgets/limit-state.ts";
import { type ExchangeRate, formatRate } from "../../ledger/exchange-rate.ts";
import { showExhaustion, showSecond, showTime } from "../../limits/budgets/show-limit.ts";
import { firstLines } from "../first-lines.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { showMoney } from "../shown-money.ts";

const COLUMNS = ["", "amount", "spent", "left", "spent %", "pace", "forecast", "used up"] as const;

interface TableParts {
  asOf: Date | undefined;
  /** The month at whose end the states are; undefined: now. */
  month?: string | undefined;
  /** Width of the terminal; undefined: no limit. */
  columns?: number | undefined;
  idle: number;
  rateOf: (state: LimitState) => ExchangeRate | undefined;
  liveOf: (state: LimitState) => string[];
}

/**
 * For each state a line with the budget's name, a line with its figures, and below them what they are based on. Where the terminal is too narrow
 * for that, each figure has a line of its own.
 * @param idle number of budgets that are not in force now. @param rateOf the rate of a second currency for a budget; undefined: none to show
 * @param liveOf what a live estimate adds to a budget.
 */
export function limitsTable(states: readonly LimitState[], { asOf, month, columns = Infinity, idle, rateOf, liveOf }: TableParts): string[] {
  const rows = [COLUMNS, ...states.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const [head = "", ...lines] = rows.map((row) => alignRow(row, widths));
  const isNarrow = head.length > columns;
  return [
    describeTime(asOf, month),
    ...(states.length === 0 || isNarrow ? [] : ["", head]),
    ...firstLines([...states.entries()], ([index, state]) => [`${state.name}: ${state.scope}`, ...(isNarrow ? listCells(cellsOf(state)) : [lines[index] ?? ""]), ...[...describeSecond(state, rateOf(state)), ...describeState(state, month), ...liveOf(state)].map((line) => `    ${line}`)]),
    ...(idle === 0 ? [] : ["", `${String(idle)} not in force ${month === undefined ? "now" : "then"} (from, until)`]),
  ];
}

function describeTime(asOf: Date | undefined, month: string | undefined): string {
  if (asOf === undefined) return "nothing is built yet: call aperture-ledger run";
  return month === undefined ? `as of ${asOf.toISOString()}, end of the last built data` : `at the end of ${month}, or of the data in it`;
}

/** A line for each figure, with the name of its column. */
function listCells([period = "", ...figures]: readonly string[]): string[] {
  const names = COLUMNS.slice(1);
  const widest = Math.max(...figures.map((figure) => figure.length));
  return [`  ${period}`, ...names.map((name, index) => `    ${name.padEnd(9)}${(figures[index] ?? "").padStart(widest)}`)];
}

function alignRow([first = "", ...figures]: readonly string[], [width = 0, ...widths]: readonly number[]): string {
  return ["", first.padEnd(width), ...figures.map((cell, column) => cell.padStart(widths[column] ?? 0))].join("  ");
}

function cellsOf(state: LimitState): string[] {
  const { period, amount, spent, left, percent, pace, forecast } = state;
  return [
    period.name,
    showMoney(amount),
    showMoney(spent),
    showMoney(left),
    percent.toFixed(1),
    pace === null ? "-" : pace.toFixed(2),
    forecast === null ? "-" : showMoney(forecast.expected),
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

function describeSecond({ amount, spent, left }: LimitState, rate: ExchangeRate | undefined): string[] {
  if (rate === undefined) return [];
  return [`in ${rate.currency}: amount ${showSecond(amount, rate)}, spent ${showSecond(spent, rate)}, left ${showSecond(left, rate)}; ${formatRate(rate)}`];
}

function describeState({ period, ended, elapsedPercent, forecast, reached, unpriced, asOf }: LimitState, month: string | undefined): string[] {
  const { to, timezone } = period;
  const underWay = [
    `${elapsedPercent.toFixed(1)} % of it is over; it ends at ${showTime(to, timezone)} ${timezone}`,
    forecast === null ? "no forecast: there is no usage to base it on" : `${forecast.method} forecast from ${showMoney(forecast.low)} to ${showMoney(forecast.high)}`,
  ];
  return [
    ...(ended === null ? underWay : [`it ended at ${showTime(ended, timezone)} ${timezone}${month === undefined ? "; what it reached was only found after that" : ""}`]),
    ...(asOf < period.from ? ["nothing of it is built yet"] : []),
    ...(reached.length === 0 ? [] : [`reached ${reached.map((threshold) => `${String(threshold)} %`).join(", ")}`]),
    ...(unpriced.length === 0 ? [] : [`without a price, in no sum: ${listSome(unpriced)}`]),
  ];
}
