import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { subMilliseconds } from "date-fns/subMilliseconds";
import { html } from "hono/html";
import { type Month, monthTitle } from "../../ledger/months.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { LIST_VALUES, mapBillings } from "../../ledger/usage/usage-record.ts";
import { type Html, showName } from "../page/cells.ts";
import { renderDocument } from "../page/document.ts";
import { type DrawChart, loadCharts } from "../page/draw-chart.ts";
import { section } from "../page/tables.ts";
import { renderTotals } from "../sections/billing.ts";
import { bookReport, type MonthBooking, roundBooked, type TeamBooking } from "./bookings.ts";
import { FIRST_TEAMS, renderBook } from "../sections/book.ts";
import { renderOtherBudgets } from "../sections/budgets.ts";
import { renderCharges } from "../sections/charges.ts";
import { renderCorrections } from "../sections/corrections.ts";
import { renderDays } from "../sections/days.ts";
import { renderTeam } from "../sections/each-team/each-team.ts";
import { renderInvoices } from "../sections/invoices.ts";
import { renderListValue } from "../sections/list-value.ts";
import { renderMix } from "../sections/models.ts";
import { renderNotes, type SiblingFiles } from "../sections/notes.ts";
import { renderPrivacy } from "../sections/privacy.ts";
import { renderOwedByDimension } from "../sections/owed-by-dimension.ts";
import { renderOwedByTag } from "../sections/owed-by-tag.ts";
import { renderOwedByTeam } from "../sections/owed-by-team.ts";
import { renderPools } from "../sections/pools.ts";
import { renderQuality } from "../sections/quality/data-quality.ts";
import { renderSavings } from "../sections/savings.ts";
import { renderSessions } from "../sections/sessions.ts";
import { renderStatus } from "../sections/status.ts";
import { renderCorrectionsAlone, renderHeadline } from "../sections/summary.ts";
import { renderTrend } from "../sections/trend.ts";
import { renderUnallocated } from "../sections/unallocated.ts";
import { renderUnpriced } from "../sections/unpriced.ts";
import { renderUsages } from "../sections/usage.ts";
import { printedOfTeam, printAllocatedRows } from "./printed-allocations.ts";
import { type PrintedTotal, printTotal } from "./printed-cents.ts";
import type { ChargebackReport } from "./report.ts";

/** The report as a page: what to book first, then why, then all tables. */
export async function renderHtml(report: ChargebackReport, siblings: SiblingFiles, booking = bookReport(report)): Promise<string> {
  const { month, status, head, gateways, quality, insights, corrections, total, rows, allocated } = report;
  const cents = printTotal(allocated);
  const draw = await loadCharts();
  const costs = mapBillings((kind) => total.billing[kind].cost ?? 0n);
  const title = `${head.company === undefined ? "" : `${shownText(head.company)}: `}Chargeback ${monthTitle(month)}`;
  const compared = insights.change?.days ?? null;
  return await renderDocument({
    title,
    heading: title,
    subtitle: html`${renderStatus(status, month)}
<p class="quiet">AI usage from ${day(month.from, month)} to ${day(subMilliseconds(month.to, 1), month)}, time zone ${month.timezone}.
${gateways.length === 0 ? "No gateway has usage yet" : html`${gateways.length === 1 ? "Gateway" : "Gateways"}: ${gateways.map((name, index) => [index === 0 ? "" : ", ", showName(name)])}`}.</p>${renderPrivacy(report)}`,
    first: rows.length === 0 ? [renderCorrectionsAlone(booking, report)] : [
      renderHeadline(report, cents, booking),
      renderBook(booking, compared, linkTo, { limit: FIRST_TEAMS }),
      renderTrend(insights.trend, month, draw, roundBooked(booking.total)),
    ],
    main: rows.length === 0 ? renderWithoutUsage(report, booking, siblings) : [
      booking.rows.length > FIRST_TEAMS + 2 ? renderBook(booking, compared, linkTo, { id: "book-all", title: "What to book, all teams" }) : "",
      renderOtherBudgets(insights.budgets, roundBooked(booking.total), allocated.adjustments !== null),
      renderInvoices(insights.invoices ?? []),
      renderDays(insights.days, cents, costs, draw),
      renderCorrections(corrections, booking.total.corrections.cents, { reasons: true }),
      renderMix(report, draw),
      renderUnallocated(report, cents, booking),
      renderPools(insights.pools),
      renderCharges(insights.charges ?? [], cents.charges),
      ...LIST_VALUES.map((kind) => renderListValue(kind, { total, rows }, cents.billing[kind])),
      renderUnpriced(report),
      renderSavings(report, cents),
      renderQuality(quality, insights),
      renderEachTeam(report, cents, booking, draw),
      insights.topSessions.length === 0
        ? ""
        : section("sessions", "Top sessions", renderSessions(insights.topSessions, { title: "Top sessions of all teams", timezone: month.timezone, limit: 20, round: roundBooked(booking.total) })),
      html`<div class="wide-paper">${renderOwed(report, cents, booking)}${renderUsages(report, cents)}</div>`,
      renderTotals(report, cents),
      renderNotes(siblings, head),
    ],
  });
}

/** The page of a month that has corrections but no usage yet, without empty tables. */
function renderWithoutUsage({ head, corrections, quality, insights }: ChargebackReport, booking: MonthBooking, siblings: SiblingFiles): (Html | string)[] {
  return [
    ...(corrections.length === 0 ? [] : [renderBook(booking, null, () => undefined)]),
    renderCorrections(corrections, booking.total.corrections.cents, { reasons: true }),
    renderQuality(quality, insights),
    renderNotes(siblings, head),
  ];
}

/** Id of the team's section; undefined for a team without one. */
function linkTo({ detail, place }: TeamBooking): string | undefined {
  return detail === undefined || place === null ? undefined : teamId(place);
}

function teamId(place: number): string {
  return `team-${String(place)}`;
}

function day(time: Date, { timezone }: Pick<Month, "timezone">): Html {
  const there = new TZDate(time, timezone);
  return html`<time datetime="${format(there, "yyyy-MM-dd")}">${format(there, "d MMMM yyyy")}</time>`;
}

/** Rows shared by all team sections: the more teams, the shorter each section. Teams' own pages have the rest. */
const ROWS_OF_TEAMS = 800;

function renderEachTeam({ head, byTeam, allocated, insights, month }: ChargebackReport, cents: PrintedTotal, booking: MonthBooking, draw: DrawChart): Html | string {
  if (insights.teams.length === 0) return "";
  const limit = Math.min(10, Math.max(3, Math.floor(ROWS_OF_TEAMS / byTeam.length)));
  const printed = printAllocatedRows(byTeam.map(({ figures }) => figures), allocated, cents);
  const teams = booking.rows.map((row) =>
    row.place === null
      ? ""
      : renderTeam({ ...row, ...printedOfTeam(printed[row.place]) }, { id: teamId(row.place), limit, timezone: month.timezone, printDays: false, draw, owners: head.owners }),
  );
  return section("each-team", "Each team", html`${teams}`);
}

/** What each team owes, and the same money by tag and by each dimension. */
function renderOwed(report: ChargebackReport, cents: PrintedTotal, booking: MonthBooking): Html[] {
  return [renderOwedByTeam(report, cents, booking), renderOwedByTag(report, cents), ...renderOwedByDimension(report, cents)];
}
