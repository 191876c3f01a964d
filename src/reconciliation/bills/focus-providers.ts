import type { FocusText } from "./focus-columns.ts";

/** The texts of a line; empty where the file has none. */
export type FocusTexts = Readonly<Record<FocusText, string>>;

/** Clouds sell much besides models, so only their lines that mention models count. */
const CLOUDS: readonly { name: RegExp; bill: string; service: RegExp }[] = [
  { name: /\b(?:amazon|aws)\b/i, bill: "bedrock", service: /\bbedrock\b/i },
  { name: /\bgoogle\b/i, bill: "vertex", service: /\b(?:gemini|generative language)\b/i },
  { name: /\b(?:microsoft|azure)\b/i, bill: "azure", service: /\b(?:openai|foundry models)\b/i },
];

/** Vendors, as the `usage` table usually spells them. */
const VENDORS = ["anthropic", "openai", "openrouter", "kong", "mistral", "cohere", "groq", "together", "fireworks", "deepseek", "xai", "perplexity"];

/** Words that lines about models contain, in any column. */
const OF_MODELS = /\b(?:claude|gpt|chatgpt|gemini|gemma|llama|mistral|mixtral|codestral|nova (?:micro|lite|pro|premier)|titan text|command r|deepseek|grok|qwen|kimi|bedrock|openai|tokens?|provisioned throughput)(?=\b|\d)/i;

/**
 * The provider whose bill a line is on, as the `usage` table spells it; null for a cloud's line that is not about models. This is the company that
 * offers the service, not the issuer of the invoice, which may be a reseller or a marketplace.
 */
export function billOf(texts: FocusTexts): string | null {
  const offered = texts.provider || texts.issuer;
  const cloud = CLOUDS.find(({ name }) => name.test(offered)) ?? CLOUDS.find(({ service }) => service.test(texts.service) && !/^\W*openai/i.test(offered));
  if (cloud !== undefined) return cloud.service.test(texts.service) || speaksOfModels(texts) ? cloud.bill : null;
  const vendor = VENDORS.find((known) => new RegExp(`\\b${known}`, "i").test(offered));
  return vendor ?? (offered.trim().toLowerCase() || "unknown");
}

function speaksOfModels({ service, sku, meter, details, description, model, usageType }: FocusTexts): boolean {
  return model !== "" || [service, sku, meter, details, description, usageType].some((text) => OF_MODELS.test(text.replaceAll(/[_-]/g, " ")));
}
