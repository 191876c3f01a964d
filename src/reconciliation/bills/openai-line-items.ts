import type { ChargeType } from "../comparison/bill.ts";

/** What a line item of OpenAI's costs is for. */
export interface LineItem {
  /** As it is spelled; of what is for no model the line item itself. */
  model: string;
  type: ChargeType;
}

/**
 * The API names line items in words of its own, which its reference does not list (OpenAI, API reference, Costs object: "the line item of
 * the grouped costs result"). Of tokens they are `gpt-5-mini-2025-08-07, input`, `gpt-5.6-sol, cache writes`,
 * `gpt-image-1 text, cached input`, `priority | gpt-5.6-sol, output, long context`.
 */
const TOKENS = /^(?:priority \| )?([^\s,|]+)(?: (?:text|audio|image))?, (input|cached input|cache writes|output)(?:, long context)?$/i;
/** Writes that are not told apart by how long they are kept are kept for five minutes, as in the ledger. */
const TYPES: ReadonlyMap<string, ChargeType> = new Map([["input", "input"], ["cached input", "cached"], ["cache writes", "cache_write_5m"], ["output", "output"]]);

/**
 * `web search tool calls` and `web search tool calls | gpt-4o`: the name behind it is that of a price, under which searches of other models
 * are billed as well (OpenAI, Pricing: gpt-4.1 is reported as gpt-4o), so that it says of no model that it searched.
 */
const SEARCHES = /^web search tool calls(?: \| [^\s|]+)?$/i;

/** What is not known here is `other`, and shown as it is spelled. */
export function readLineItem(item: string): LineItem {
  const spelled = item.trim();
  if (SEARCHES.test(spelled)) return { model: "web_search", type: "web_search" };
  const [, model, what] = TOKENS.exec(spelled) ?? [];
  const type = TYPES.get(what?.toLowerCase() ?? "");
  return model === undefined || type === undefined ? { model: item, type: "other" } : { model, type };
}
