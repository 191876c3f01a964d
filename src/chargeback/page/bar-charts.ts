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
export function dailyDrawing(days: readonly Bar[], { labelEvery, lines }: { labelEvery: number; lines: number }): Drawing {
  return { names: [], option: {
    grid: { left: 52, right: 6, top: 10, bottom: 24 },
    xAxis: {
      type: "category",
      data: days.map(({ name }) => name),
      axisTick: NO_LINE,
      axisLine: { lineStyle: { color: CHART_COLORS.line } },
      axisLabel: { ...TEXT, interval: (index: number) => index % labelEvery === 0 },
    },
    yAxis: amountAxis(lines),
    series: stack(days, "72%"),
  } };
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

function amountAxis(lines: number): Record<string, unknown> {
  return {
    type: "value",
    splitNumber: lines,
    axisLabel: { ...TEXT, formatter: formatAxis },
    axisLine: NO_LINE,
    splitLine: { lineStyle: { color: CHART_COLORS.line } },
  };
}

function stack(bars: readonly Bar[], barWidth: string): object[] {
  return STACKED.filter((kind) => bars.some(({ billing }) => billing[kind] !== 0n)).map((kind) => ({
    type: "bar",
    stack: "all",
    silent: true,
    barWidth,
    emphasis: { disabled: true },
    itemStyle: { color: CHART_COLORS[kind] },
    // The library draws nothing for a dash, but a line for a zero.
    data: bars.map(({ billing }) => (billing[kind] === 0n ? "-" : Number(formatDollars(billing[kind])))),
  }));
}

/** `1500` → `$1.5k` */
function formatAxis(dollars: number): string {
  const [size, unit] = Math.abs(dollars) >= 1e6 ? [1e6, "M"] : Math.abs(dollars) >= 1e3 ? [1e3, "k"] : [1, ""];
  return `${dollars < 0 ? "-" : ""}$${String(Number((Math.abs(dollars) / size).toPrecision(6)))}${unit}`;
}
