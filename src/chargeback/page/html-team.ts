import { html } from "hono/html";
import { type AllocatedRow, sumListValue } from "../report/allocation-figures.ts";
import { formatCount, type Html, showName } from "./html-cells.ts";
import type { BudgetFigures, DayFigures, TeamDetail } from "../insights/insights.ts";
import { NO_VALUE } from "../report/summarise-allocations.ts";
import { roundToCents } from "../../ledger/money.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import type { PrintedListValues } from "../report/printed-allocations.ts";
import { type Billing, isListValue, mapBillings } from "../../ledger/usage/usage-record.ts";
import { STACKED } from "./bar-charts.ts";
import type { TeamBooking } from "./book-teams.ts";
import type { DrawChart } from "./draw-chart.ts";
import { percentCell } from "./html-book.ts";
import { phraseChange } from "./html-change.ts";
import { dayTable, drawDays, renderLegend, usedKinds } from "./html-days.ts";
import { renderSessions } from "./html-sessions.ts";
import { renderOwn } from "./html-own.ts";
import { amountCell, GAP_CELL, plainTable, showAmount } from "./tables.ts";

export interface TeamLook {
  /** Of the heading, unique on the page. */
  id: string;
  /** Most rows of a table. */
  limit: number;
  timezone: string;
  /** Whether the table of its days is on paper too. */
  printDays: boolean;
  draw: DrawChart;
}

/** Everything about one team: where its cost comes from, per head and session, its budgets, its days. */
export function renderTeam({ key, detail, owed, listValue, listValues, toBook, corrections }: TeamBooking & PrintedListValues, look: TeamLook): Html | string {
  if (detail === undefined) return "";
  const { id, limit } = look;
  const listed = sumListValue(detail.figures);
  const ownKeys = detail.figures.billing.caller_key;
  const totals = { figures: detail.figures, owed: owed.cents, listValue };
  const own = <Key>(rows: readonly AllocatedRow<Key>[], title: string, show: (key: Key) => Html | string): Html | string =>
    rows.length === 0 ? "" : renderOwn(rows, { title, limit, show }, totals);
  return html`<div class="team">
<h3 id="${id}">${showName(key.team)}${key.costCenter === null ? "" : html` <span class="quiet">${showName(key.costCenter)}</span>`}</h3>
<dl class="facts">
<div><dt>Owed</dt><dd>${showAmount(owed.exact, owed.cents)}</dd></div>
${corrections.exact === 0n ? "" : html`<div><dt>To book, with corrections</dt><dd>${showAmount(toBook.exact, toBook.cents)}</dd></div>`}
${listed.cost === null ? "" : html`<div><dt>List value</dt><dd>${showAmount(listed.cost, listValue)}</dd></div>`}
${ownKeys.cost === null ? "" : html`<div><dt>Of it through callers’ own keys</dt><dd>${showAmount(ownKeys.cost, listValues.caller_key)}</dd></div>`}
${detail.change === null ? "" : html`<div><dt>Change</dt><dd class="phrase">${phraseChange(detail.change, look.timezone)}</dd></div>`}
${renderAverages(detail)}
</dl>
${renderTeamDays(detail, listValues, look)}
<div class="own">
${detail.budgets.length === 0 ? "" : renderBudgets(detail.budgets)}
${own(detail.byCaller, "Caller", ({ caller }) => showName(caller))}
${own(detail.byModel, "Model", ({ model, provider }) => html`${showName(model)} <span class="quiet">${showName(provider)}</span>`)}
${own(detail.byTag, "Tag", ({ tag }) => showName(tag))}
${detail.byDimension.map(({ name, rows }) => own(rows, name, ({ value, given }) => (given ? showName(value) : html`<em>${NO_VALUE}</em>`)))}
${own(detail.byAgent, "Agent", ({ agent }) => (agent === null ? html`<em>not said</em>` : showName(agent)))}
</div>
${detail.topSessions.length === 0 ? "" : renderSessions(detail.topSessions, { title: "Top sessions", timezone: look.timezone, limit })}
</div>
`;
}

function renderAverages({ team, activePersons, perActivePerson, sessions, perSession }: TeamDetail): Html {
  const people = team === UNALLOCATED && activePersons === 0 ? "" : html`<div><dt>Active people</dt><dd>${formatCount(activePersons)}</dd></div>
${perActivePerson === null ? "" : html`<div><dt>Per active person</dt><dd>${showAmount(perActivePerson)}</dd></div>`}`;
  return html`${people}
<div><dt>Sessions</dt><dd>${formatCount(sessions)}</dd></div>
${perSession === null ? "" : html`<div><dt>Per session</dt><dd>${showAmount(perSession)}</dd></div>`}`;
}

function renderTeamDays({ days, figures }: TeamDetail, listValues: PrintedListValues["listValues"], { id, draw, printDays }: TeamLook): Html | string {
  const used = days.filter(({ billing, requests }) => requests > 0n || STACKED.some((kind) => billing[kind] !== 0n));
  if (used.length === 0) return "";
  const kinds = usedKinds(used);
  // List values as the team's other tables print them, where the days have all of it.
  const totals = mapBillings((kind) => (isListValue(kind) && sumOf(used, kind) === figures.billing[kind].cost ? listValues[kind] : total(used, kind)));
  return html`<figure class="few">${drawDays(draw, `${id}-days`, days, { width: 620, height: 130, labelEvery: 5, lines: 2 })}${kinds.length > 1 ? renderLegend(kinds) : ""}</figure>
<details${printDays ? html` class="printed"` : ""}><summary>Its days as a table</summary>${dayTable(used, totals)}</details>`;
}

function sumOf(days: readonly DayFigures[], kind: Billing): bigint {
  return days.reduce((sum, { billing }) => sum + billing[kind], 0n);
}

function total(days: readonly DayFigures[], kind: Billing): bigint {
  return roundToCents(days.map(({ billing }) => billing[kind])).total;
}

function renderBudgets(budgets: readonly BudgetFigures[]): Html {
  return plainTable({
    caption: "Budgets",
    columns: [{ title: "Budget" }, { title: "Amount", figure: true }, { title: "Used", figure: true }, { title: "Forecast", figure: true }],
    rows: budgets.map((budget) => ({
      header: html`${showName(budget.name)} <span class="quiet">${showName(budget.period)}</span>`,
      cells: [amountCell(budget.amount), percentCell(budget), budget.forecast === null ? GAP_CELL : amountCell(budget.forecast)],
    })),
    style: "compact",
  });
}
