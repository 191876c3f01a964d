import { addDays } from "../../ledger/days.ts";
import type { DaySpan, Question } from "./question.ts";

/** The days of a question on a day. @param today `YYYY-MM-DD` in the time zone of the question */
export function resolveSpan(span: Question["span"], today: string): DaySpan {
  if (typeof span === "object") return span;
  if (span === "30_days") return { from: addDays(today, -29), to: today };
  if (span === "this_month") return { from: firstOfMonth(today), to: today };
  const last = addDays(firstOfMonth(today), -1);
  return { from: firstOfMonth(last), to: last };
}

function firstOfMonth(day: string): string {
  return `${day.slice(0, 7)}-01`;
}
