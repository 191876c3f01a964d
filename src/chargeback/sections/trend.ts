import { format } from "date-fns/format";
import { parseISO } from "date-fns/parseISO";
import { html } from "hono/html";
import { boundMonth, type Month, monthTitle } from "../../ledger/months.ts";
import { formatDollars, type Nanodollars, signDollar } from "../../ledger/money.ts";
import { mapBillings } from "../../ledger/usage/usage-record.ts";
import { dailyDrawing } from "../page/bar-charts.ts";
import type { Html } from "../page/cells.ts";
import { type DrawChart, nameMark } from "../page/draw-chart.ts";
import { amountCell, GAP_CELL, plainTable, section, textCell } from "../page/tables.ts";
import { amountToJson } from "../report/figures-json.ts";
import type { RoundAmount } from "../report/rounding.ts";
import type { SummaryRow } from "../report/summary-row.ts";

/** What was owed in a month, without corrections booked in it. */
export interface TrendMonth {
  /** `YYYY-MM` */
  month: string;
  /** Null where the ledger has no data for the month. */
  owed: Nanodollars | null;
  isClosed: boolean;
}

/** What was owed in the last twelve months; empty where there is only this month. */
export function renderTrend(trend: readonly TrendMonth[], { timezone, name }: Month, draw: DrawChart, round: RoundAmount): Html | string {
  if (trend.length < 2) return "";
  const bars = trend.map(({ owed }, index) => ({ name: nameMark(index), billing: mapBillings((kind) => (kind === "metered" ? (owed ?? 0n) : 0n)) }));
  const look = { id: "trend", title: "Owed by month", description: describeTrend(trend), width: 620, height: 130, drawing: { ...dailyDrawing(bars, { labelEvery: 1, lines: 2 }), names: trend.map(({ month }) => nameBar(month)) } };
  return section("trend", `The last ${String(trend.length)} months`, html`<figure class="few">${draw(look)}</figure>
<details class="printed"><summary>Months as a table</summary>
${plainTable({
  caption: "What was owed in each month, without corrections of other months",
  columns: [{ title: "Month" }, { title: "Owed", figure: true }, { title: "State" }],
  rows: trend.map(({ month, owed, isClosed }) => ({
    header: monthTitle(boundMonth(month, timezone)),
    cells: [owed === null ? GAP_CELL : amountCell(owed, month === name ? round : undefined), textCell(owed === null ? "no usage" : month === name ? "this report" : isClosed ? "closed" : "open")],
  })),
  style: "small",
})}
</details>`);
}

/** `2026-10` → `Oct 26` */
function nameBar(month: string): string {
  return format(parseISO(`${month}-01`), "MMM yy");
}

function describeTrend(trend: readonly TrendMonth[]): string {
  const known = trend.flatMap(({ month, owed }) => (owed === null ? [] : [{ month, owed }])).toSorted((a, b) => (a.owed === b.owed ? 0 : a.owed > b.owed ? -1 : 1));
  const [most, least] = [known[0], known.at(-1)];
  return most === undefined || least === undefined ? "" : `One bar for each month; the highest is ${signDollar(formatDollars(most.owed))} in ${most.month}, the lowest ${signDollar(formatDollars(least.owed))} in ${least.month}.`;
}

export function trendRows(trend: readonly TrendMonth[]): SummaryRow[] {
  return trend.map(({ month, owed, isClosed }) => ({ section: "trend", team: "", item: month, detail: isClosed ? "closed" : "open", value: owed }));
}

export function trendToJson(trend: readonly TrendMonth[]): object[] {
  return trend.map(({ month, owed, isClosed }) => ({ month, owed_usd: amountToJson(owed), closed: isClosed }));
}
