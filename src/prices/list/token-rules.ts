import { COUNTED_PARTS, type CountedPart, type DeclaredCounts } from "./price-entry.ts";

/**
 * What a request's counts include. Aperture records the counts of the provider's answer, and providers count differently:
 * without these rules, a cached prompt would be charged twice or not at all.
 */
export interface TokenRule {
  /** Appears after `counts` in the `price_version` of requests that the rule priced. */
  name: string;
  /** `input_tokens` includes `cached_tokens`. */
  cachedInInput: boolean;
  cacheWritesInInput: boolean;
  imagesInInput: boolean;
  /** `output_tokens` includes `reasoning_tokens`. */
  reasoningInOutput: boolean;
  imagesInOutput: boolean;
}

type Flag = Exclude<keyof TokenRule, "name">;
type Flags = Omit<TokenRule, "name">;

/** The requests a rule applies to: every given member must match. */
interface BuiltInRule extends TokenRule {
  apiType?: RegExp;
  provider?: RegExp;
}

/** The members of a request that decide how it is counted. */
export interface CountedRequest {
  provider: string;
  api_type: string | null;
}

/**
 * Messages API: "total input tokens = cache_read_input_tokens + cache_creation_input_tokens + input_tokens" (Anthropic,
 * Prompt caching); thinking is billed and counted as output (Extended thinking).
 */
const ANTHROPIC: Flags = { cachedInInput: false, cacheWritesInInput: false, imagesInInput: true, reasoningInOutput: true, imagesInOutput: true };

/**
 * `prompt_tokens_details.cached_tokens` is part of `prompt_tokens`, `completion_tokens_details.reasoning_tokens` of
 * `completion_tokens`; so are their namesakes of the Responses API, and image tokens (OpenAI, API reference, `usage`).
 */
const OPENAI: Flags = { cachedInInput: true, cacheWritesInInput: true, imagesInInput: true, reasoningInOutput: true, imagesInOutput: true };

/**
 * `promptTokenCount` is "the total effective prompt size meaning this includes the number of tokens in the cached content";
 * `thoughtsTokenCount` is added to `candidatesTokenCount` in `totalTokenCount` (Gemini API, UsageMetadata).
 */
const GEMINI: Flags = { cachedInInput: true, cacheWritesInInput: true, imagesInInput: true, reasoningInOutput: false, imagesInOutput: true };

/**
 * Chat completions count like OpenAI's, but "reasoning token consumption will be counted separately from completion_tokens, but will
 * be counted in the total_tokens" (xAI, Consumption and rate limits). Its Responses API counts like OpenAI's.
 */
const XAI: Flags = { ...OPENAI, reasoningInOutput: false };

/** In order of precedence: the first match applies. A provider's own rule precedes the rule of its dialect. */
const BUILT_IN: readonly BuiltInRule[] = [
  { name: "xai", provider: /^x[-_.]?ai$/i, apiType: /^oai_(?!responses)/, ...XAI },
  { name: "anthropic", apiType: /^ant_/, ...ANTHROPIC },
  { name: "openai", apiType: /^oai_/, ...OPENAI },
  { name: "gemini", apiType: /^gemini_/, ...GEMINI },
  // InvokeModel answers in the model's own dialect, and of these only Claude's caches; Converse counts
  // `cacheReadInputTokens` and `cacheWriteInputTokens` beside `inputTokens` (Amazon Bedrock, TokenUsage and Prompt caching).
  { name: "bedrock", apiType: /^bedrock_/, ...ANTHROPIC },
  // With rawPredict and streamRawPredict, Vertex AI serves partners' models, mostly Claude, in their own dialect.
  { name: "vertex-partner", apiType: /^vertex_.*raw_?predict/i, ...ANTHROPIC },
  { name: "vertex", apiType: /^vertex_/, ...GEMINI },
  // Where the dialect was not recorded or is unknown, the provider's own API is assumed.
  { name: "anthropic", provider: /^anthropic$/i, ...ANTHROPIC },
  { name: "openai", provider: /^openai$/i, ...OPENAI },
  { name: "gemini", provider: /^(?:google|gemini)$/i, ...GEMINI },
  { name: "bedrock", provider: /^bedrock$/i, ...ANTHROPIC },
  // "usage.prompt_tokens = prompt_cache_hit_tokens + prompt_cache_miss_tokens", reasoning in `completion_tokens_details` (DeepSeek, API reference).
  { name: "deepseek", provider: /^deepseek$/i, ...OPENAI },
  // Counts are normalised to OpenAI's for every model, reasoning in `completion_tokens` (OpenRouter, Usage accounting).
  { name: "openrouter", provider: /^openrouter$/i, ...OPENAI },
];

/** Most other servers imitate OpenAI's counting. That is an assumption, so requests that this rule prices are reported. */
const ASSUMED: TokenRule = { name: "assumed", ...OPENAI };

/** For each part: the flag for whether the whole includes it, and the name of the whole. */
const PARTS: Readonly<Record<CountedPart, { flag: Flag; whole: string; words: string }>> = {
  cached: { flag: "cachedInInput", whole: "input", words: "cached" },
  cache_writes: { flag: "cacheWritesInInput", whole: "input", words: "cache writes" },
  image_input: { flag: "imagesInInput", whole: "input", words: "images" },
  reasoning: { flag: "reasoningInOutput", whole: "output", words: "reasoning" },
  image_output: { flag: "imagesInOutput", whole: "output", words: "images" },
};

/** The text in `price_version` for counts without a declaration and without a known rule. */
const ASSUMED_COUNTS = "counts: assumed";

/**
 * The token rule for a request. Declarations override the built-in rule part by part; among several declarations the first that names a
 * part decides. The size of a count never decides.
 */
export function findTokenRule(of: CountedRequest, ...declared: readonly (DeclaredCounts | undefined)[]): TokenRule {
  const builtIn = BUILT_IN.find(({ apiType, provider }) => (apiType?.test(of.api_type ?? "") ?? true) && (provider?.test(of.provider) ?? true)) ?? ASSUMED;
  const named = COUNTED_PARTS.flatMap((part) => {
    const { flag, whole, words } = PARTS[part];
    const place = declared.find((one) => one?.[part] !== undefined)?.[part];
    return place === undefined ? [] : [{ flag, within: place === "within", text: `${words} ${place} ${whole}` }];
  });
  const flags = Object.fromEntries(named.map(({ flag, within }) => [flag, within]));
  const base = named.length === COUNTED_PARTS.length ? [] : [builtIn.name];
  return { ...flagsOf(builtIn), ...flags, name: [...base, ...named.map(({ text }) => text)].join(", ") };
}

/** In the words of `price_version`: `counts openai`, `counts openai, reasoning beside output`, `counts: assumed`. */
export function describeCounts({ name }: TokenRule): string {
  return name.startsWith(ASSUMED.name) ? `${ASSUMED_COUNTS}${name.slice(ASSUMED.name.length)}` : `counts ${name}`;
}

function flagsOf({ cachedInInput, cacheWritesInInput, imagesInInput, reasoningInOutput, imagesInOutput }: TokenRule): Flags {
  return { cachedInInput, cacheWritesInInput, imagesInInput, reasoningInOutput, imagesInOutput };
}
