import { COUNTED_PARTS, type CountedPart, type DeclaredCounts } from "./price-entry.ts";

/**
 * What a request's counts include. Aperture records what the provider's answer counted, and providers count differently:
 * priced without this, a cached prompt would be paid for twice or not at all.
 */
export interface TokenRule {
  /** Stands in `price_version` of what was priced by it, behind `counts`. */
  name: string;
  /** `input_tokens` has the `cached_tokens` among it. */
  cachedInInput: boolean;
  cacheWritesInInput: boolean;
  imagesInInput: boolean;
  /** `output_tokens` has the `reasoning_tokens` among it. */
  reasoningInOutput: boolean;
  imagesInOutput: boolean;
}

type Flag = Exclude<keyof TokenRule, "name">;
type Flags = Omit<TokenRule, "name">;

/** Whose requests a rule is for: all that is given has to match. */
interface BuiltInRule extends TokenRule {
  apiType?: RegExp;
  provider?: RegExp;
}

/** Of a request, what its counting depends on. */
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
 * `thoughtsTokenCount` stands beside `candidatesTokenCount` in `totalTokenCount` (Gemini API, UsageMetadata).
 */
const GEMINI: Flags = { cachedInInput: true, cacheWritesInInput: true, imagesInInput: true, reasoningInOutput: false, imagesInOutput: true };

/**
 * Chat completions as OpenAI's, but "reasoning token consumption will be counted separately from completion_tokens, but will
 * be counted in the total_tokens" (xAI, Consumption and rate limits). Its Responses API counts as OpenAI's does.
 */
const XAI: Flags = { ...OPENAI, reasoningInOutput: false };

/** In order: the first that matches is meant. A provider's own rule stands before that of the dialect it speaks. */
const BUILT_IN: readonly BuiltInRule[] = [
  { name: "xai", provider: /^x[-_.]?ai$/i, apiType: /^oai_(?!responses)/, ...XAI },
  { name: "anthropic", apiType: /^ant_/, ...ANTHROPIC },
  { name: "openai", apiType: /^oai_/, ...OPENAI },
  { name: "gemini", apiType: /^gemini_/, ...GEMINI },
  // InvokeModel answers in the model's own dialect, of which Claude's is the one that caches; Converse counts
  // `cacheReadInputTokens` and `cacheWriteInputTokens` beside `inputTokens` (Amazon Bedrock, TokenUsage and Prompt caching).
  { name: "bedrock", apiType: /^bedrock_/, ...ANTHROPIC },
  // rawPredict and streamRawPredict are how Vertex AI serves partners' models, Claude above all, in their own dialect.
  { name: "vertex-partner", apiType: /^vertex_.*raw_?predict/i, ...ANTHROPIC },
  { name: "vertex", apiType: /^vertex_/, ...GEMINI },
  // Where the dialect was not recorded, or is not known here, the provider's own API is meant.
  { name: "anthropic", provider: /^anthropic$/i, ...ANTHROPIC },
  { name: "openai", provider: /^openai$/i, ...OPENAI },
  { name: "gemini", provider: /^(?:google|gemini)$/i, ...GEMINI },
  { name: "bedrock", provider: /^bedrock$/i, ...ANTHROPIC },
  // "usage.prompt_tokens = prompt_cache_hit_tokens + prompt_cache_miss_tokens", reasoning in `completion_tokens_details` (DeepSeek, API reference).
  { name: "deepseek", provider: /^deepseek$/i, ...OPENAI },
  // Counts are evened out to OpenAI's for every model, reasoning in `completion_tokens` (OpenRouter, Usage accounting).
  { name: "openrouter", provider: /^openrouter$/i, ...OPENAI },
];

/** OpenAI's counting is what servers of other makers imitate. Nobody said so of this one: what is priced by it is reported. */
const ASSUMED: TokenRule = { name: "assumed", ...OPENAI };

/** By part: the flag that says whether it is within the whole, and what the whole is called. */
const PARTS: Readonly<Record<CountedPart, { flag: Flag; whole: string; words: string }>> = {
  cached: { flag: "cachedInInput", whole: "input", words: "cached" },
  cache_writes: { flag: "cacheWritesInInput", whole: "input", words: "cache writes" },
  image_input: { flag: "imagesInInput", whole: "input", words: "images" },
  reasoning: { flag: "reasoningInOutput", whole: "output", words: "reasoning" },
  image_output: { flag: "imagesInOutput", whole: "output", words: "images" },
};

/** What `price_version` says of counts that nobody declared and no rule is known for. */
const ASSUMED_COUNTS = "counts: assumed";

/**
 * How a request's counts are to be read. What was declared overrides the built-in rule, part by part: of several declarations the
 * first that names a part. Never does the size of a count decide.
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

/** As `price_version` says it: `counts openai`, `counts openai, reasoning beside output`, `counts: assumed`. */
export function describeCounts({ name }: TokenRule): string {
  return name.startsWith(ASSUMED.name) ? `${ASSUMED_COUNTS}${name.slice(ASSUMED.name.length)}` : `counts ${name}`;
}

function flagsOf({ cachedInInput, cacheWritesInInput, imagesInInput, reasoningInOutput, imagesInOutput }: TokenRule): Flags {
  return { cachedInInput, cacheWritesInInput, imagesInInput, reasoningInOutput, imagesInOutput };
}
