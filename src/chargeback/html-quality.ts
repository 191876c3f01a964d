import { html } from "hono/html";
import type { DataQuality, FeedingExport } from "./data-quality.ts";
import { caption, countCell, figureHeading, type Html, scrolling, showName } from "./html-cells.ts";

/** What is known to be missing, or that nothing is. */
export function renderQuality({ damaged, quarantined, unbuiltDays, daysWithoutUsage }: DataQuality): Html {
  const incomplete = [...damaged, ...quarantined.filter((known) => !known.damaged)];
  return html`<section aria-labelledby="quality">
<h2 id="quality">Data quality</h2>
${incomplete.length === 0
    ? html`<p>No export that feeds this month is damaged or has records in quarantine.</p>`
    : scrolling("Damaged and quarantined exports", exportTable(incomplete))}
${unbuiltDays.length === 0 ? "" : html`<p class="days">Not built from their exports yet (UTC dates): ${list(unbuiltDays.map(({ date, instance }) => `${date} of ${instance}`))}.</p>`}
<p class="days">${daysWithoutUsage.length === 0
    ? "Every day of the month has usage."
    : `Days without any usage: ${list(daysWithoutUsage)}.`}</p>
</section>
`;
}

function list(items: readonly string[]): string {
  return items.join(", ");
}

function exportTable(exports: readonly FeedingExport[]): Html {
  return html`<table>
${caption("Exports that may hold usage of this month which the total lacks; what was read before the damage counts")}
<thead><tr>
<th scope="col">Export</th><th scope="col">Gateway</th><th scope="col">Made at</th><th scope="col">Damaged</th>
${["Records read", "Accepted", "Quarantined"].map(figureHeading)}
</tr></thead>
<tbody>
${exports.map(({ instance, name, time, damaged, records }) => html`<tr>
<th scope="row" class="name">${showName(name)}</th><td>${showName(instance)}</td><td><time datetime="${time}">${time}</time></td>
<td>${damaged ? "yes" : "no"}</td>${countCell(records.read)}${countCell(records.accepted)}${countCell(records.quarantined)}
</tr>
`)}</tbody>
</table>`;
}
