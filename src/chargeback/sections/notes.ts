import { html } from "hono/html";
import type { Html } from "../page/cells.ts";

/** Files with the same figures, beside the page. */
export interface SiblingFiles {
  csv: string;
  summary: string;
  teams: string;
  corrections: string;
  json: string;
}

/** What the words mean, how cents are printed, where every row is. */
export function renderNotes({ csv, summary, teams, corrections, json }: SiblingFiles): Html {
  return html`<section aria-labelledby="notes">
<h2 id="notes">Notes</h2>
<p>Cents are shared out so that the rows of every table add up to its printed total; a row may differ from its own rounding by
a cent or two. Exact amounts are to the billionth of a dollar: point at a figure, or take them from <a href="${summary}">${summary}</a>
(every line of this page as a row), <a href="${teams}">${teams}</a>
(one row for each team, caller, tag, provider, model, billing and rule), <a href="${csv}">${csv}</a> (one row for each gateway, caller, provider,
model and billing), <a href="${corrections}">${corrections}</a> (one row for each correction, with its reason) or <a href="${json}">${json}</a> (everything). Long tables end with a line for the others: the files have every row.</p>
<p>Owed: metered and self-hosted usage with its adjustments, which are discounts and markups. List value: what requests through the callers’ own plans
would have cost; nobody owes it. Requests that several teams or tags share are split, and may be parts of one. On paper the days of each team are left out: its own page and the JSON have them.</p>
<p>“Not priced”: none of the row’s requests has a price. Requests that failed before any tokens were counted have nothing to price;
those that had tokens counted and no price are the unpriced requests. Neither is a cost of zero.</p>
</section>
`;
}
