import { type Term, TERMS } from "../../ledger/usage/terms.ts";

/** Dollars, or a factor: a number, or a decimal text of up to nine places. */
export type Amount = number | string;

/** The billed counts of a request, each with its own price: `web_search` per search, the others per million tokens. */
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

/** Prices as they are written; a missing price may fall back to another. */
export type WrittenPrices = { readonly [Name in Billed]?: Amount | undefined };

export interface PriceTier extends WrittenPrices {
  /** The tier applies to requests with more input-side tokens than this. */
  above: number;
}

/** Counts that may be part of another count of a request, or separate from it. */
export const COUNTED_PARTS = ["cached", "cache_writes", "image_input", "reasoning", "image_output"] as const;
export type CountedPart = (typeof COUNTED_PARTS)[number];

/** `within`: part of `input_tokens` or `output_tokens`, depending on its side. `beside`: counted in addition to it. */
export type DeclaredCounts = { readonly [Part in CountedPart]?: "within" | "beside" | undefined };

/** The exact terms of the requests that an entry is for; a term that is not named may be any. */
export type WantedTerms = { readonly [Name in Term]?: string | undefined };

/** One entry of the price list. */
export interface PriceEntry extends WrittenPrices, WantedTerms {
  /** Pattern over `provider/model`, or over the model alone. */
  match: string;
  /** `YYYY-MM-DD`, in the configured time zone; always in force without it. */
  from?: string | undefined;
  input: Amount;
  /** Factor on all prices; 1 by default. */
  adjustment?: Amount | undefined;
  billing?: "self_hosted" | undefined;
  /** What the counts of its requests include, where that differs from the built-in table. */
  counts?: DeclaredCounts | undefined;
  tiers?: readonly PriceTier[] | undefined;
}

/** The terms that an entry names, in their order: `service_tier batch`. */
export function listWanted(wanted: WantedTerms): string[] {
  return TERMS.flatMap((term) => (wanted[term] === undefined ? [] : [`${term} ${wanted[term]}`]));
}

/** The pattern of an entry, its first day and its terms: `claude-* from 2026-10-01, service_tier batch`. */
export function nameEntry({ match, from, ...wanted }: { match: string; from?: string | undefined } & WantedTerms): string {
  return [from === undefined ? match : `${match} from ${from}`, ...listWanted(wanted)].join(", ");
}
