import { z } from "zod";
import { countsSection } from "./counts-section.ts";

const MOST_DOLLARS = 1_000_000;
const MOST_PER_SEARCH = 1000;
const MOST_ADJUSTMENT = 1000;
const DECIMAL = /^\d{1,7}(?:\.\d{1,9})?$/;

/** An exact decimal: a number, or its text where YAML's numbers would not do. It stays what it is: the section is parsed twice. */
function amount(most: number) {
  const range = `from 0 to ${String(most)}, with up to 9 decimal places`;
  return z.union(
    [
      z.number().min(0).max(most).refine((value) => Number(value.toFixed(9)) === value, range),
      z.string().refine((text) => DECIMAL.test(text) && Number(text) <= most, range),
    ],
    `a decimal number ${range}`,
  );
}

const perMillion = amount(MOST_DOLLARS).describe("US dollars per million tokens");

const rates = {
  output: perMillion.optional(),
  cached: perMillion.optional().describe("read from the provider's cache; else as input"),
  cache_write_5m: perMillion.optional().describe("else as input"),
  cache_write_1h: perMillion.optional().describe("else as input"),
  reasoning: perMillion.optional().describe("else as output"),
  image_input: perMillion.optional().describe("else as input"),
  image_output: perMillion.optional().describe("else as output"),
};

const tier = z.strictObject({
  above: z.int().min(1).describe("applies to requests with more tokens than this on their input side"),
  input: perMillion.optional(),
  ...rates,
});

const priceEntry = z.strictObject({
  match: z.string().min(1).describe("pattern over provider/model, or over the model alone"),
  from: z.iso.date().optional().describe("first day of the price, in the configured time zone; always in force without it"),
  input: perMillion,
  ...rates,
  web_search: amount(MOST_PER_SEARCH).optional().describe("US dollars per web search"),
  adjustment: amount(MOST_ADJUSTMENT).optional().describe("factor on all of the entry's prices: 1"),
  billing: z.literal("self_hosted").optional().describe("an internal price: nobody sends a bill for it"),
  counts: countsSection.optional(),
  tiers: z
    .array(tier)
    .optional()
    .refine((all = []) => new Set(all.map(({ above }) => above)).size === all.length, "two tiers begin at the same size")
    .describe("prices above a context size, for the whole request"),
});

/** In order: the first pattern that matches decides, and of its entries the one that is in force. */
export const priceEntries = z.array(priceEntry);

export const pricesSection = z
  .union([z.string().min(1), priceEntries])
  .optional()
  .describe("prices of what the gateway had no estimate for: a list, or where a YAML or JSON file with one is");
