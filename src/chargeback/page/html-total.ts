import { html } from "hono/html";
import { formatDollars } from "../../ledger/money.ts";
import { type Billing, BILLINGS, LIST_VALUES } from "../../ledger/usage/usage-record.ts";
import { sumOwed } from "../report/allocation-figures.ts";
import { countQuarantined } from "../report/data-quality.ts";
import { type Month, monthTitle } from "../../ledger/months.ts";
import { STATUS_CLASSES, type StatusClass } from "../../ledger/usage/status-class.ts";
import type { Booking } from "./book-teams.ts";
import { renderChange } from "./html-change.ts";
import { countOf, section, showAmount, showDifference } from "./tables.ts";
import type { Charge } from "../report/figures.ts";
import { BILLING_TITLES, LIST_VALUE_TITLES, caption, costCell, countCell, figureHeading, formatCount, type Html, scrolling, showCost } from "./html-cells.ts";
import type { PrintedCents, PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";

const BILLING_MEANINGS: Readonly<Record<Billing, string>> = {
  metered: "money owed to providers",
  subscription: "list value; the callers’ own plans pay, nobody owes it to us",
  caller_key: "list value; the accounts of the callers’ own API keys pay, nobody owes it to us",
  self_hosted: "runs on our own machines; owed like metered usage",
};

const STATUS_MEANINGS: Readonly<Record<StatusClass, string>> = {
  ok: "answered",
  rejected: "HTTP 429: over a limit",
  denied: "HTTP 401 or 403: not allowed",
  error: "everything else that failed",
};

/** What finance books, what it is made of, and what keeps it from being the whole truth, before anything else. */
export function renderHeadline(report: ChargebackReport, cents: PrintedTotal, { total: booked }: Booking): Html {
  const { total, allocated, insights, month } = report;
  const owed = sumOwed(allocated);
  const corrected = booked.corrections.exact !== 0n;
  return html`<section aria-labelledby="total">
<h2 id="total">Summary</h2>
<p class="hero"><span>${corrected ? "To book for the month" : "Owed for the month"}</span> <strong>${corrected ? showAmount(booked.toBook.exact, booked.toBook.cents) : showCost(owed, booked.owed.cents)}</strong></p>
${renderLacks(report)}
<dl class="stats">
${renderMoney(report, cents)}
${corrected ? html`<div><dt>Corrections of closed months</dt><dd>${showDifference(booked.corrections.exact, booked.corrections.cents)}</dd></div>` : ""}
${LIST_VALUES.map((kind) => (total.billing[kind].requests === 0n ? "" : html`<div><dt>${LIST_VALUE_TITLES[kind]}</dt><dd>${showCost(total.billing[kind], cents.billing[kind])}</dd></div>`))}
<div><dt>Requests</dt><dd>${formatCount(total.requests)}</dd></div>
<div><dt>Unpriced requests</dt><dd>${formatCount(total.unpricedRequests)}</dd></div>
</dl>
${insights.change === null ? html`<p>What was owed in the month before is not known to the ledger.</p>` : renderChange(insights.change, booked.owed.cents, month)}
</section>
`;
}

/** The same of a month that has no usage yet. */
export function renderCorrectionsAlone({ total: { toBook } }: Booking, month: Month): Html {
  return section("total", "Summary", html`<p class="hero"><span>To book for the month</span> <strong>${showAmount(toBook.exact, toBook.cents)}</strong></p>
<p>The ledger has no usage in ${monthTitle(month)} yet. What is booked here are corrections of closed months alone.</p>`);
}

/** Who bears the cost, and how the requests ended. */
export function renderTotals(report: ChargebackReport, cents: PrintedCents): Html {
  return html`<section aria-labelledby="billing">
<h2 id="billing">Usage by billing</h2>
${scrolling("Usage by billing: the table", billingTable(report, cents))}
</section>
<section aria-labelledby="status">
<h2 id="status">Requests by status</h2>
${scrolling("By status: the table", statusTable(report))}
</section>
`;
}

/** What is owed, and how adjustments and list values lie between it and the total cost. */
function renderMoney({ allocated }: ChargebackReport, { owed, adjustments }: PrintedTotal): Html {
  const usage = sumOwed({ ...allocated, adjustments: null });
  return html`${allocated.adjustments === null
    ? ""
    : html`<div><dt>Usage cost: metered and self-hosted</dt><dd>${showCost(usage, owed - adjustments)}</dd></div>
<div><dt>Adjustments</dt><dd>${showCost({ cost: allocated.adjustments }, adjustments)}</dd></div>
`}<div><dt>Owed</dt><dd>${showCost(sumOwed(allocated), owed)}</dd></div>`;
}

/** Everything that keeps the total from being the whole truth; nothing when there is nothing. */
function renderLacks({ quality, total }: ChargebackReport): Html | string {
  const { damaged, quarantined, unbuiltDays } = quality;
  const records = countQuarantined(quarantined);
  const lacks = [
    damaged.length > 0 && `what could not be read of ${countOf(damaged.length, "damaged export")}`,
    records > 0 && `${countOf(records, "record")} of ${countOf(quarantined.length, "export")} in quarantine`,
    unbuiltDays.length > 0 && `what is new on ${countOf(unbuiltDays.length, "day")} not built from their exports yet`,
    total.unpricedRequests > 0n && `the cost of ${countOf(total.unpricedRequests, "request")} with tokens counted and no price`,
  ].filter((lack) => lack !== false);
  if (lacks.length === 0) return "";
  return html`<div class="lacks" role="note">
<p>The total lacks:</p>
<ul>${lacks.map((lack) => html`<li>${lack}</li>`)}</ul>
</div>`;
}

function billingTable({ total }: ChargebackReport, cents: PrintedCents): Html {
  return html`<table>
${caption("Who bears the cost, as the gateway estimated it")}
<thead><tr>
<th scope="col">Billing</th>${["Cost", "Exact cost", "Unpriced requests", "Requests"].map(figureHeading)}<th scope="col">Meaning</th>
</tr></thead>
<tbody>
${BILLINGS.map((kind) => {
  const charge = total.billing[kind];
  return html`<tr>
<th scope="row">${BILLING_TITLES[kind]}</th>${costCell(charge, cents.billing[kind])}${exactCell(charge)}
${countCell(charge.unpricedRequests)}${countCell(charge.requests)}<td class="meaning">${BILLING_MEANINGS[kind]}</td>
</tr>
`;
})}</tbody>
<tfoot><tr>
<th scope="row">Total</th>${costCell(total, cents.total)}${exactCell(total)}
${countCell(total.unpricedRequests)}${countCell(total.requests)}<td></td>
</tr></tfoot>
</table>`;
}

function exactCell({ cost }: Charge): Html {
  return html`<td class="figure">${cost === null ? "–" : `$${formatDollars(cost)}`}</td>`;
}

function statusTable({ statuses, total }: ChargebackReport): Html {
  return html`<table class="small">
${caption("How the requests ended")}
<thead><tr><th scope="col">Status</th>${figureHeading("Requests")}<th scope="col">Meaning</th></tr></thead>
<tbody>
${STATUS_CLASSES.map((name) => html`<tr><th scope="row">${name}</th>${countCell(statuses[name])}<td class="meaning">${STATUS_MEANINGS[name]}</td></tr>
`)}</tbody>
<tfoot><tr><th scope="row">Total</th>${countCell(total.requests)}<td></td></tr></tfoot>
</table>`;
}
