import { html } from "hono/html";
import { renderAssumed } from "../report/assumed-quality.ts";
import { renderCountingDoubts } from "../report/counting-quality.ts";
import { countQuarantined, type DataQuality, type FeedingExport } from "../report/data-quality.ts";
import type { Insights } from "../insights/insights.ts";
import { renderNotes } from "../report/reading-quality.ts";
import { renderUsedAgain } from "./html-used-again.ts";
import { foldRows } from "./fold-rows.ts";
import { countOf, NO_CELL, plainTable } from "./tables.ts";
import { caption, countCell, figureHeading, type Html, scrolling, showName } from "./html-cells.ts";

/** What is known to be missing, or that nothing is. */
export function renderQuality({ damaged, quarantined, unbuiltDays, daysWithoutUsage, ...quality }: DataQuality, { late, partialRequests, countingDoubts }: Pick<Insights, "late" | "partialRequests" | "countingDoubts">): Html {
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
${renderUsedAgain(quality)}
${partialRequests === 0n ? "" : html`<p>${countOf(partialRequests, "request")} broke off: tokens went in and none came out. What went in is in the figures.</p>`}
${renderAssumed(quality.assumed)}
${renderCountingDoubts(countingDoubts)}
${renderNotes(quality.notes, countQuarantined(quarantined))}
${late.length === 0 ? "" : html`<p>${countOf(late.length, "export")} came more than two days after what they hold. Their records are in the figures.</p>
${scrolling("Late exports", lateTable(late))}`}
</section>
`;
}

const MOST_EXPORTS = 50;

function lateTable(late: readonly FeedingExport[]): Html {
  const { shown, others } = foldRows(late, MOST_EXPORTS, (rest) => rest.reduce((all, { records }) => all + records.accepted, 0));
  return plainTable({
    caption: "Late exports",
    columns: [{ title: "Export" }, { title: "Gateway" }, { title: "Made at" }, { title: "Records accepted", figure: true }],
    rows: [
      ...shown.map(({ name, instance, time, records }) => ({
        header: showName(name),
        cells: [html`<td>${showName(instance)}</td>`, html`<td><time datetime="${time}">${time}</time></td>`, countCell(records.accepted)],
      })),
      ...(others === null ? [] : [{ header: countOf(others.count, "other"), cells: [NO_CELL, NO_CELL, countCell(others.sum)] }]),
    ],
  });
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
