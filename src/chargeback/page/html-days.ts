import { html } from "hono/html";
import { printRequests } from "../report/printed-allocations.ts";
import type { PrintedCents } from "../report/printed-cents.ts";
import { type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { type Billing, mapBillings } from "../../ledger/usage/usage-record.ts";
import { BILLING_TITLES, formatCount, formatHundredths, type Html, moneyCell } from "./html-cells.ts";
import type { DayFigures } from "../insights/insights.ts";
import { dailyDrawing, STACKED } from "./bar-charts.ts";
import type { Chart, DrawChart } from "./draw-chart.ts";
import { GAP_CELL, scrollingTable, section } from "./tables.ts";

/** The days of the month as a chart and as a table; nothing where they are not known. */
export function renderDays(days: readonly DayFigures[], total: PrintedCents, exact: Readonly<Record<Billing, Nanodollars>>, draw: DrawChart): Html | string {
  if (days.length === 0) return "";
  return section("days", "Day by day", html`<figure>
<div class="wide">${drawDays(draw, "days-wide", days, { width: 960, height: 250, labelEvery: 1, lines: 5 })}</div>
<div class="narrow">${drawDays(draw, "days-narrow", days, { width: 360, height: 230, labelEvery: 5, lines: 4 })}</div>
${renderLegend(usedKinds(days))}
</figure>
<details class="printed"><summary>The days as a table</summary>
${dayTable(days, kindTotals(days, total, exact))}
</details>`);
}

/** Printed as the whole page prints it, where the days are exactly that. */
function kindTotals(days: readonly DayFigures[], { billing }: PrintedCents, exact: Readonly<Record<Billing, Nanodollars>>): Record<Billing, bigint> {
  const totalOf = (kind: Billing): bigint => {
    const amounts = days.map((day) => day.billing[kind]);
    return amounts.reduce((sum, amount) => sum + amount, 0n) === exact[kind] ? billing[kind] : roundToCents(amounts).total;
  };
  return mapBillings(totalOf);
}

export function drawDays(
  draw: DrawChart,
  id: string,
  days: readonly DayFigures[],
  { width, height, ...look }: Pick<Chart, "width" | "height"> & { labelEvery: number; lines: number },
): Html {
  const bars = days.map(({ date, billing }) => ({ name: String(Number(date.slice(8))), billing }));
  return draw({ id, title: "Cost by day", description: describeDays(days), width, height, drawing: dailyDrawing(bars, look) });
}

function describeDays(days: readonly DayFigures[]): string {
  const highest = days.toSorted((a, b) => (costOf(a) === costOf(b) ? 0 : costOf(a) > costOf(b) ? -1 : 1))[0];
  const named = highest === undefined || costOf(highest) === 0n ? "" : `; the highest is ${highest.date}`;
  return `One bar for each of ${formatCount(days.length)} days${named}. The table of the days has the figures.`;
}

function costOf({ billing }: DayFigures): Nanodollars {
  return STACKED.reduce((sum, kind) => sum + billing[kind], 0n);
}

export function usedKinds(days: readonly DayFigures[]): Billing[] {
  return STACKED.filter((kind) => days.some(({ billing }) => billing[kind] !== 0n));
}

const LEGEND: Readonly<Record<Billing, string>> = {
  metered: "Metered",
  self_hosted: "Self-hosted",
  subscription: "List value (subscription)",
  caller_key: "List value (callers’ own keys)",
};

/** What the colours of a chart mean. */
export function renderLegend(kinds: readonly Billing[]): Html {
  return html`<ul class="legend">${kinds.map((kind) => html`<li><span class="swatch chart-${kind.replace("_", "-")}"></span>${LEGEND[kind]}</li>`)}</ul>`;
}

function requestsCell(hundredths: bigint): Html {
  return html`<td class="figure">${formatHundredths(hundredths)}</td>`;
}

/** @param totals cents that the columns add up to */
export function dayTable(days: readonly DayFigures[], totals: Readonly<Record<Billing, bigint>>): Html {
  const kinds = usedKinds(days);
  const columns = new Map(kinds.map((kind) => [kind, shareCents(totals[kind], days.map(({ billing }) => billing[kind]))]));
  const asked = printRequests(days.map(({ requests }) => requests));
  return scrollingTable("Days", {
    caption: "One row a day, before adjustments",
    columns: [{ title: "Day" }, ...[...kinds.map((kind) => BILLING_TITLES[kind]), "Requests"].map((title) => ({ title, figure: true }))],
    rows: days.map(({ date, billing }, index) => ({
      header: date,
      cells: [
        ...kinds.map((kind) => (billing[kind] === 0n ? GAP_CELL : moneyCell(billing[kind], columns.get(kind)?.[index] ?? 0n))),
        requestsCell(asked.parts[index] ?? 0n),
      ],
    })),
    foot: {
      header: "Total",
      cells: [
        ...kinds.map((kind) => moneyCell(days.reduce((sum, { billing }) => sum + billing[kind], 0n), totals[kind])),
        requestsCell(asked.total),
      ],
    },
    style: "small",
  });
}
