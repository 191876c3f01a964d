import { html } from "hono/html";
import { type Billing, mapBillings } from "../../ledger/usage/usage-record.ts";
import { type Bar, rankedDrawing, STACKED } from "../page/bar-charts.ts";
import type { Html } from "../page/cells.ts";
import type { DrawChart } from "../page/draw-chart.ts";
import { countOf, section } from "../page/tables.ts";
import type { ChargebackReport } from "../report/report.ts";
import { renderLegend } from "./days.ts";

const SHOWN = 8;

/** A chart of the most expensive models; the table by model has all of them. */
export function renderMix({ byModel }: Pick<ChargebackReport, "byModel">, draw: DrawChart): Html | string {
  const priced = byModel.filter(({ figures }) => figures.cost !== null && figures.cost > 0n);
  if (priced.length === 0) return "";
  const bars = priced.slice(0, SHOWN).map(({ key, figures }): Bar => ({ name: key.model === "" ? "(empty)" : key.model, billing: costsOf(figures.billing) }));
  const rest = priced.slice(SHOWN).map(({ figures }) => costsOf(figures.billing));
  if (rest.length > 0) bars.push({ name: countOf(rest.length, "other"), billing: addAll(rest) });
  const kinds = STACKED.filter((kind) => bars.some(({ billing }) => billing[kind] !== 0n));
  const description = `One bar per model, most expensive first: ${countOf(bars.length, "bar")}. The table by model has the figures.`;
  const height = 34 + 26 * bars.length;
  return section("mix", "Models", html`<figure>
<div class="wide">${draw({ id: "mix-wide", title: "Cost by model", description, width: 960, height, drawing: rankedDrawing(bars, { nameWidth: 240, letters: 34, lines: 6 }) })}</div>
<div class="narrow">${draw({ id: "mix-narrow", title: "Cost by model", description, width: 360, height, drawing: rankedDrawing(bars, { nameWidth: 128, letters: 18, lines: 3 }) })}</div>
${renderLegend(kinds)}
</figure>
<p class="quiet">The chart includes list values, which nobody owes. All figures: <a href="#models">by model</a>.</p>`);
}

function costsOf(billing: Readonly<Record<Billing, { cost: bigint | null }>>): Record<Billing, bigint> {
  return mapBillings((kind) => billing[kind].cost ?? 0n);
}

function addAll(all: readonly Record<Billing, bigint>[]): Record<Billing, bigint> {
  return mapBillings((kind) => all.reduce((sum, one) => sum + one[kind], 0n));
}
