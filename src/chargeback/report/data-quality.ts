import { DAY_MS } from "../../ledger/durations.ts";
import type { ReadingNotes } from "./reading-quality.ts";
import type { AssumedSubscriptions } from "./assumed-quality.ts";
import { type Month, utcDate, utcDates } from "../../ledger/months.ts";

/** What the report has to know of an ingested export. */
export interface FeedingExport {
  instance: string;
  /** Last part of the object's key. */
  name: string;
  /** When it was made, ISO 8601. */
  time: string;
  /** It could not be read to its end. */
  damaged: boolean;
  /** Always `accepted + quarantined = read`. */
  records: { read: number; accepted: number; quarantined: number };
  /** UTC dates of its accepted records. */
  dates: readonly string[];
}

/** A day of a gateway whose exports are ingested and whose tables do not hold them yet. */
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
  /** `YYYY-MM-DD` in the month's time zone: no gateway has any usage on them. */
  daysWithoutUsage: string[];
  /** Of the exports that feed the month, and of the UTC dates that it touches. */
  notes: ReadingNotes;
  /** Requests that share an identifier with another request of their day, over the UTC dates that the month touches. */
  identifiersUsedAgain: number;
  /** Of the UTC dates that the month touches. */
  assumed: AssumedSubscriptions;
}

/** Exports trail what they hold: an hour by default, longer when the exporter was down. */
export const TRAILING_MS = 2 * DAY_MS;

/**
 * Exports that feed the month and are damaged or have records in quarantine. One whose records were all turned away
 * or could not be read has no dates: it counts if it was made within the month's dates or two days after them.
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

/** Records in quarantine of all these exports together. */
export function countQuarantined(exports: readonly FeedingExport[]): number {
  return exports.reduce((all, { records }) => all + records.quarantined, 0);
}
