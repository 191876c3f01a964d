import { html } from "hono/html";
import type { Html } from "../page/cells.ts";
import type { ReportHead } from "../report/report.ts";

/** Files with the same figures, beside the page. */
export interface SiblingFiles {
  csv: string;
  summary: string;
  teams: string;
  corrections: string;
  json: string;
  workbook: string;
}

/** Explains terms, rounding, and where to find every row. */
export function renderNotes({ csv, summary, teams, corrections, json, workbook }: SiblingFiles, { version }: ReportHead): Html {
  return html`<section aria-labelledby="notes">
<h2 id="notes">Notes</h2>
<p>Cents are distributed so that the rows of every table add up to its printed total; a row may differ from its own rounding by
a cent or two. For exact amounts, to the billionth of a dollar, point at a figure or open <a href="${summary}">${summary}</a>
(every line of this page as a row), <a href="${workbook}">${workbook}</a> (the same as a workbook with numbers), <a href="${teams}">${teams}</a>
(one row for each team, caller, tag, provider, model, billing and rule), <a href="${csv}">${csv}</a> (one row for each gateway, caller, provider,
model and billing), <a href="${corrections}">${corrections}</a> (one row for each correction, with its reason) or <a href="${json}">${json}</a> (everything). Long tables end with a line that sums up the rest; the files have every row.</p>
<p>Owed: metered and self-hosted usage with its adjustments, which are discounts and markups. List value: what requests through the callers’ own plans
would have cost; nobody owes it. Requests shared by several teams or tags are split, so counts may have decimals. The printed page leaves out the days of each team; the team’s own page and the JSON have them.</p>
<p>“Not priced”: none of the row’s requests has a price. Requests that failed before any tokens were counted have nothing to price;
requests with counted tokens but no price are the unpriced requests. Neither means a cost of zero.</p>
${renderMaker(version)}
</section>
`;
}

/** The version of aperture-ledger that made the page. */
export function renderMaker(version: string): Html {
  return html`<p class="quiet">Made by aperture-ledger ${version}.</p>`;
}
