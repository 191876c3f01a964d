import type { DuckDBConnection } from "@duckdb/node-api";
import { html } from "hono/html";
import { z } from "zod";
import { BILLIONTHS } from "../../../ledger/money.ts";
import { type Html, scrolling } from "../../page/cells.ts";
import { countOf } from "../../page/tables.ts";
import type { Insights } from "../../report/insights.ts";
import type { ChargebackReport } from "../../report/report.ts";
import type { SummaryRow } from "../../report/summary-row.ts";
import { assumedRows, type AssumedSubscriptions, assumedToJson, renderAssumed } from "./assumed-subscriptions.ts";
import { countingDoubtRows, type CountingDoubts, renderCountingDoubts } from "./counting-doubts.ts";
import { countQuarantined, exportTable, exportToJson, type FeedingExport, lateTable } from "./feeding-exports.ts";
import { readingNoteRows, type ReadingNotes, renderReadingNotes } from "./reading-notes.ts";

/** A day of a gateway whose exports are ingested but not in its tables yet. */
export interface UnbuiltDay {
  /** `YYYY-MM-DD`, UTC. */
  date: string;
  instance: string;
}

/** What the month's figures lack or may lack. */
export interface DataQuality {
  /** In order of instance and name; an export may be in both lists. */
  damaged: FeedingExport[];
  quarantined: FeedingExport[];
  unbuiltDays: UnbuiltDay[];
  /** `YYYY-MM-DD` in the month's time zone: days on which no gateway has usage. */
  daysWithoutUsage: string[];
  /** About the exports that feed the month, and the UTC dates it touches. */
  notes: ReadingNotes;
  /** Requests that share an identifier with another request of their day, over the UTC dates that the month touches. */
  identifiersUsedAgain: number;
  /** On the UTC dates the month touches. */
  assumed: AssumedSubscriptions;
}

/** Counts requests whose answer broke off. @param rows SQL of rows of `usage` */
export async function countPartial(duck: DuckDBConnection, rows: string): Promise<bigint> {
  const result = await duck.runAndReadAll(`SELECT count(*)::BIGINT FROM ${rows} WHERE partial`);
  return z.bigint().parse(result.getRowsJS()[0]?.[0]);
}

/** Says what is known to be missing, or that nothing is. */
export function renderQuality({ damaged, quarantined, unbuiltDays, daysWithoutUsage, ...quality }: DataQuality, { late, partialRequests, countingDoubts }: Pick<Insights, "late" | "partialRequests" | "countingDoubts">): Html {
  const incomplete = [...damaged, ...quarantined.filter((known) => !known.damaged)];
  return html`<section aria-labelledby="quality">
<h2 id="quality">Data quality</h2>
${incomplete.length === 0
    ? html`<p>No export that feeds this month is damaged or has records in quarantine.</p>`
    : scrolling("Damaged and quarantined exports", exportTable(incomplete))}
${unbuiltDays.length === 0 ? "" : html`<p class="days">Days whose tables are not built yet (UTC dates): ${list(unbuiltDays.map(({ date, instance }) => `${date} of ${instance}`))}.</p>`}
<p class="days">${daysWithoutUsage.length === 0
    ? "Every day of the month has usage."
    : `Days without any usage: ${list(daysWithoutUsage)}.`}</p>
${renderUsedAgain(quality)}
${partialRequests === 0n ? "" : html`<p>${countOf(partialRequests, "request")} broke off: tokens went in and none came out. What went in is in the figures.</p>`}
${renderAssumed(quality.assumed)}
${renderCountingDoubts(countingDoubts)}
${renderReadingNotes(quality.notes, countQuarantined(quarantined))}
${late.length === 0 ? "" : html`<p>${countOf(late.length, "export")} arrived more than two days after the usage they hold. Their records are in the figures.</p>
${scrolling("Late exports", lateTable(late))}`}
</section>
`;
}

function list(items: readonly string[]): string {
  return items.join(", ");
}

/** Empty where every identifier was used once. */
function renderUsedAgain({ identifiersUsedAgain: requests }: Pick<DataQuality, "identifiersUsedAgain">): Html | string {
  if (requests === 0) return "";
  return html`<p>Identifiers used again: ${countOf(requests, "request")} of this month’s UTC days ${requests === 1 ? "has" : "have"} an id that another request of the same day has too. Each of them is in the figures.</p>`;
}

export function qualityRows(quality: DataQuality, countingDoubts: CountingDoubts | undefined): SummaryRow[] {
  return [
    ...usedAgainRows(quality),
    ...assumedRows(quality.assumed),
    ...countingDoubtRows(countingDoubts),
    ...readingNoteRows(quality.notes, countQuarantined(quality.quarantined)),
  ];
}

function usedAgainRows({ identifiersUsedAgain }: ChargebackReport["quality"]): SummaryRow[] {
  if (identifiersUsedAgain === 0) return [];
  return [{ section: "data quality", team: "", item: "identifiers used again", detail: "UTC days of the month", requests: BigInt(identifiersUsedAgain) * BILLIONTHS }];
}

export function qualityToJson(quality: DataQuality): object {
  return {
    damaged: quality.damaged.map(exportToJson),
    quarantined: quality.quarantined.map(exportToJson),
    unbuilt_days: quality.unbuiltDays,
    days_without_usage: quality.daysWithoutUsage,
    identifiers_used_again: quality.identifiersUsedAgain,
    assumed_subscriptions: assumedToJson(quality.assumed),
    notes: quality.notes,
  };
}
