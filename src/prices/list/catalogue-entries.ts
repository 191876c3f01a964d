import type { CataloguePrice, CatalogueRate, CatalogueRates } from "../../ledger/gateway/gateway-catalogue.ts";
import { modeOf } from "./catalogue-modes.ts";
import { billionths } from "./exact-rates.ts";
import type { Billed, PriceEntry, PriceTier } from "./price-entry.ts";

/** The kinds of price below 200,000 tokens. The catalogue has one price for images, `image`, which is used for input images. */
const RATES: readonly (readonly [CatalogueRate, Billed])[] = [
  ["input_cache_read", "cached"],
  ["input_cache_write", "cache_write_5m"],
  ["input_cache_write_1h", "cache_write_1h"],
  ["output", "output"],
  ["internal_reasoning", "reasoning"],
  ["image", "image_input"],
  ["web_search", "web_search"],
];
/** The tier begins above this many tokens. Its other prices change in proportion, as in a price list. */
const LONG = 200_000;

/**
 * The price entries of a model: first one for every mode, then one for each known mode. An entry for a mode has the ordinary price for every kind
 * that the mode does not name. Empty without a price of input, which every entry needs.
 * @param match `cost basis/model`
 */
export function listEntries({ rates, modes }: CataloguePrice, match: string): PriceEntry[] {
  const ofModes = [...modes].flatMap(([name, own]): PriceEntry[] => {
    const mode = modeOf(name);
    return mode === undefined ? [] : toEntry({ ...rates, ...own }, match).map((entry) => ({ ...entry, ...mode }));
  });
  return [...toEntry(rates, match), ...ofModes];
}

function toEntry(rates: CatalogueRates, match: string): PriceEntry[] {
  const { input, input_above_200k: longInput, output_above_200k: longOutput } = rates;
  if (input === undefined) return [];
  const tier: PriceTier = { above: LONG, ...(longInput === undefined ? {} : { input: longInput }), ...(longOutput === undefined ? {} : { output: longOutput }) };
  const named = RATES.flatMap(([rate, name]) => (rates[rate] === undefined || (rate === "internal_reasoning" && isFreeReasoning(rates)) ? [] : [[name, rates[rate]] as const]));
  return [{ match, input, ...Object.fromEntries(named), ...(longInput === undefined && longOutput === undefined ? {} : { tiers: [tier] }) }];
}

/** No provider gives reasoning away and charges for output. Catalogues write 0 where reasoning has no price of its own, so that it costs what output costs. */
function isFreeReasoning({ internal_reasoning: reasoning, output }: CatalogueRates): boolean {
  return reasoning !== undefined && billionths(reasoning) === 0n && output !== undefined && billionths(output) > 0n;
}
