import type { ChargeType } from "../comparison/bill.ts";

/** The meaning of a line item of OpenAI's costs. */
export interface LineItem {
  /** As spelled on the bill; the line item itself where it is not for a model. */
  model: string;
  type: ChargeType;
}

/**
 * The API uses its own names for line items, which its reference does not list (OpenAI, API reference, Costs object: "the line item of
 * the grouped costs result"). Line items for tokens are `gpt-5-mini-2025-08-07, input`, `gpt-5.6-sol, cache writes`,
 * `gpt-image-1 text, cached input`, `priority | gpt-5.6-sol, output, long context`.
 */
const TOKENS = /^(?:priority \| )?([^\s,|]+)(?: (?:text|audio|image))?, (input|cached input|cache writes|output)(?:, long context)?$/i;
/** Cache writes without a duration count as kept for five minutes, as in the ledger. */
const TYPES: ReadonlyMap<string, ChargeType> = new Map([["input", "input"], ["cached input", "cached"], ["cache writes", "cache_write_5m"], ["output", "output"]]);

/**
 * `web search tool calls` and `web search tool calls | gpt-4o`: the name after the bar belongs to a price, which also covers searches of
 * other models (OpenAI, Pricing: gpt-4.1 is reported as gpt-4o), so it does not show which model searched.
 */
const SEARCHES = /^web search tool calls(?: \| [^\s|]+)?$/i;

/** Unknown line items are `other`, and shown as spelled. */
export function readLineItem(item: string): LineItem {
  const spelled = item.trim();
  if (SEARCHES.test(spelled)) return { model: "web_search", type: "web_search" };
  const [, model, what] = TOKENS.exec(spelled) ?? [];
  const type = TYPES.get(what?.toLowerCase() ?? "");
  return model === undefined || type === undefined ? { model: item, type: "other" } : { model, type };
}
