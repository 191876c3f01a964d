import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { getDaysInMonth } from "date-fns/getDaysInMonth";
import { DAY_MS } from "./durations.ts";
import { LedgerError } from "./errors.ts";

const MONTH = /^([1-9]\d{3})-(0[1-9]|1[0-2])$/;

/** A calendar month in a time zone: everything from `from` on and before `to`. */
export interface Month {
  /** `YYYY-MM` */
  name: string;
  /** IANA name. */
  timezone: string;
  from: Date;
  to: Date;
}

/**
 * @param name `YYYY-MM`
 * Where the clocks skip the month's first midnight it begins with the first instant after it; where they show it
 * twice, with the first of the two. Throws `usage` when the name is not a month.
 */
export function boundMonth(name: string, timezone: string): Month {
  const match = MONTH.exec(name);
  if (match === null) {
    throw new LedgerError("usage", `${JSON.stringify(name)} is not a month`, {
      remedy: "write it as year and month, for example 2026-10",
    });
  }
  const [year, index] = [Number(match[1]), Number(match[2]) - 1];
  // Not the start plus a month: a start that the clocks moved to 01:00 would take the end along.
  const startOf = (monthIndex: number): Date => new Date(new TZDate(year, monthIndex, 1, timezone).getTime());
  return { name, timezone, from: startOf(index), to: startOf(index + 1) };
}

/** `YYYY-MM` of the month after one. */
export function monthAfter(name: string): string {
  return boundMonth(name, "UTC").to.toISOString().slice(0, 7);
}

/** UTC dates (`YYYY-MM-DD`) that have at least one instant in the month, in order. */
export function utcDates({ from, to }: Month): string[] {
  const dates: string[] = [];
  for (let day = Math.floor(from.getTime() / DAY_MS) * DAY_MS; day < to.getTime(); day += DAY_MS) {
    dates.push(utcDate(new Date(day)));
  }
  return dates;
}

/** `YYYY-MM` of the month or, at its turn, the two months that a UTC date belongs to in a time zone. */
export function monthsOfDate(date: string, timezone: string): string[] {
  const start = Date.parse(date);
  const months = [start, start + DAY_MS - 1].map((instant) => monthAt(new Date(instant), timezone));
  return [...new Set(months)];
}

/** `YYYY-MM` of the month that an instant belongs to in a time zone. */
export function monthAt(instant: Date, timezone: string): string {
  return format(new TZDate(instant.getTime(), timezone), "yyyy-MM");
}

export function utcDate(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

/** The month's own days (`YYYY-MM-DD`), in order. */
export function daysOfMonth({ name, timezone, from }: Month): string[] {
  const count = getDaysInMonth(new TZDate(from, timezone));
  return Array.from({ length: count }, (_, index) => `${name}-${String(index + 1).padStart(2, "0")}`);
}

/** The days of the month without any of the instants, in order. */
export function daysWithout(instants: readonly Date[], month: Month): string[] {
  const seen = new Set(instants.map((instant) => format(new TZDate(instant, month.timezone), "yyyy-MM-dd")));
  return daysOfMonth(month).filter((day) => !seen.has(day));
}

/** `October 2026` */
export function monthTitle({ from, timezone }: Pick<Month, "from" | "timezone">): string {
  return format(new TZDate(from, timezone), "MMMM yyyy");
}

/** The error for a month without usage. @param because possible reasons, such as a damaged export, or empty. */
export function monthEmpty({ name, timezone }: Pick<Month, "name" | "timezone">, { url }: { url: string }, because = "", remedy = BRING_IN): LedgerError {
  return new LedgerError("month_empty", `there is no usage in ${name} (${timezone}) in ${url}${because === "" ? "" : `: ${because}`}`, { remedy });
}

const BRING_IN = "ingest that month's exports with aperture-ledger run, or ask for a month that aperture-ledger status shows";
