import { BILLED, type Billed } from "./price-entry.ts";

/** Cache writes without a duration count as kept for five minutes. */
const WRITES_5M = "greatest(cache_write_tokens - cache_write_1h_tokens, cache_write_5m_tokens)";

/** SQL of each count. */
type BilledCounts = Readonly<Record<Billed, string>>;

function unless(flag: string, count: string): string {
  return `CASE WHEN ${flag} THEN ${count} ELSE 0 END`;
}

function added(parts: readonly string[]): string {
  return `(${parts.map((part) => `(${part})`).join(" + ")})`;
}

const WITHIN_INPUT = added([
  unless("cached_in_input", "cached_tokens"),
  unless("cache_writes_in_input", `${WRITES_5M} + cache_write_1h_tokens`),
  unless("images_in_input", "image_input_tokens"),
]);
const WITHIN_OUTPUT = added([unless("reasoning_in_output", "reasoning_tokens"), unless("images_in_output", "image_output_tokens")]);

/**
 * SQL: whether a part is larger than the whole that contains it by the rule. Then the rule is wrong for this request, its counts do not
 * show which rule is right, and any cost would be a guess.
 */
export const CONTRADICTED = `(${WITHIN_INPUT} > input_tokens OR ${WITHIN_OUTPUT} > output_tokens)`;

/** SQL of the billed counts of a request, so that no token counts twice. The flags are columns of a token rule. */
export const BILLED_COUNTS: BilledCounts = {
  input: `greatest(input_tokens - ${WITHIN_INPUT}, 0)`,
  cached: "cached_tokens",
  cache_write_5m: WRITES_5M,
  cache_write_1h: "cache_write_1h_tokens",
  image_input: "image_input_tokens",
  output: `greatest(output_tokens - ${WITHIN_OUTPUT}, 0)`,
  reasoning: "reasoning_tokens",
  image_output: "image_output_tokens",
  web_search: "web_searches",
};

/** The billed counts if no count were part of another: a gateway that normalises the dialects may count like this. */
export const COUNTS_APART: BilledCounts = { ...BILLED_COUNTS, input: "input_tokens", output: "output_tokens" };

/** SQL of the context: all tokens of a request's input side, each once. */
export const CONTEXT = `(${(["input", "cached", "cache_write_5m", "cache_write_1h", "image_input"] as const).map((name) => BILLED_COUNTS[name]).join(" + ")})`;

const MOST_TOKENS = 10n ** 12n;
const MOST_SEARCHES = 10n ** 9n;

function mostOf(name: Billed): bigint {
  return name === "web_search" ? MOST_SEARCHES : MOST_TOKENS;
}

/**
 * SQL of a request's cost by the list, in whole nanodollars, DECIMAL(18,0).
 * Null where a count has no rate, where a count is impossibly large, and where the cost would not fit the usage table.
 */
export function nanodollarsOf(rateOf: (name: Billed) => string, counts = BILLED_COUNTS): string {
  const missing = BILLED.map((name) => `${counts[name]} > 0 AND ${rateOf(name)} IS NULL`);
  const excessive = BILLED.map((name) => `${counts[name]} > ${String(mostOf(name))}`);
  // The limit is repeated here: the database may multiply before it checks the condition.
  const products = BILLED.map((name) => `least(${counts[name]}, ${String(mostOf(name))})::HUGEINT * coalesce(${rateOf(name)}, 0)`);
  // 1e-18 dollar per million tokens, times tokens, is 1e-24 dollar: half up to 1e-9.
  return `CASE WHEN ${[...missing, ...excessive].map((condition) => `(${condition})`).join(" OR ")} THEN NULL
    ELSE TRY_CAST((${products.join(" + ")} + 500000000000000) // 1000000000000000 AS DECIMAL(18, 0)) END`;
}
