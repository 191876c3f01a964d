import type { ModelCostRule } from "./gateway-providers.ts";

/** The kinds of price of a gateway's catalogue, by their names in Aperture's API. */
export const CATALOGUE_RATES = [
  "input",
  "input_above_200k",
  "input_cache_read",
  "input_cache_write",
  "input_cache_write_1h",
  "output",
  "output_above_200k",
  "internal_reasoning",
  "image",
  "web_search",
] as const;
export type CatalogueRate = (typeof CATALOGUE_RATES)[number];

/** US dollars per million tokens, or per search: decimal texts of up to nine places. */
export type CatalogueRates = { readonly [Rate in CatalogueRate]?: string | undefined };

export interface CataloguePrice {
  rates: CatalogueRates;
  /** The rates of each request mode that differ from the ordinary rates. */
  modes: ReadonlyMap<string, CatalogueRates>;
}

/**
 * Where prices come from: the gateway's price catalogue, its list of models, or its list of providers. The lists have one price for each
 * model of a provider, without modes.
 */
export const CATALOGUE_SOURCES = ["pricing", "models", "providers"] as const;
export type CatalogueSource = (typeof CATALOGUE_SOURCES)[number];

/** How the gateway says that a provider's models are priced. */
export interface CatalogueProvider {
  costBasis?: string | undefined;
  modelCostMap: readonly ModelCostRule[];
}

/** The prices a gateway calculates with. */
export interface GatewayCatalogue {
  source: CatalogueSource;
  /** By cost basis, then by the name of the model. Prices of a list of models are under the provider's name. */
  prices: ReadonlyMap<string, ReadonlyMap<string, CataloguePrice>>;
  providers: ReadonlyMap<string, CatalogueProvider>;
}
