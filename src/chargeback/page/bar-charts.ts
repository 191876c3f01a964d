import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import type { Billing } from "../../ledger/usage/usage-record.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { CHART_COLORS, type Drawing, nameMark } from "./draw-chart.ts";

/** From bottom to top of a bar: what is owed is at the bottom. */
export const STACKED = ["metered", "self_hosted", "subscription", "caller_key"] as const satisfies readonly Billing[];

export interface Bar {
  name: string;
  billing: Readonly<Record<Billing, Nanodollars>>;
}

const TEXT = { color: CHART_COLORS.text, fontSize: 12 };
const NO_LINE = { show: false };

/**
 * One vertical bar for each day, amounts on the left. Day numbers are our own text, so the library may see them; it needs to, because it leaves
 * out a first or last label that does not fit.
 */
export function dailyDrawing(days: readonly Bar[], look: { labelEvery: number; lines: number }): Drawing {
  return { names: [], option: { ...dailyAxes(days.map(({ name }) => name), look), series: stack(days, "72%") } };
}

/** A colour of the stacked bars, and its amount in each of them. */
export interface StackedPart {
  color: keyof typeof CHART_COLORS;
  amounts: readonly number[];
}

/** One vertical bar for each day, divided into parts, the first at the bottom. @param days our own text @param sign before amounts, such as `$` */
export function dividedDrawing(days: readonly string[], parts: readonly StackedPart[], { sign, ...look }: { labelEvery: number; lines: number; sign: string }): Drawing {
  return { names: [], option: { ...dailyAxes(days, look, sign), series: parts.map(({ color, amounts }) => stackedBars(CHART_COLORS[color], amounts, "72%")) } };
}

function dailyAxes(days: readonly string[], { labelEvery, lines }: { labelEvery: number; lines: number }, sign = "$"): Record<string, unknown> {
  return {
    grid: { left: 52, right: 6, top: 10, bottom: 24 },
    xAxis: {
      type: "category",
      data: days,
      axisTick: NO_LINE,
      axisLine: { lineStyle: { color: CHART_COLORS.line } },
      axisLabel: { ...TEXT, interval: (index: number) => index % labelEvery === 0 },
    },
    yAxis: amountAxis(lines, sign),
  };
}

/** One horizontal bar for each name, the largest on top. Names are shortened; the table has them in full. */
export function rankedDrawing(bars: readonly Bar[], { nameWidth, letters, lines }: { nameWidth: number; letters: number; lines: number }): Drawing {
  const names = bars.map(({ name }) => shownText(name, letters));
  return { names, option: {
    grid: { left: nameWidth, right: 26, top: 4, bottom: 26 },
    xAxis: amountAxis(lines),
    yAxis: {
      type: "category",
      inverse: true,
      data: names.map((_, index) => nameMark(index)),
      axisTick: NO_LINE,
      axisLine: { lineStyle: { color: CHART_COLORS.line } },
      axisLabel: { ...TEXT, interval: 0 },
    },
    series: stack(bars, "62%"),
  } };
}

function amountAxis(lines: number, sign = "$"): Record<string, unknown> {
  return {
    type: "value",
    splitNumber: lines,
    axisLabel: { ...TEXT, formatter: (amount: number) => formatAxis(amount, sign) },
    axisLine: NO_LINE,
    splitLine: { lineStyle: { color: CHART_COLORS.line } },
  };
}

function stack(bars: readonly Bar[], barWidth: string): object[] {
  return STACKED.filter((kind) => bars.some(({ billing }) => billing[kind] !== 0n)).map((kind) => stackedBars(CHART_COLORS[kind], bars.map(({ billing }) => Number(formatDollars(billing[kind]))), barWidth));
}

function stackedBars(color: string, amounts: readonly number[], barWidth: string): object {
  return {
    type: "bar",
    stack: "all",
    silent: true,
    barWidth,
    emphasis: { disabled: true },
    itemStyle: { color },
    // The library draws nothing for a dash, but a line for a zero.
    data: amounts.map((amount) => (amount === 0 ? "-" : amount)),
  };
}

/** `1500` → `$1.5k` */
function formatAxis(amount: number, sign: string): string {
  const [size, unit] = sign === "" && Math.abs(amount) >= 1e9 ? [1e9, "G"] : Math.abs(amount) >= 1e6 ? [1e6, "M"] : Math.abs(amount) >= 1e3 ? [1e3, "k"] : [1, ""];
  return `${amount < 0 ? "-" : ""}${sign}${String(Number((Math.abs(amount) / size).toPrecision(6)))}${unit}`;
}
