import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { subMonths } from "date-fns/subMonths";
import { LedgerError } from "../ledger/errors.ts";
import { boundMonth, monthsOfDate } from "../ledger/months.ts";

/** Months that are named by the time of the call. */
const WORDS = { last: "the last complete month", this: "this month, which is not over" } as const;
type MonthWord = keyof typeof WORDS;

export interface MonthOfFlag {
  /** `YYYY-MM` */
  name: string;
  /** A line that says which month the call is about; empty where the call names it. */
  said: string[];
}

/**
 * The month of `--month last`, `this` or `YYYY-MM`, in a time zone. Throws `usage` for anything else.
 * @param usual the month without the flag
 */
export function monthOfFlag(flag: string | undefined, usual: MonthWord, timezone: string, now: Date): MonthOfFlag {
  const wanted = flag ?? usual;
  if (!isWord(wanted)) return { name: checkMonth(wanted, timezone), said: [] };
  const name = monthAt(wanted, timezone, now);
  return { name, said: [`month        ${name}, ${WORDS[wanted]} in ${timezone}`] };
}

/** Names the month in the state of a month that `chargeback diff` takes: `last@closed` becomes `2026-09@closed`. */
export function monthOfState(state: string, timezone: string, now: Date): string {
  const [month = "", ...view] = state.split("@");
  return [isWord(month) ? monthAt(month, timezone, now) : month, ...view].join("@");
}

/**
 * The month that a report is most useful for: the last complete one, or where the ledger has no day of it, the last one that it has.
 * @param dates UTC dates with usage, `YYYY-MM-DD`, in any order
 */
export function monthToReport(dates: readonly string[], timezone: string, now: Date): string | undefined {
  const months = dates.flatMap((date) => monthsOfDate(date, timezone)).toSorted();
  const last = monthAt("last", timezone, now);
  return months.includes(last) ? last : months.at(-1);
}

function isWord(text: string): text is MonthWord {
  return Object.hasOwn(WORDS, text);
}

function monthAt(word: MonthWord, timezone: string, now: Date): string {
  const today = new TZDate(now.getTime(), timezone);
  return format(word === "this" ? today : subMonths(today, 1), "yyyy-MM");
}

function checkMonth(name: string, timezone: string): string {
  try {
    return boundMonth(name, timezone).name;
  } catch (cause) {
    throw new LedgerError("usage", `--month ${JSON.stringify(name)} is not a month`, { remedy: "write it as year and month, for example 2026-10, or last or this", cause });
  }
}
