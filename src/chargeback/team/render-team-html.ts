import { html } from "hono/html";
import { formatRate } from "../../ledger/exchange-rate.ts";
import { formatCents, roundToCents } from "../../ledger/money.ts";
import { monthTitle } from "../../ledger/months.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { LIST_VALUES } from "../../ledger/usage/usage-record.ts";
import { formatCount, formatHundredths, type Html, LIST_VALUE_TITLES, moneyCell, showName } from "../page/cells.ts";
import { renderDocument } from "../page/document.ts";
import { loadCharts } from "../page/draw-chart.ts";
import { countOf, plainTable, section, showAmount, showDifference } from "../page/tables.ts";
import { renderTeamCharges } from "../sections/charges.ts";
import { renderCorrections } from "../sections/corrections.ts";
import { renderTeam } from "../sections/each-team/each-team.ts";
import { renderMaker } from "../sections/notes.ts";
import { renderPrivacy } from "../sections/privacy.ts";
import { renderStatus } from "../sections/status.ts";
import type { TeamReport } from "./cut-to-team.ts";

/** Most rows in a table on a team's own page. */
const LONGEST_TABLE = 200;

/** The report of one team as a page. */
export async function renderTeamHtml(report: TeamReport, siblings: { csv: string; json: string }): Promise<string> {
  const { month, head, team, bookings, total, corrections, pools, charges } = report;
  const draw = await loadCharts();
  const add = (amountOf: (row: TeamReport["bookings"][number]) => bigint): bigint => bookings.reduce((sum, row) => sum + amountOf(row), 0n);
  const owed = add((row) => row.owed.cents);
  const corrected = add((row) => row.corrections.cents);
  const unpriced = add((row) => row.unpricedRequests);
  const name = shownText(team);
  const company = head.company === undefined ? "" : `${shownText(head.company)}: `;
  return await renderDocument({
    title: `${company}Chargeback ${monthTitle(month)}: ${name === "" ? "(empty)" : name}`,
    heading: html`${company}Chargeback ${monthTitle(month)}: ${showName(team)}`,
    subtitle: html`${renderStatus(report.status, month)}
<p class="quiet">AI usage that this team pays for in the calendar month, time zone ${month.timezone}.</p>${renderPrivacy(report)}`,
    first: [
      section("total", "Summary", html`<p class="hero"><span>${corrected === 0n ? "Owed for the month" : "To book for the month"}${report.status.kind === "preliminary" ? " so far" : ""}</span>
<strong>${showAmount(add((row) => row.toBook.exact), owed + corrected)}</strong>${head.rate === null ? "" : html` <span class="second">${formatCents(add((row) => row.second?.toBook ?? 0n))} ${head.rate.currency}, ${formatRate(head.rate)}</span>`}</p>
<dl class="stats">
<div><dt>Owed</dt><dd>${showAmount(add((row) => row.owed.exact), owed)}</dd></div>
${corrections.length === 0 ? "" : html`<div><dt>Corrections of closed months</dt><dd>${showDifference(add((row) => row.corrections.exact), corrected)}</dd></div>`}
${LIST_VALUES.map((kind) => {
  const { cost } = total.billing[kind];
  return cost === null ? "" : html`<div><dt>${LIST_VALUE_TITLES[kind]}</dt><dd>${showAmount(cost, add((row) => row.listValues[kind]))}</dd></div>`;
})}
<div><dt>Requests</dt><dd>${formatHundredths(add((row) => row.requests))}</dd></div>
<div><dt>Unpriced requests</dt><dd>${formatHundredths(unpriced)}</dd></div>
</dl>`),
    ],
    main: [
      bookings.every(({ detail }) => detail === undefined)
        ? ""
        : section("team", "Where it comes from", html`${bookings.map((row, index) => renderTeam(row, { id: `team-${String(index)}`, limit: LONGEST_TABLE, timezone: month.timezone, printDays: true, draw, owners: head.owners }))}`),
      renderShares(pools),
      renderTeamCharges(charges),
      renderCorrections(corrections, corrected, { reasons: false }),
      renderLacks(report, unpriced),
      section("notes", "Notes", html`<p>Cents are distributed so that the lines of the company’s report, including this team’s, add up to its total. For exact amounts, to the
billionth of a dollar, point at a figure or open <a href="${siblings.csv}">${siblings.csv}</a> or <a href="${siblings.json}">${siblings.json}</a>.</p>
<p>Owed: metered and self-hosted usage with its adjustments${charges.length === 0 ? "" : ", and charges other than usage"}. List value: what requests through the callers’ own plans and keys would have cost; nobody owes it.</p>
${renderMaker(head.version)}`),
    ],
  });
}

function renderShares(pools: TeamReport["pools"]): Html | string {
  if (pools.length === 0) return "";
  const { total, parts } = roundToCents(pools.map(({ cost }) => cost));
  return section("pools", "Shared costs", html`<p>The team’s part of shared costs. The figures above already include it.</p>
${plainTable({
  caption: "One row per shared cost",
  columns: [{ title: "Shared cost" }, { title: "The team’s part", figure: true }],
  rows: pools.map(({ pool, cost }, index) => ({ header: showName(pool), cells: [moneyCell(cost, parts[index] ?? 0n)] })),
  foot: { header: "Total", cells: [moneyCell(pools.reduce((sum, { cost }) => sum + cost, 0n), total)] },
  style: "small",
})}`);
}

function renderLacks({ quality: { damagedExports, quarantinedRecords, lateExports, unbuiltDays }, total }: TeamReport, unpriced: bigint): Html {
  const lacks = [
    damagedExports > 0 && `the unreadable part of ${countOf(damagedExports, "damaged export")}`,
    quarantinedRecords > 0 && `${countOf(quarantinedRecords, "record")} in quarantine`,
    unbuiltDays > 0 && `new usage on ${countOf(unbuiltDays, "day")} whose tables are not built yet`,
  ].filter((lack) => lack !== false);
  return section("quality", "Data quality", html`${lacks.length === 0
    ? html`<p>Nothing is known to be missing.</p>`
    : html`<p>Missing from the company’s figures, for any team:</p><ul>${lacks.map((lack) => html`<li>${lack}</li>`)}</ul>`}
${total.unpricedRequests === 0n ? "" : html`<p>Of this team’s requests, ${formatHundredths(unpriced)} had tokens counted but no price: their cost is not in any figure.</p>`}
${lateExports === 0 ? "" : html`<p>${formatCount(lateExports)} of the company’s exports arrived late; their records are in the figures.</p>`}`);
}
