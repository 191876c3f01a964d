import { z } from "zod";
import { type ErrorCode, LedgerError } from "./errors.ts";
import { type Nanodollars, parseDollars } from "./money.ts";

/**
 * Money is read here, so that no caller has to decide what an unreadable amount counts as: it is an error, never 0.
 */

const DECIMAL = "a decimal with up to nine decimal places";

/** A decimal text in a document or in a row of a query, as a whole number of billionths: dollars become nanodollars. */
export const billionths = z.string().transform((text, context): Nanodollars => {
  const amount = parseDollars(text);
  if (amount !== undefined) return amount;
  context.addIssue({ code: "custom", message: `${JSON.stringify(text)} is not ${DECIMAL}` });
  return z.NEVER;
});

/** Dollars in a document whose digest covers its text: checked when it is read, but kept as text. */
export const dollarsText = z.string().refine((text) => parseDollars(text) !== undefined, `not ${DECIMAL}`);

export interface AmountOrigin {
  /** Precedes the value in the message: `the total of 2026-10-05 of prod`. */
  what: string;
  code: ErrorCode;
  remedy: string;
}

/** Nanodollars of a text of dollars. Throws an error that names the amount and its value where the text cannot be read. */
export function requireDollars(text: string, { what, code, remedy }: AmountOrigin): Nanodollars {
  const amount = parseDollars(text);
  if (amount !== undefined) return amount;
  throw new LedgerError(code, `${what} is ${JSON.stringify(text.slice(0, 80))}, which is not ${DECIMAL}`, { remedy });
}
