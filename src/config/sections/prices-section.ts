import { z } from "zod";
import type { Term } from "../../ledger/usage/terms.ts";
import { countsSection } from "./counts-section.ts";

const MOST_DOLLARS = 1_000_000;
const MOST_PER_SEARCH = 1000;
const MOST_ADJUSTMENT = 1000;
const DECIMAL = /^\d{1,7}(?:\.\d{1,9})?$/;

/** An exact decimal: a number, or a text where YAML's numbers are not exact enough. Keeps its input type, since the section is parsed twice. */
function amount(most: number) {
  const range = `from 0 to ${String(most)}, with up to 9 decimal places`;
  return z.union(
    [
      z.number().min(0).max(most).refine((value) => Number(value.toFixed(9)) === value, range),
      z.string().regex(DECIMAL, range).refine((text) => Number(text) <= most, range),
    ],
    `a decimal number ${range}`,
  );
}

const perMillion = amount(MOST_DOLLARS);

/** @param like how a price that is not named relates to the one of input or output */
function rates(like: "as" | "in proportion to") {
  return {
    output: perMillion.optional().meta({ description: "US dollars per million output tokens.", examples: [15] }),
    cached: perMillion.optional().meta({ description: `US dollars per million tokens read from the provider's cache. Without it: ${like} input.`, examples: [0.3] }),
    cache_write_5m: perMillion.optional().meta({ description: `US dollars per million tokens written to a cache of 5 minutes. Without it: ${like} input.`, examples: [3.75] }),
    cache_write_1h: perMillion.optional().meta({ description: `US dollars per million tokens written to a cache of 1 hour. Without it: ${like} input.`, examples: [6] }),
    reasoning: perMillion.optional().meta({ description: `US dollars per million reasoning tokens. Without it: ${like} output.`, examples: [15] }),
    image_input: perMillion.optional().meta({ description: `US dollars per million tokens of images that go in. Without it: ${like} input.`, examples: [3] }),
    image_output: perMillion.optional().meta({ description: `US dollars per million tokens of images that come out. Without it: ${like} output.`, examples: [30] }),
  };
}

const tier = z.strictObject({
  above: z.int().min(1).meta({ description: "The tier applies to requests with more tokens than this on their input side.", examples: [200000] }),
  input: perMillion.optional().meta({ description: "US dollars per million input tokens. Without it: the price below the tier.", examples: [6] }),
  ...rates("in proportion to"),
});

const term = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "a word from the provider's answers: letters, digits, _ . -");

/** An entry that names terms is only for requests that have them, and then overrides entries that name fewer. */
const terms = {
  service_tier: term.optional().meta({ description: "Only for requests of this service tier, exactly as `usage.service_tier` of the provider's answers has it.", examples: ["batch"] }),
  speed: term.optional().meta({ description: "Only for requests of this speed, as `usage.speed` of the answers has it.", examples: ["fast"] }),
  inference_geo: term.optional().meta({ description: "Only for requests that ran there, as `usage.inference_geo` of the answers has it.", examples: ["us"] }),
} satisfies Record<Term, unknown>;

const priceEntry = z.strictObject({
  match: z.string().min(1).meta({ description: "A pattern that matches `provider/model`, or the model alone.", examples: ["claude-sonnet-*"] }),
  from: z.iso.date().optional().meta({ description: "First day of the price, in the configured time zone. Without it the price always applies.", examples: ["2026-10-01"] }),
  ...terms,
  input: perMillion.meta({ description: "US dollars per million input tokens.", examples: [3] }),
  ...rates("as"),
  web_search: amount(MOST_PER_SEARCH).optional().meta({ description: "US dollars per web search.", examples: [0.01] }),
  adjustment: amount(MOST_ADJUSTMENT).optional().meta({ description: "Factor on all prices of the entry, those of tiers and searches included. Without it: 1.", examples: [0.9] }),
  billing: z.literal("self_hosted").optional().describe("Marks an internal price: no provider sends a bill for it."),
  counts: countsSection.optional(),
  tiers: z
    .array(tier)
    .optional()
    .refine((all = []) => new Set(all.map(({ above }) => above)).size === all.length, "two tiers begin at the same size")
    .describe("Prices above a context size, for the whole request: see [long prompts](prices.md#long-prompts)."),
});

/** In order: the first pattern that matches decides, and of its entries the one that is in force. */
export const priceEntries = z.array(priceEntry);

export const pricesSection = z
  .union([z.string().min(1), priceEntries])
  .optional()
  .meta({ description: "Prices of requests that the gateway had no estimate for: a list, or the place of a YAML or JSON file that holds one. The first entry whose pattern matches decides.", examples: ["file:///etc/aperture/prices.yaml"] });
