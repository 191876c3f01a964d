/**
 * What a request's counts include, by the dialect it was made in. Aperture records what the provider's answer counted, and
 * the dialects count differently: priced without this, a cached prompt would be paid for twice or not at all.
 */
export interface TokenRule {
  /** Stands in `price_version` of what was priced by it. */
  name: string;
  /** `api_type` that it is for. */
  apiType: RegExp;
  /** `input_tokens` has the `cached_tokens` among it. */
  cachedInInput: boolean;
  cacheWritesInInput: boolean;
  imagesInInput: boolean;
  /** `output_tokens` has the `reasoning_tokens` among it. */
  reasoningInOutput: boolean;
  imagesInOutput: boolean;
}

/**
 * Messages API: "total input tokens = cache_read_input_tokens + cache_creation_input_tokens + input_tokens" (Anthropic,
 * Prompt caching); thinking is billed and counted as output (Extended thinking).
 */
const ANTHROPIC = { cachedInInput: false, cacheWritesInInput: false, imagesInInput: true, reasoningInOutput: true, imagesInOutput: true };

/**
 * `prompt_tokens_details.cached_tokens` is part of `prompt_tokens`, `completion_tokens_details.reasoning_tokens` of
 * `completion_tokens`; so are their namesakes of the Responses API, and image tokens (OpenAI, API reference, `usage`).
 */
const OPENAI = { cachedInInput: true, cacheWritesInInput: true, imagesInInput: true, reasoningInOutput: true, imagesInOutput: true };

/**
 * `promptTokenCount` is "the total effective prompt size meaning this includes the number of tokens in the cached content";
 * `thoughtsTokenCount` stands beside `candidatesTokenCount` in `totalTokenCount` (Gemini API, UsageMetadata).
 */
const GEMINI = { cachedInInput: true, cacheWritesInInput: true, imagesInInput: true, reasoningInOutput: false, imagesInOutput: true };

/** In order: the first whose pattern matches is meant. */
const TOKEN_RULES: readonly TokenRule[] = [
  { name: "anthropic", apiType: /^ant_/, ...ANTHROPIC },
  { name: "openai", apiType: /^oai_/, ...OPENAI },
  { name: "gemini", apiType: /^gemini_/, ...GEMINI },
  // InvokeModel answers in the model's own dialect, of which Claude's is the one that caches; Converse counts
  // `cacheReadInputTokens` and `cacheWriteInputTokens` beside `inputTokens` (Amazon Bedrock, TokenUsage and Prompt caching).
  { name: "bedrock", apiType: /^bedrock_/, ...ANTHROPIC },
  // rawPredict and streamRawPredict are how Vertex AI serves partners' models, Claude above all, in their own dialect.
  { name: "vertex-partner", apiType: /^vertex_.*raw_?predict/i, ...ANTHROPIC },
  { name: "vertex", apiType: /^vertex_/, ...GEMINI },
];

/** OpenAI's counting is what servers of other makers imitate, and where it is wrong nothing is paid for twice. */
const DEFAULT_RULE: TokenRule = { name: "default", apiType: /(?:)/, ...OPENAI };

export function findTokenRule(apiType: string | null): TokenRule {
  return TOKEN_RULES.find((rule) => rule.apiType.test(apiType ?? "")) ?? DEFAULT_RULE;
}
