import { z } from "zod";
import { has, keyRules, where } from "./key-rules.ts";
import { date } from "./dated-section.ts";

const CODE = /^[A-Z]{3}$/;

/** Amounts are printed with two decimals. A text that is not a code is reported as a separate mistake. */
function hasTwoDecimals(currency: string): boolean {
  return !CODE.test(currency) || new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits === 2;
}

const code = z
  .string()
  .regex(CODE, "a code of ISO 4217 such as EUR")
  .regex(/^(?!USD$)/, "the book is in US dollars: name another currency")
  .refine(hasTwoDecimals, "amounts are printed with two decimals, and this currency has another number of them");

const perDollar = z
  .string("write it in quotes, so that no digit is lost")
  .regex(/^\d{1,9}(?:\.\d{1,9})?$/, "a decimal with up to nine decimal places")
  .regex(/[1-9]/, "it must be above 0");

const rate = z.strictObject({
  currency: code.meta({ description: "The other currency.", examples: ["EUR"] }),
  from: date.meta({ description: "First day on which it applies.", examples: ["2026-10-30"] }),
  per_usd: perDollar.meta({ description: "Units of the currency for one dollar, in quotes.", examples: ["0.9212"] }),
  source: z.string().trim().min(1, "name the source of the rate").max(200).meta({ description: "Who published it.", examples: ["ECB reference rate"] }),
});

export const currencySection = z
  .strictObject({
    second: code.optional().meta({ description: "Currency in which reports and limits also show amounts.", examples: ["EUR"] }),
    rates: z
      .array(rate)
      .default([])
      .refine((all) => new Set(all.map(({ currency, from }) => `${currency} ${from}`)).size === all.length, "two rates of one currency begin on the same day")
      .describe("Exchange rates. On each day the newest rate that has begun applies."),
  })
  .prefault({})
  .refine(({ second, rates }) => second === undefined || rates.some(({ currency }) => currency === second), { path: ["rates"], message: "rates has no rate for currency.second" })
  .meta(keyRules(where(has("second"), { required: ["rates"], properties: { rates: { minItems: 1 } } })))
  .describe("Currencies other than US dollars. The book itself is kept in US dollars.");
