import { html } from "hono/html";
import { DAY_MS } from "../../../ledger/durations.ts";
import { type Month, utcDate, utcDates } from "../../../ledger/months.ts";
import { caption, countCell, figureHeading, type Html, showName } from "../../page/cells.ts";
import { foldRows } from "../../page/fold-rows.ts";
import { countOf, NO_CELL, plainTable } from "../../page/tables.ts";
import type { DataQuality } from "./data-quality.ts";

const MOST_EXPORTS = 50;

/** What the report needs to know about an ingested export. */
export interface FeedingExport {
  instance: string;
  /** Last part of the object's key. */
  name: string;
  /** When it was made, ISO 8601. */
  time: string;
  /** Whether it could not be read to its end. */
  damaged: boolean;
  /** Always `accepted + quarantined = read`. */
  records: { read: number; accepted: number; quarantined: number };
  /** UTC dates of its accepted records. */
  dates: readonly string[];
}

/** Exports are made after the requests they hold: an hour later by default, more if the exporter was down. */
const TRAILING_MS = 2 * DAY_MS;

/**
 * Exports that feed the month and are damaged or have records in quarantine. An export without accepted records has no dates: it counts if it
 * was made during the month or up to two days after.
 */
export function findIncomplete(
  exports: readonly FeedingExport[],
  month: Month,
): Pick<DataQuality, "damaged" | "quarantined"> {
  const feeding = exports.filter((one) => feedsMonth(one, month)).sort(byInstanceAndName);
  return {
    damaged: feeding.filter(({ damaged }) => damaged),
    quarantined: feeding.filter(({ records }) => records.quarantined > 0),
  };
}

/** Whether the export has or may have records of the month. */
export function feedsMonth({ time, dates }: FeedingExport, month: Month): boolean {
  const ofMonth = new Set(utcDates(month));
  const made = utcDate(new Date(time));
  const latest = utcDate(new Date(month.to.getTime() - 1 + TRAILING_MS));
  return dates.some((date) => ofMonth.has(date)) || (made >= utcDate(month.from) && made <= latest);
}

function byInstanceAndName(a: FeedingExport, b: FeedingExport): number {
  if (a.instance !== b.instance) return a.instance < b.instance ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Counts the records in quarantine of these exports. */
export function countQuarantined(exports: readonly FeedingExport[]): number {
  return exports.reduce((all, { records }) => all + records.quarantined, 0);
}

/** Exports that were made more than two days after the end of a date of the month that they hold, in order of instance and name. */
export function findLate(exports: readonly FeedingExport[], month: Month): FeedingExport[] {
  const dates = new Set(utcDates(month));
  return exports
    .filter(({ time, dates: held }) => held.some((date) => dates.has(date) && Date.parse(time) > Date.parse(date) + DAY_MS + TRAILING_MS))
    .sort((a, b) => (`${a.instance}\0${a.name}` < `${b.instance}\0${b.name}` ? -1 : 1));
}

export function lateTable(late: readonly FeedingExport[]): Html {
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

export function exportTable(exports: readonly FeedingExport[]): Html {
  return html`<table>
${caption("Exports that may hold usage missing from the total; records read before the damage count")}
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

export function exportToJson({ instance, name, time, damaged, records }: FeedingExport): object {
  const { read, accepted, quarantined } = records;
  return { instance, export: name, time, damaged, read, accepted, quarantined };
}

export function lateToJson({ instance, name, time, dates }: FeedingExport): object {
  return { instance, export: name, time, dates };
}
