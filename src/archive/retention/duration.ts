import { TZDate } from "@date-fns/tz";
import { add } from "date-fns/add";

/** A calendar span. */
export interface Duration {
  /** The configured text: `7 years`. */
  text: string;
  count: number;
  unit: "days" | "months" | "years";
}

/** Parses `90 days`, `18 months`, `7 years`; undefined if the text is not a duration. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^([1-9]\d{0,4}) (day|month|year)s?$/.exec(text);
  if (match === null) return undefined;
  return { text, count: Number(match[1]), unit: match[2] === "day" ? "days" : match[2] === "month" ? "months" : "years" };
}

/** Adds in the UTC calendar: a month after 31 January is the last day of February. */
export function addDuration(start: Date, { count, unit }: Duration): Date {
  return new Date(add(new TZDate(start.getTime(), "UTC"), { [unit]: count }).getTime());
}
