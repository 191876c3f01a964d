import type { AssumedSubscriptions } from "./assumed-quality.ts";
import { type Month, utcDate, utcDates } from "./month.ts";

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
  /** Requests that share an identifier with another request of their day, over the UTC dates that the month touches. */
  identifiersUsedAgain: number;
  /** Of the UTC dates that the month touches. */
  assumed: AssumedSubscriptions;
}

/** Exports trail what they hold: an hour by default, longer when the exporter was down. */
export const TRAILING_MS = 2 * 86_400_000;

/**
 * Exports that feed the month and are damaged or have records in quarantine. One whose records were all turned away
 * or could not be read has no dates: it counts if it was made within the month's dates or two days after them.
 */
export function findIncomplete(
  exports: readonly FeedingExport[],
  month: Month,
): Pick<DataQuality, "damaged" | "quarantined"> {
  const dates = new Set(utcDates(month));
  const latest = utcDate(new Date(month.to.getTime() - 1 + TRAILING_MS));
  const earliest = utcDate(month.from);
  const feeds = ({ time, dates: landed }: FeedingExport): boolean => {
    const made = utcDate(new Date(time));
    return landed.some((date) => dates.has(date)) || (made >= earliest && made <= latest);
  };
  const feeding = exports.filter(feeds).sort(byInstanceAndName);
  return {
    damaged: feeding.filter(({ damaged }) => damaged),
    quarantined: feeding.filter(({ records }) => records.quarantined > 0),
  };
}

function byInstanceAndName(a: FeedingExport, b: FeedingExport): number {
  if (a.instance !== b.instance) return a.instance < b.instance ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Records in quarantine of all these exports together. */
export function countQuarantined(exports: readonly FeedingExport[]): number {
  return exports.reduce((all, { records }) => all + records.quarantined, 0);
}
