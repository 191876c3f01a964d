import { addAssumedBilling } from "../../lake/days/assumed-billing.ts";
import type { PricingOf } from "../../lake/days/day-pricing.ts";
import { isDayFresh, listDays } from "../../lake/days/stale.ts";
import { noteLedger } from "../../lake/ledger-notes.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import { type Month, utcDates } from "../../ledger/months.ts";
import type { DataQuality, UnbuiltDay } from "../sections/quality/data-quality.ts";
import { type FeedingExport, feedsMonth, findIncomplete } from "../sections/quality/feeding-exports.ts";
import type { ReadingNotes } from "../sections/quality/reading-notes.ts";

/** What the state of the ledger says about the quality of a month's data. */
export function readQuality(state: LedgerState, month: Month, exports: readonly FeedingExport[], pricingOf: PricingOf): Omit<DataQuality, "daysWithoutUsage"> {
  const dates = new Set(utcDates(month));
  const days = [...state.days.values()].filter(({ date }) => dates.has(date));
  return {
    ...findIncomplete(exports, month),
    unbuiltDays: findUnbuilt(state, month, pricingOf),
    identifiersUsedAgain: days.reduce((sum, { identifiers_used_again: requests }) => sum + requests, 0),
    assumed: addAssumedBilling(days),
    notes: readNotes(state, month, exports),
  };
}

export function listFeedingExports({ exports }: LedgerState): FeedingExport[] {
  return [...exports.values()].map(({ instance, name, time, damaged, records, landing }) => ({
    instance,
    name,
    time,
    damaged,
    records,
    dates: landing.map(({ date }) => date),
  }));
}

/** Days of the month whose tables are out of date. */
export function findUnbuilt(state: LedgerState, month: Month, pricingOf: PricingOf): UnbuiltDay[] {
  const dates = new Set(utcDates(month));
  return listDays(state)
    .filter((day) => dates.has(day.date) && !isDayFresh(day, state.etags, pricingOf))
    .map(({ date, instance }) => ({ date, instance }));
}

/** Notes on records: quarantine and unknown keys come from every export that feeds the month, everything else from the month's dates only. */
function readNotes({ exports, days }: LedgerState, month: Month, feeding: readonly FeedingExport[]): ReadingNotes {
  const dates = new Set(utcDates(month));
  const feeds = new Set(feeding.filter((one) => feedsMonth(one, month)).map(({ instance, name, time }) => JSON.stringify([instance, name, time])));
  const ofMonth = [...exports.values()]
    .filter(({ instance, name, time }) => feeds.has(JSON.stringify([instance, name, time])))
    .map((one) => ({ ...one, landing: one.landing.filter(({ date }) => dates.has(date)) }));
  return noteLedger(ofMonth, [...days.values()].filter(({ date }) => dates.has(date)));
}
