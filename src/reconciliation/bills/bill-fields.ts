import { z } from "zod";
import type { BillEntry, BillLine } from "../comparison/bill.ts";
import { type Term, TERMS } from "../../ledger/usage/terms.ts";
import { DOLLAR, parseAmount, parseCount } from "../comparison/exact-amount.ts";

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

const DOLLARS = "USD";

const AMOUNT = "decimal amount up to a billion dollars";

/** Schema of an amount in whole units of its currency; gives billionths. */
export const amount = exact((text) => parseAmount(text, DOLLAR), AMOUNT);

/** An amount on a bill, in its currency. */
export type Money = Pick<BillLine, "cost" | "foreign">;

/** @param billionths of the currency. */
export function inCurrency(currency: string, billionths: bigint): Money {
  return currency === DOLLARS ? { cost: billionths } : { cost: null, foreign: { currency, amount: billionths } };
}

export function isDollars(currency: string): boolean {
  return parseCurrency(currency) === DOLLARS;
}

export function notDollars(text: string): string {
  return `the currency is ${JSON.stringify(text.slice(0, 40))}, but the column is in USD`;
}

/** The ISO 4217 code in upper case; undefined for anything else. */
export function parseCurrency(text: string): string | undefined {
  const code = text.trim().toUpperCase();
  return /^[A-Z]{3}$/.test(code) ? code : undefined;
}

/** The currency of an amount. */
export const currency = z.string().transform((text, context) => {
  const code = parseCurrency(text);
  if (code !== undefined) return code;
  context.addIssue({ code: "custom", message: `${JSON.stringify(text.slice(0, 40))} is not a currency: a code of three letters, such as USD` });
  return z.NEVER;
});

/** An object's `amount` in the smallest unit of its `currency`: cents for dollars, whole yen. */
export const moneyInLowestUnit = z.object({ amount: z.string(), currency }).transform(({ amount: text, currency: of }, context): { money: Money } => {
  const billionths = parseAmount(text, lowestUnit(of));
  if (billionths !== undefined) return { money: inCurrency(of, billionths) };
  context.addIssue({ code: "custom", path: ["amount"], message: `${JSON.stringify(text.slice(0, 40))} is not a valid ${AMOUNT}` });
  return z.NEVER;
});

function lowestUnit(of: string): bigint {
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat("en", { style: "currency", currency: of }).resolvedOptions();
  return DOLLAR / 10n ** BigInt(digits);
}

/** RFC 3339, as milliseconds since 1970. */
export const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** Unix seconds, as milliseconds since 1970. */
export const seconds = exact((text) => (/^\d{1,11}$/.test(text) ? BigInt(text) * 1000n : undefined), "time in Unix seconds").transform(Number);

/** The UTC date of an instant. */
export function utcDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/**
 * The terms among the dimensions of a row; without grouping by a term it is null there. OpenAI's reports have `batch` beside the service tier:
 * a batch has its own price, whatever the tier.
 */
export function statedTerms(dimensions: Readonly<Record<string, unknown>>): Pick<BillLine, "terms"> {
  const found: Partial<Record<Term, string>> = {};
  for (const term of TERMS) {
    const value = dimensions[term];
    if (typeof value === "string" && value !== "") found[term] = value;
  }
  if (dimensions["batch"] === true) found.service_tier = "batch";
  return Object.keys(found).length === 0 ? {} : { terms: found };
}

const TERM_GROUPS: ReadonlySet<string> = new Set([...TERMS, "batch"]);

/** The identity of an entry whose lines state their terms, with and without these. */
export function identify(dimensions: Readonly<Record<string, unknown>>): Required<Pick<BillEntry, "dimensions" | "withoutTerms">> {
  const others = Object.fromEntries(Object.entries(dimensions).filter(([name]) => !TERM_GROUPS.has(name)));
  return { dimensions: describeDimensions(dimensions), withoutTerms: describeDimensions(others) };
}

/** The identity of an entry: everything but its figures. */
export function describeDimensions(dimensions: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(dimensions).filter(([, value]) => value !== undefined && value !== null && value !== ""));
}
