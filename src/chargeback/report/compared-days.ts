import { TZDate } from "@date-fns/tz";
import { getDate } from "date-fns/getDate";
import { daysOfMonth, type Month } from "../../ledger/months.ts";
import { startOfDay } from "../../ledger/days.ts";

/** Days of a month by their number, both included. */
export interface DaySpan {
  first: number;
  last: number;
}

/** The days of a month that the ledger knows whole. */
export interface KnownDays extends DaySpan {
  /** How many days the month has. */
  of: number;
}

/**
 * What of two months can be compared: `months` where both are known whole, `days` where only some days are known of both, `none` where no day of the
 * month is. Null where not one day is known whole.
 */
export type Comparison = { now: KnownDays | null; before: KnownDays | null } & ({ basis: "months" | "none" } | { basis: "days"; days: DaySpan });

/** Until when, and from when on, the ledger knows usage. */
export interface KnownTime {
  /** The first usage of all. */
  from: Date;
  /** When the newest export was made. */
  to: Date;
}

/** The days that lie whole in what is known; the day of the first usage counts. */
export function knownDays(month: Month, { from, to }: KnownTime): KnownDays | null {
  const days = daysOfMonth(month);
  const ends = days.map((_, index) => (index + 1 < days.length ? startOfDay(days[index + 1] ?? "", month.timezone) : month.to));
  const last = ends.findLastIndex((end) => end <= to) + 1;
  const first = from <= month.from ? 1 : from < month.to ? getDate(new TZDate(from, month.timezone)) : days.length + 1;
  return first > last ? null : { first, last, of: days.length };
}

/** Months that are known whole are compared whole, however long they are; else the days that are known of both. */
export function compareDays(now: KnownDays | null, before: KnownDays | null): Comparison {
  if (now === null || before === null) return { basis: "none", now, before };
  if (isWhole(now) && isWhole(before)) return { basis: "months", now, before };
  const days = { first: Math.max(now.first, before.first), last: Math.min(now.last, before.last) };
  return days.first > days.last ? { basis: "none", now, before } : { basis: "days", days, now, before };
}

function isWhole({ first, last, of }: KnownDays): boolean {
  return first === 1 && last === of;
}
