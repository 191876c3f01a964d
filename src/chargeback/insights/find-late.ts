import { DAY_MS } from "../../ledger/durations.ts";
import { type FeedingExport, TRAILING_MS } from "../report/data-quality.ts";
import { type Month, utcDates } from "../../ledger/months.ts";

/** Exports that hold a date of the month that was over for more than two days when they were made, in order of instance and name. */
export function findLate(exports: readonly FeedingExport[], month: Month): FeedingExport[] {
  const dates = new Set(utcDates(month));
  return exports
    .filter(({ time, dates: held }) => held.some((date) => dates.has(date) && Date.parse(time) > Date.parse(date) + DAY_MS + TRAILING_MS))
    .sort((a, b) => (`${a.instance}\0${a.name}` < `${b.instance}\0${b.name}` ? -1 : 1));
}
