import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { subMilliseconds } from "date-fns/subMilliseconds";
import { html } from "hono/html";
import { LIST_VALUES, mapBillings } from "../../ledger/usage/usage-record.ts";
import { bookTeams, type Booking } from "../page/book-teams.ts";
import { renderDocument } from "../page/document.ts";
import { type DrawChart, loadCharts } from "../page/draw-chart.ts";
import { renderBook } from "../page/html-book.ts";
import { type Html, showName } from "../page/html-cells.ts";
import { renderCorrections } from "../page/html-corrections.ts";
import { renderDays } from "../page/html-days.ts";
import { renderPools, renderListValue, renderSavings, renderUnpriced } from "../page/html-findings.ts";
import { renderMix } from "../page/html-mix.ts";
import { renderNotes, type SiblingFiles } from "../page/html-notes.ts";
import { renderQuality } from "../page/html-quality.ts";
import { renderSessions } from "../page/html-sessions.ts";
import { renderSummaries } from "../page/html-summaries.ts";
import { renderTeam } from "../page/html-team.ts";
import { renderAllocations } from "../page/html-teams.ts";
import { renderCorrectionsAlone, renderHeadline, renderTotals } from "../page/html-total.ts";
import { renderUnallocated } from "../page/html-unallocated.ts";
import { section } from "../page/tables.ts";
import { type Month, monthTitle } from "../../ledger/months.ts";
import { listValuesOf, printAllocatedRows } from "./printed-allocations.ts";
import { type PrintedTotal, printTotal } from "./printed-cents.ts";
import type { ChargebackReport } from "./report.ts";

/** The report as one file for people: what to book first, then why, then everything it is made of. */
export async function renderHtml(report: ChargebackReport, siblings: SiblingFiles): Promise<string> {
  const { month, gateways, quality, insights, corrections, total, rows, allocated } = report;
  const cents = printTotal(allocated);
  const booking = bookTeams(report, cents);
  const draw = await loadCharts();
  const costs = mapBillings((kind) => total.billing[kind].cost ?? 0n);
  const title = `Chargeback ${monthTitle(month)}`;
  return await renderDocument({
    title,
    heading: title,
    subtitle: html`<p class="quiet">AI usage from ${day(month.from, month)} to ${day(subMilliseconds(month.to, 1), month)}, time zone ${month.timezone}.
${gateways.length === 0 ? "No gateway has any yet" : html`${gateways.length === 1 ? "Gateway" : "Gateways"}: ${gateways.map((name, index) => [index === 0 ? "" : ", ", showName(name)])}`}.</p>`,
    main: rows.length === 0 ? renderWithoutUsage(report, booking, siblings) : [
      renderHeadline(report, cents, booking),
      renderBook(booking, ({ detail, place }) => (detail === undefined || place === null ? undefined : teamId(place))),
      renderDays(insights.days, cents, costs, draw),
      renderCorrections(corrections, booking.total.corrections.cents, { reasons: true }),
      renderMix(report, draw),
      renderUnallocated(report, cents, booking),
      renderPools(insights.pools),
      ...LIST_VALUES.map((kind) => renderListValue(kind, { total, rows }, cents.billing[kind])),
      renderUnpriced({ total, rows }),
      renderSavings(insights),
      renderQuality(quality, insights),
      renderTeams(report, cents, booking, draw),
      insights.topSessions.length === 0
        ? ""
        : section("sessions", "Top sessions", renderSessions(insights.topSessions, { title: "Top sessions of all teams", timezone: month.timezone, limit: 20 })),
      html`<div class="wide-paper">${renderAllocations(report, cents, booking)}${renderSummaries(report, cents)}</div>`,
      renderTotals(report, cents),
      renderNotes(siblings),
    ],
  });
}

/** What is booked in a month of closed ones before it has any usage of its own: tables of nothing would hide it. */
function renderWithoutUsage({ month, corrections, quality, insights }: ChargebackReport, booking: Booking, siblings: SiblingFiles): (Html | string)[] {
  return [
    renderCorrectionsAlone(booking, month),
    ...(corrections.length === 0 ? [] : [renderBook(booking, () => undefined)]),
    renderCorrections(corrections, booking.total.corrections.cents, { reasons: true }),
    renderQuality(quality, insights),
    renderNotes(siblings),
  ];
}

function teamId(place: number): string {
  return `team-${String(place)}`;
}

function day(time: Date, { timezone }: Pick<Month, "timezone">): Html {
  const there = new TZDate(time, timezone);
  return html`<time datetime="${format(there, "yyyy-MM-dd")}">${format(there, "d MMMM yyyy")}</time>`;
}

/** The more teams, the shorter each: their own pages have the rest. */
const ROWS_OF_TEAMS = 800;

function renderTeams({ byTeam, allocated, insights, month }: ChargebackReport, cents: PrintedTotal, booking: Booking, draw: DrawChart): Html | string {
  if (insights.teams.length === 0) return "";
  const limit = Math.min(10, Math.max(3, Math.floor(ROWS_OF_TEAMS / byTeam.length)));
  const printed = printAllocatedRows(byTeam.map(({ figures }) => figures), allocated, cents);
  const teams = booking.rows.map((row) =>
    row.place === null
      ? ""
      : renderTeam({ ...row, ...listValuesOf(printed[row.place]) }, { id: teamId(row.place), limit, timezone: month.timezone, printDays: false, draw }),
  );
  return section("each-team", "Each team", html`${teams}`);
}
