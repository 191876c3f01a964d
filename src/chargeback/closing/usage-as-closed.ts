import type { DayManifest } from "../../lake/days/day-manifest.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { CloseRecord } from "../../lake/records/close-record.ts";
import { boundMonth, utcDates } from "../../ledger/months.ts";
import { ascending } from "../../ledger/orders.ts";
import type { PriceSources } from "../../prices/list/price-days.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type ClosedDay, fetchClosedDay, listClosedDays, openClosedPlace } from "./closed-days.ts";

/** The `usage` table of one day of one gateway. */
export interface UsageSource {
  date: string;
  instance: string;
  /** Writes it to a local file. */
  fetch: (to: string) => Promise<void>;
}

/** The days of a closed month whose tables its close did not keep, such as `2026-09-10 of prod`, in order. */
export interface DoubtfulDays {
  /** Rebuilt from the exports that the close knew. */
  rebuilt: string[];
  /** Taken as they are now, since some exports of the close no longer exist. */
  asNow: string[];
}

/** The days as they are in the lake. */
export function usageNow(lake: ObjectStore, days: readonly DayManifest[]): UsageSource[] {
  return days.map(({ date, instance, usage }) => ({ date, instance, fetch: async (to) => await downloadWritten(lake, usage, to) }));
}

/**
 * The same, but with the days of a closed month as they were closed: without requests that came later, and without days that did not exist then.
 * Ordered by date and gateway. @param today today's prices, for prices that the close did not keep
 */
export async function usageAsClosed(lake: ObjectStore, close: CloseRecord, days: readonly DayManifest[], today: PriceSources): Promise<{ sources: UsageSource[]; doubtful: DoubtfulDays }> {
  const dates = new Set(utcDates(boundMonth(close.month, close.timezone)));
  const place = await openClosedPlace(lake, close, today);
  const closed = listClosedDays(close, days);
  const lost = new Set(closed.filter(({ from }) => from === "lost").map(nameOf));
  const others = days.filter((day) => !dates.has(day.date) || lost.has(nameOf(day)));
  const had = closed.flatMap((day): UsageSource[] => (day.from === "lost" ? [] : [{ date: day.date, instance: day.instance, fetch: async (to) => await fetchClosedDay(place, day, to) }]));
  return {
    sources: [...had, ...usageNow(lake, others)].sort((a, b) => ascending(a.date, b.date) || ascending(a.instance, b.instance)),
    doubtful: { rebuilt: closed.filter(({ from }) => from === "rebuilt").map(nameOf), asNow: [...lost] },
  };
}

function nameOf({ date, instance }: Pick<ClosedDay, "date" | "instance">): string {
  return `${date} of ${instance}`;
}
