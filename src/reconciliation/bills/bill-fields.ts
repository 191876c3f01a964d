import { z } from "zod";
import type { Nanodollars } from "../../ledger/money.ts";
import { parseAmount, parseCount } from "../comparison/exact-amount.ts";

/** The numbers of a bill are texts here: `read-json.ts` keeps their digits. */
function exact(parse: (text: string) => bigint | undefined, what: string) {
  return z.string().transform((text, context) => {
    const found = parse(text);
    if (found !== undefined) return found;
    context.addIssue({ code: "custom", message: `${JSON.stringify(text.slice(0, 40))} is not a valid ${what}` });
    return z.NEVER;
  });
}

export const count = exact(parseCount, "whole number up to 10^15");

/** Schema of a decimal amount of a bill; gives nanodollars. @param unit how many nanodollars 1 is worth in this bill, for example `CENT`. */
export function amount(unit: Nanodollars) {
  return exact((text) => parseAmount(text, unit), "decimal amount up to a billion dollars");
}

export function isDollars(currency: string): boolean {
  return currency.trim().toUpperCase() === "USD";
}

export function notDollars(currency: string): string {
  return `the currency is ${JSON.stringify(currency.slice(0, 40))}: only bills in USD can be compared`;
}

/** The currency of an amount. */
export const dollarsOnly = z.string().refine(isDollars, { error: ({ input }) => notDollars(String(input)) });

/** RFC 3339, as milliseconds since 1970. */
export const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** Unix seconds, as milliseconds since 1970. */
export const seconds = exact((text) => (/^\d{1,11}$/.test(text) ? BigInt(text) * 1000n : undefined), "time in Unix seconds").transform(Number);

/** The UTC date of an instant. */
export function utcDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** The identity of an entry: everything but its figures. */
export function describeDimensions(dimensions: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(dimensions).filter(([, value]) => value !== undefined && value !== null && value !== ""));
}
