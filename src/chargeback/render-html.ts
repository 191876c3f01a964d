import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Html } from "./html-cells.ts";
import { showName } from "./html-cells.ts";
import { renderQuality } from "./html-quality.ts";
import { STYLE } from "./html-style.ts";
import { renderSummary } from "./html-summary.ts";
import { renderAllocations } from "./html-teams.ts";
import { renderTotal } from "./html-total.ts";
import { monthTitle } from "./month.ts";
import { type PrintedCents, printTotal } from "./printed-cents.ts";
import type { ChargebackReport } from "./report.ts";

/** Even if something got past the escaping, a browser would neither run nor fetch anything. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Files with the same figures, beside the page. */
export interface SiblingFiles {
  csv: string;
  teams: string;
  json: string;
}

/** The report as one file for people: no script, nothing from elsewhere. */
export async function renderHtml(report: ChargebackReport, siblings: SiblingFiles): Promise<string> {
  const { month, gateways, quality } = report;
  const cents = printTotal(report.total);
  const title = `Chargeback ${monthTitle(month)}`;
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="quiet">Calendar month in ${month.timezone}: from ${instant(month.from)} up to ${instant(month.to)}.
${gateways.length === 1 ? "Gateway" : "Gateways"}: ${gateways.map((name, index) => [index === 0 ? "" : ", ", showName(name)])}.</p>
</header>
<main>
${renderTotal(report, cents)}
${renderAllocations(report, cents)}
${renderSummaries(report, cents)}
${renderQuality(quality)}
${renderNotes(siblings)}
</main>
</body>
</html>
`;
  return page.toString();
}

function instant(time: Date): Html {
  const text = time.toISOString().replace(":00.000Z", "Z");
  return html`<time datetime="${text}">${text}</time>`;
}

function renderSummaries({ total, byCaller, byTags, byModel, byProvider }: ChargebackReport, cents: PrintedCents): Html[] {
  const caller = {
    id: "callers",
    title: "By caller",
    caption: "One row a caller: a person’s login, or the tags of a device",
    summary: byCaller,
    columns: [
      { title: "Caller", show: (key: { caller: string }) => showName(key.caller) },
      { title: "Type", show: (key: { callerType: string }) => key.callerType },
    ],
  };
  const tags = {
    id: "tags",
    title: "By tags",
    caption: "One row a set of tags; callers without tags are one row",
    summary: byTags,
    columns: [{ title: "Tags", show: ({ tagSet }: { tagSet: string }) => showName(tagSet) }],
  };
  const model = {
    id: "models",
    title: "By model",
    caption: "One row a model, whichever provider served it",
    summary: byModel,
    columns: [{ title: "Model", show: (key: { model: string }) => showName(key.model) }],
  };
  const provider = {
    id: "providers",
    title: "By provider",
    caption: "One row a provider, as the gateway is configured",
    summary: byProvider,
    columns: [{ title: "Provider", show: (key: { provider: string }) => showName(key.provider) }],
  };
  return [
    renderSummary(caller, total, cents),
    renderSummary(tags, total, cents),
    renderSummary(model, total, cents),
    renderSummary(provider, total, cents),
  ];
}

function renderNotes({ csv, teams, json }: SiblingFiles): Html {
  return html`<section aria-labelledby="notes">
<h2 id="notes">Notes</h2>
<p>Cents are shared out so that the rows of every table add up to its printed total; a row may differ from its own rounding by
a cent or two. Exact amounts are to the billionth of a dollar: point at a figure, or take them from <a href="${teams}">${teams}</a>
(one row for each team, caller, tag, provider, model, billing and rule), <a href="${csv}">${csv}</a> (one row for each gateway, caller, provider,
model and billing) or <a href="${json}">${json}</a> (everything on this page).</p>
<p>Owed: metered and self-hosted usage with its adjustments, which are discounts and markups. List value: what requests through the callers’ own plans
would have cost; nobody owes it. Requests that several teams or tags share are split, and may be parts of one.</p>
<p>“Not priced”: none of the row’s requests has a price. Requests that failed before any tokens were counted have nothing to price;
those that had tokens counted and no price are the unpriced requests. Neither is a cost of zero.</p>
</section>
`;
}
