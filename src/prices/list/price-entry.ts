/** Dollars, or a factor: a number, or a decimal text of up to nine places. */
export type Amount = number | string;

/** What a request is billed for, each with a price of its own; `web_search` is priced per search, the others per million tokens. */
export const BILLED = [
  "input",
  "cached",
  "cache_write_5m",
  "cache_write_1h",
  "image_input",
  "output",
  "reasoning",
  "image_output",
  "web_search",
] as const;
export type Billed = (typeof BILLED)[number];

/** Prices as they are written down; what is missing may have a price to fall back on. */
export type WrittenPrices = { readonly [Name in Billed]?: Amount | undefined };

export interface PriceTier extends WrittenPrices {
  /** Tokens on the input side that a request has to exceed. */
  above: number;
}

/** What may be counted within another count of a request, or beside it. */
export const COUNTED_PARTS = ["cached", "cache_writes", "image_input", "reasoning", "image_output"] as const;
export type CountedPart = (typeof COUNTED_PARTS)[number];

/** `within`: part of `input_tokens` or `output_tokens`, whichever side it is on. `beside`: counted in addition to it. */
export type DeclaredCounts = { readonly [Part in CountedPart]?: "within" | "beside" | undefined };

/** One entry of the price list. */
export interface PriceEntry extends WrittenPrices {
  /** Pattern over `provider/model`, or over the model alone. */
  match: string;
  /** `YYYY-MM-DD`, in the configured time zone; always in force without it. */
  from?: string | undefined;
  input: Amount;
  /** On all prices; 1 without it. */
  adjustment?: Amount | undefined;
  billing?: "self_hosted" | undefined;
  /** What the counts of its requests include, where that is not as the built-in table has it. */
  counts?: DeclaredCounts | undefined;
  tiers?: readonly PriceTier[] | undefined;
}
