import { type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import type { Terms } from "../../ledger/usage/terms.ts";
import type { ListValueBilling } from "../../ledger/usage/usage-record.ts";
import { TOKEN_TYPES, type TokenType } from "./bill.ts";

export type Counts = Readonly<Record<TokenType, bigint>>;

/** A cost by type; `unsplit` is the part that no price divides. The parts add up to the cost. */
export type SplitCost = Readonly<Record<TokenType | "unsplit", Nanodollars>>;

/** Requests of a quarter of an hour. */
export interface SlotUsage {
  /** Start of the quarter of an hour, in milliseconds since 1970. */
  slot: number;
  instance: string;
  /** The provider that bills it. */
  provider: string;
  /** As in the `usage` table. */
  recordedProvider: string;
  model: string;
  billing: "metered" | ListValueBilling;
  requests: bigint;
  /** Requests with tokens but without a price. */
  unpriced: bigint;
  terms: Terms;
  counts: Counts;
  cost: Nanodollars;
  split: SplitCost;
}

export const NO_COUNTS: Counts = { input: 0n, cached: 0n, cache_write_5m: 0n, cache_write_1h: 0n, output: 0n, web_search: 0n };
export const NO_COST: SplitCost = { ...NO_COUNTS, unsplit: 0n };

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    input: a.input + b.input,
    cached: a.cached + b.cached,
    cache_write_5m: a.cache_write_5m + b.cache_write_5m,
    cache_write_1h: a.cache_write_1h + b.cache_write_1h,
    output: a.output + b.output,
    web_search: a.web_search + b.web_search,
  };
}

export function addSplit(a: SplitCost, b: SplitCost): SplitCost {
  return { ...addCounts(a, b), unsplit: a.unsplit + b.unsplit };
}

/** A bill that does not count cached tokens or cache writes separately includes them in its input. */
export function foldTypes(figures: Counts, told: ReadonlySet<TokenType>): Counts {
  const folded = (["cached", "cache_write_5m", "cache_write_1h"] as const).filter((type) => !told.has(type));
  return { ...figures, input: folded.reduce((all, type) => all + figures[type], figures.input) };
}

/**
 * Divides a cost in proportion to the list costs of its types, exact to the nanodollar.
 * @param weights null where no list has a price; all 0 counts as null.
 */
export function splitCost(cost: Nanodollars, weights: Counts | null): SplitCost {
  if (weights === null || TOKEN_TYPES.every((type) => weights[type] <= 0n)) return { ...NO_COST, unsplit: cost };
  const parts = splitByLargestRemainder(cost, TOKEN_TYPES.map((type) => ({ name: type, weight: weights[type] })));
  const [input = 0n, cached = 0n, cache_write_5m = 0n, cache_write_1h = 0n, output = 0n, web_search = 0n] = parts;
  return { input, cached, cache_write_5m, cache_write_1h, output, web_search, unsplit: 0n };
}
