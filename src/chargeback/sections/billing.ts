import { html } from "hono/html";
import { BILLIONTHS, formatDollars } from "../../ledger/money.ts";
import { STATUS_CLASSES, type StatusClass } from "../../ledger/usage/status-class.ts";
import { type Billing, BILLINGS, isListValue } from "../../ledger/usage/usage-record.ts";
import { BILLING_TITLES, caption, costCell, countCell, figureHeading, type Html, scrolling } from "../page/cells.ts";
import type { PrintedCents } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { SummaryRow } from "../report/summary-row.ts";
import type { RequestCost } from "../report/usage-figures.ts";

const BILLING_MEANINGS: Readonly<Record<Billing, string>> = {
  metered: "owed to providers",
  subscription: "list value; the callers’ own plans pay, nobody owes it",
  caller_key: "list value; the accounts of the callers’ own API keys pay, nobody owes it",
  self_hosted: "runs on our own machines; owed like metered usage",
};

const STATUS_MEANINGS: Readonly<Record<StatusClass, string>> = {
  ok: "answered",
  rejected: "HTTP 429: over a limit",
  denied: "HTTP 401 or 403: not allowed",
  error: "all other failures",
};

/** Two sections: who pays, and how the requests ended. */
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

function billingTable({ total }: ChargebackReport, cents: PrintedCents): Html {
  return html`<table>
${caption("Who pays, by the gateway’s estimates")}
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

function exactCell({ cost }: RequestCost): Html {
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

/** What each kind of billing came to, before adjustments, and how the requests ended. */
export function totalRows({ total, statuses }: ChargebackReport): SummaryRow[] {
  return [
    ...BILLINGS.map((kind): SummaryRow => {
      const { cost, requests, unpricedRequests } = total.billing[kind];
      const amount = isListValue(kind) ? { listValue: cost, ...(kind === "caller_key" ? { callerKey: cost } : {}) } : { owed: cost, ...(kind === "self_hosted" ? { selfHosted: cost } : {}) };
      return { section: "usage billing", team: "", item: kind, detail: "before adjustments", ...amount, requests: requests * BILLIONTHS, unpricedRequests: unpricedRequests * BILLIONTHS };
    }),
    ...STATUS_CLASSES.map((name): SummaryRow => ({ section: "status", team: "", item: name, detail: "", requests: statuses[name] * BILLIONTHS })),
  ];
}
