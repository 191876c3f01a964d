import { html } from "hono/html";
import { formatRate } from "../../ledger/exchange-rate.ts";
import { formatCents } from "../../ledger/money.ts";
import { monthTitle } from "../../ledger/months.ts";
import { LIST_VALUES } from "../../ledger/usage/usage-record.ts";
import { formatCount, type Html, LIST_VALUE_TITLES, showCost } from "../page/cells.ts";
import { countOf, section, showAmount, showDifference } from "../page/tables.ts";
import { type AllocatedFigures, sumOwed } from "../report/allocation-figures.ts";
import { owedToJson, usageToJson } from "../report/figures-json.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { UnpricedRange } from "../report/unpriced-range.ts";
import type { ChargebackReport } from "../report/report.ts";
import { figureRow, type SummaryRow } from "../report/summary-row.ts";
import type { MonthBooking, SecondAmounts } from "../report/bookings.ts";
import { renderChange } from "./change.ts";
import { countQuarantined } from "./quality/feeding-exports.ts";

/** The first section: what finance books, what it consists of, and what is missing from it. */
export function renderHeadline(report: ChargebackReport, cents: PrintedTotal, { total: booked }: MonthBooking): Html {
  const { total, allocated, insights, month } = report;
  const owed = sumOwed(allocated);
  const corrected = booked.corrections.exact !== 0n;
  return html`<section aria-labelledby="total">
<h2 id="total">Summary</h2>
<p class="hero"><span>${corrected ? "To book for the month" : "Owed for the month"}${report.status.kind === "preliminary" ? " so far" : ""}</span> <strong>${corrected ? showAmount(booked.toBook.exact, booked.toBook.cents) : showCost(owed, booked.owed.cents)}</strong>${renderSecond(report, booked.second)}</p>
${renderLacks(report)}
<dl class="stats">
${renderMoney(report, cents)}
${corrected ? html`<div><dt>Corrections of closed months</dt><dd>${showDifference(booked.corrections.exact, booked.corrections.cents)}</dd></div>` : ""}
${LIST_VALUES.map((kind) => (total.billing[kind].requests === 0n ? "" : html`<div><dt>${LIST_VALUE_TITLES[kind]}</dt><dd>${showCost(total.billing[kind], cents.billing[kind])}</dd></div>`))}
<div><dt>Requests</dt><dd>${formatCount(total.requests)}</dd></div>
<div><dt>Unpriced requests</dt><dd>${formatCount(total.unpricedRequests)}</dd></div>
</dl>
<p class="quiet">${renderWords(report)}</p>
${renderChange(insights, booked.owed.cents, month)}
</section>
`;
}

/** The amount to book in the second currency, and the rate. */
function renderSecond({ head: { rate } }: ChargebackReport, second: SecondAmounts | null): Html | string {
  if (rate === null || second === null) return "";
  return html` <span class="second">${formatCents(second.toBook)} ${rate.currency}, ${formatRate(rate)}</span>`;
}

/** Explains the terms where the figures first use them. */
function renderWords({ total, allocated }: ChargebackReport): string {
  const words = [
    `Owed: metered and self-hosted usage${allocated.adjustments === null ? "" : " with its adjustments, which are discounts and markups"}${allocated.charges === null ? "" : ", and charges other than usage"}.`,
    ...(LIST_VALUES.some((kind) => total.billing[kind].requests > 0n) ? ["List value: what requests through the callers’ own plans or keys would have cost; nobody owes it."] : []),
    ...(total.unpricedRequests > 0n ? ["Unpriced: tokens were counted, but no price is known."] : []),
  ];
  return words.join(" ");
}

/** The first section of a month without usage. */
export function renderCorrectionsAlone({ total: { toBook } }: MonthBooking, { month, status }: Pick<ChargebackReport, "month" | "status">): Html {
  return section("total", "Summary", html`<p class="hero"><span>To book for the month${status.kind === "preliminary" ? " so far" : ""}</span> <strong>${showAmount(toBook.exact, toBook.cents)}</strong></p>
<p>The ledger has no usage in ${monthTitle(month)} yet. Only corrections of closed months are booked here.</p>`);
}

/** The amount owed, split into usage, adjustments and charges. */
function renderMoney({ allocated }: ChargebackReport, { owed, adjustments, charges }: PrintedTotal): Html {
  const usage = sumOwed({ ...allocated, adjustments: null, charges: null });
  return html`${allocated.adjustments === null && allocated.charges === null
    ? ""
    : html`<div><dt>Usage cost: metered and self-hosted</dt><dd>${showCost(usage, owed - adjustments - charges)}</dd></div>
`}${allocated.adjustments === null ? "" : html`<div><dt>Adjustments</dt><dd>${showCost({ cost: allocated.adjustments }, adjustments)}</dd></div>
`}${allocated.charges === null ? "" : html`<div><dt>Charges other than usage</dt><dd>${showCost({ cost: allocated.charges }, charges)}</dd></div>
`}<div><dt>Owed</dt><dd>${showCost(sumOwed(allocated), owed)}</dd></div>`;
}

/** What is missing from the total; empty where nothing is. */
function renderLacks({ quality, total, unpricedRange }: ChargebackReport): Html | string {
  const { damaged, quarantined, unbuiltDays } = quality;
  const records = countQuarantined(quarantined);
  const lacks = [
    damaged.length > 0 && `the unreadable part of ${countOf(damaged.length, "damaged export")}`,
    records > 0 && `${countOf(records, "record")} of ${countOf(quarantined.length, "export")} in quarantine`,
    unbuiltDays.length > 0 && `new usage on ${countOf(unbuiltDays.length, "day")} whose tables are not built yet`,
    total.unpricedRequests > 0n && html`the cost of ${countOf(total.unpricedRequests, "request")} with counted tokens and no price${renderRange(unpricedRange)}`,
  ].filter((lack) => lack !== false);
  if (lacks.length === 0) return "";
  return html`<div class="lacks" role="note">
<p>Missing from the total:</p>
<ul>${lacks.map((lack) => html`<li>${lack}</li>`)}</ul>
</div>`;
}

/** What unpriced requests may be worth. */
function renderRange(range: UnpricedRange | null): Html | string {
  if (range === null) return "";
  const worth = range.least === range.most ? html`about ${showAmount(range.least)}` : html`between ${showAmount(range.least)} and ${showAmount(range.most)}`;
  return html`, ${worth} if their tokens cost what those of the month’s cheapest and most expensive priced models did`;
}

export function totalRow(allocated: AllocatedFigures): SummaryRow {
  return figureRow({ section: "total", team: "", item: "", detail: "" }, allocated);
}

export function totalToJson({ total, statuses, allocated }: ChargebackReport): object {
  return { ...usageToJson(total), status: statuses, ...owedToJson(allocated) };
}
