import { type FeedingExport, findIncomplete } from "../../chargeback/sections/quality/feeding-exports.ts";
import type { PricingOf } from "../../lake/days/day-pricing.ts";
import { isDayFresh, listDays } from "../../lake/days/stale.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import { type Month, utcDate, utcDates } from "../../ledger/months.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Gaps } from "../comparison/find-causes.ts";

/** What is missing in the ledger on each UTC day of a month, in words: days without usage, damaged exports, quarantine, stale days. */
export function findGaps(state: LedgerState, month: Month, pricingOf: PricingOf): Gaps {
  const gaps = new Map<string, string[]>();
  const note = (date: string, what: string): void => void gaps.set(date, [...(gaps.get(date) ?? []), what]);
  const exports = [...state.exports.values()].map(({ instance, name, time, damaged, records, landing }): FeedingExport => ({ instance, name, time, damaged, records, dates: landing.map(({ date }) => date) }));
  const { damaged, quarantined } = findIncomplete(exports, month);
  for (const one of damaged) for (const date of datesOf(one)) note(date, `${visibleText(one.name)} is damaged`);
  for (const one of quarantined) for (const date of datesOf(one)) note(date, `${String(one.records.quarantined)} records of ${visibleText(one.name)} are in quarantine`);
  for (const { date, instance, ...day } of listDays(state)) {
    if (!isDayFresh({ date, instance, ...day }, state.etags, pricingOf)) note(date, `the day of ${instance} is not built from all of its exports`);
  }
  const built = new Set([...state.days.values()].map(({ date }) => date));
  for (const date of utcDates(month)) if (!built.has(date)) note(date, "no gateway has usage on that day");
  return gaps;
}

/** The days of an export's records, and the day on which it was made: lost records are usually from shortly before. */
function datesOf({ dates, time }: FeedingExport): Set<string> {
  return new Set([...dates, utcDate(new Date(time))]);
}
