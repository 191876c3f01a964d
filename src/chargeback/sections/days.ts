import { html } from "hono/html";
import { type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { type Billing, BILLINGS, mapBillings } from "../../ledger/usage/usage-record.ts";
import { dailyDrawing, STACKED } from "../page/bar-charts.ts";
import { OTHERS } from "../../ledger/names/unassigned.ts";
import { BILLING_TITLES, formatCount, formatHundredths, type Html, moneyCell } from "../page/cells.ts";
import type { Chart, DrawChart } from "../page/draw-chart.ts";
import { GAP_CELL, scrollingTable, section } from "../page/tables.ts";
import { amountToJson, countToJson } from "../report/figures-json.ts";
import { printRequests } from "../report/printed-allocations.ts";
import type { PrintedCents } from "../report/printed-cents.ts";
import type { SummaryRow } from "../report/summary-row.ts";

const LEGEND: Readonly<Record<Billing, string>> = {
  metered: "Metered",
  self_hosted: "Self-hosted",
  subscription: "List value (subscription)",
  caller_key: "List value (callers’ own keys)",
};

export interface DayFigures {
  /** `YYYY-MM-DD` in the month's time zone. Where a report hides people, a last row `OTHERS` has the days on which few people were active. */
  date: string;
  /** Before adjustments, so that days add up to the usage. */
  billing: Record<Billing, Nanodollars>;
  /** In billionths, as in all allocations. */
  requests: bigint;
}

export interface DaySums {
  all: DayFigures[];
  /** By `nameTeam`, without teams that have no usage. */
  byTeam: ReadonlyMap<string, DayFigures[]>;
}

export function noDays(days: readonly string[]): DayFigures[] {
  return days.map((date) => ({ date, billing: mapBillings(() => 0n), requests: 0n }));
}

/** The days of the month as a chart and a table; empty without insights. */
export function renderDays(days: readonly DayFigures[], total: PrintedCents, exact: Readonly<Record<Billing, Nanodollars>>, draw: DrawChart): Html | string {
  if (days.length === 0) return "";
  return section("days", "Day by day", html`<figure>
<div class="wide">${drawDays(draw, "days-wide", days, { width: 960, height: 250, labelEvery: 1, lines: 5 })}</div>
<div class="narrow">${drawDays(draw, "days-narrow", days, { width: 360, height: 230, labelEvery: 5, lines: 4 })}</div>
${renderLegend(usedKinds(days))}
</figure>
<details class="printed"><summary>Days as a table</summary>
${dayTable(days, kindTotals(days, total, exact))}
</details>`);
}

/** The page's printed totals, where the days add up to them exactly. */
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
  const shown = days.filter(({ date }) => date !== OTHERS);
  const bars = shown.map(({ date, billing }) => ({ name: String(Number(date.slice(8))), billing }));
  return draw({ id, title: "Cost by day", description: captionDays(shown), width, height, drawing: dailyDrawing(bars, look) });
}

function captionDays(days: readonly DayFigures[]): string {
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

/** The legend of a chart. */
export function renderLegend(kinds: readonly Billing[]): Html {
  return html`<ul class="legend">${kinds.map((kind) => html`<li><span class="swatch chart-${kind.replace("_", "-")}"></span>${LEGEND[kind]}</li>`)}</ul>`;
}

function requestsCell(hundredths: bigint): Html {
  return html`<td class="figure">${formatHundredths(hundredths)}</td>`;
}

/** @param totals printed cents that the columns add up to @param requests hundredths, where the sum of requests is also printed elsewhere */
export function dayTable(days: readonly DayFigures[], totals: Readonly<Record<Billing, bigint>>, requests?: bigint): Html {
  const kinds = usedKinds(days);
  const columns = new Map(kinds.map((kind) => [kind, shareCents(totals[kind], days.map(({ billing }) => billing[kind]))]));
  const asked = printRequests(days.map((day) => day.requests), requests);
  return scrollingTable("Days", {
    caption: "One row per day, before adjustments",
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

/** Before adjustments. */
export function dayRow(team: string, { date, billing, requests }: DayFigures): SummaryRow[] {
  return [{ section: "day", team, item: date, detail: "before adjustments", owed: billing.metered + billing.self_hosted, selfHosted: billing.self_hosted, listValue: billing.subscription + billing.caller_key, callerKey: billing.caller_key, requests }];
}

export function dayToJson({ date, billing, requests }: DayFigures): object {
  return { date, ...Object.fromEntries(BILLINGS.map((kind) => [`${kind}_usd`, amountToJson(billing[kind])])), requests: countToJson(requests) };
}
