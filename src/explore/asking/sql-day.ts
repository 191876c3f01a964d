import { DAY_MS } from "../../ledger/durations.ts";
import { addDays, daysBetween, startOfDay } from "../../ledger/days.ts";
import type { DaySpan } from "../question/question.ts";

/** The days of a span, in order. */
export function daysOf({ from, to }: DaySpan): string[] {
  return daysBetween(from, addDays(to, 1));
}

/** The first instant of a span, and the first one after it. */
export function boundsOf({ from, to }: DaySpan, timezone: string): { from: Date; to: Date } {
  return { from: startOfDay(from, timezone), to: startOfDay(addDays(to, 1), timezone) };
}

/**
 * SQL of the index, from 0, of the day that an instant of the span belongs to. Days of 24 hours in a row are counted by a division, because a
 * comparison for each day would be slow.
 * @param time SQL of an instant that is not before the span
 */
export function sqlDay(time: string, span: DaySpan, timezone: string): string {
  const starts = daysOf(span).map((day) => startOfDay(day, timezone).getTime());
  const runs: { index: number; start: number; days: number }[] = [];
  for (const [index, start] of starts.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && start === last.start + last.days * DAY_MS) last.days++;
    else runs.push({ index, start, days: 1 });
  }
  const indexIn = ({ index, start, days }: (typeof runs)[number]): string => `${String(index)} + least((epoch_ms(${time}) - ${String(start)}) // ${String(DAY_MS)}, ${String(days - 1)})`;
  const [first, ...later] = runs;
  if (first === undefined) return "0";
  return `(CASE ${later.toReversed().map((run) => `WHEN epoch_ms(${time}) >= ${String(run.start)} THEN ${indexIn(run)}`).join(" ")} ${later.length === 0 ? "WHEN true THEN" : "ELSE"} ${indexIn(first)} END)::INTEGER`;
}
