import { TZDate } from "@date-fns/tz";
import { addDays } from "date-fns/addDays";
import { format } from "date-fns/format";
import { z } from "zod";
import { boundMonth } from "../ledger/months.ts";
import { monthOfFlag } from "./month-of-flag.ts";
import { LedgerError } from "../ledger/errors.ts";

export interface SpanFlags {
  /** `YYYY-MM`, `last` or `this`. */
  month?: string;
  /** First and last day, `YYYY-MM-DD`. */
  from?: string;
  to?: string;
}

/** The span of a call: everything from `from` on and before `to`, at the latest now. */
export interface NamedSpan {
  name: string;
  from: Date;
  to: Date;
}

/** The given month or days, by default the current month. Throws `usage`. */
export function spanOfFlags({ month, from, to }: SpanFlags, timezone: string, now: Date): NamedSpan {
  if (month !== undefined && (from !== undefined || to !== undefined)) throw mistake("--month is given together with --from or --to", "give one or the other");
  if (to !== undefined && from === undefined) throw mistake("--to is given without --from", "give the first day as well");
  const span = from === undefined ? monthOf(month, timezone, now) : daysFrom(from, to, timezone, now);
  if (span.from >= span.to) throw mistake(`${span.name} has no time in it`, "the last day is not before the first");
  return { ...span, to: span.to < now ? span.to : new Date(Math.max(now.getTime(), span.from.getTime())) };
}

function monthOf(month: string | undefined, timezone: string, now: Date): NamedSpan {
  const { name, from, to } = boundMonth(monthOfFlag(month, "this", timezone, now).name, timezone);
  return { name, from, to };
}

function daysFrom(first: string, last: string | undefined, timezone: string, now: Date): NamedSpan {
  const from = startOfDay(first, timezone);
  const end = last === undefined ? new TZDate(now.getTime(), timezone) : startOfDay(last, timezone);
  const until = last === undefined ? end : addDays(end, 1);
  return { name: `${first} to ${format(end, "yyyy-MM-dd")}`, from: new Date(from.getTime()), to: new Date(until.getTime()) };
}

function startOfDay(text: string, timezone: string): TZDate {
  const parsed = z.iso.date().safeParse(text);
  if (!parsed.success) throw mistake(`${JSON.stringify(text)} is not a day`, "write it as year, month and day, for example 2026-10-05");
  const [year = 1970, month = 1, day = 1] = text.split("-").map(Number);
  return new TZDate(year, month - 1, day, timezone);
}

function mistake(message: string, remedy: string): LedgerError {
  return new LedgerError("usage", message, { remedy });
}
