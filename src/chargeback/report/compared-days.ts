import { TZDate } from "@date-fns/tz";
import { getDate } from "date-fns/getDate";
import { daysOfMonth, type Month } from "../../ledger/months.ts";
import { startOfDay } from "../../ledger/days.ts";

/** Days of a month by their number, both included. */
export interface DaySpan {
  first: number;
  last: number;
}

/** The completely known days of a month. */
export interface KnownDays extends DaySpan {
  /** How many days the month has. */
  of: number;
}

/**
 * Which parts of two months can be compared: `months` where both are complete, otherwise `days`, the complete days that both have, and `none` where
 * there are no such days. `now` and `before` are null where no day is complete. `isForgotten`: days would be compared, but the month before is
 * closed and its days as of the close are no longer known.
 */
export type Comparison = { now: KnownDays | null; before: KnownDays | null } & ({ basis: "months" } | { basis: "none"; isForgotten?: true } | { basis: "days"; days: DaySpan });

/** Until when, and from when on, the ledger knows usage. */
export interface KnownTime {
  /** The time of the first usage in the ledger. */
  from: Date;
  /** When the newest export was made. */
  to: Date;
}

/** The completely known days; the day of the first usage counts. */
export function knownDays(month: Month, { from, to }: KnownTime): KnownDays | null {
  const days = daysOfMonth(month);
  const ends = days.map((_, index) => (index + 1 < days.length ? startOfDay(days[index + 1] ?? "", month.timezone) : month.to));
  const last = ends.findLastIndex((end) => end <= to) + 1;
  const first = from <= month.from ? 1 : from < month.to ? getDate(new TZDate(from, month.timezone)) : days.length + 1;
  return first > last ? null : { first, last, of: days.length };
}

/** Completely known months are compared as a whole, whatever their lengths; otherwise the days that are known in both. */
export function compareDays(now: KnownDays | null, before: KnownDays | null): Comparison {
  if (now === null || before === null) return { basis: "none", now, before };
  if (isWhole(now) && isWhole(before)) return { basis: "months", now, before };
  const days = { first: Math.max(now.first, before.first), last: Math.min(now.last, before.last) };
  return days.first > days.last ? { basis: "none", now, before } : { basis: "days", days, now, before };
}

function isWhole({ first, last, of }: KnownDays): boolean {
  return first === 1 && last === of;
}
