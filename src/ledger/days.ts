import { TZDate } from "@date-fns/tz";
import { DAY_MS } from "./durations.ts";

/** `YYYY-MM-DD` that an instant belongs to in a time zone. */
export function dayOf(instant: Date, timezone: string): string {
  const local = new TZDate(instant.getTime(), timezone);
  if (Number.isNaN(local.getTime())) throw new RangeError("Invalid time value");
  // The verifier starts in half the time without the formats of date-fns, which load their locale.
  return [String(local.getFullYear()).padStart(4, "0"), ...[local.getMonth() + 1, local.getDate()].map((part) => String(part).padStart(2, "0"))].join("-");
}

/** The first moment of a day: where the clocks skip its midnight the first instant after it, where they show it twice the first. */
export function startOfDay(day: string, timezone: string): Date {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(new TZDate(year, month - 1, date, timezone).getTime());
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

/** 0 is Monday, 6 is Sunday. */
export function weekdayOf(day: string): number {
  return (new Date(day).getUTCDay() + 6) % 7;
}

/** From `from` on and before `to`, in order. */
export function daysBetween(from: string, to: string): string[] {
  const count = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS));
  return Array.from({ length: count }, (_, index) => addDays(from, index));
}
