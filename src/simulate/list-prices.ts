import { DAY_MS } from "../ledger/durations.ts";
import type { Usage } from "./simulated-record.ts";

/** Invented list prices in dollars per million tokens, in force from `from` on until the next row of the same basis. */
export interface ListPrice {
  basis: string;
  from: string;
  input: number;
  output: number;
  cached: number;
  write5m: number;
  write1h: number;
}

const ALWAYS = "2020-01-01";
const NO_WRITES = { write5m: 0, write1h: 0 };

/** Rows are appended, never changed. */
const LIST_PRICES: readonly ListPrice[] = [
  { basis: "anthropic/claude-sonnet-4-6", from: ALWAYS, input: 3, output: 15, cached: 0.3, write5m: 3.75, write1h: 6 },
  { basis: "anthropic/claude-haiku-4-5-20251001", from: ALWAYS, input: 1, output: 5, cached: 0.1, write5m: 1.25, write1h: 2 },
  { basis: "anthropic/claude-opus-4-8", from: ALWAYS, input: 6, output: 30, cached: 0.6, write5m: 7.5, write1h: 12 },
  { basis: "bedrock-us/us.anthropic.claude-sonnet-4-5-20250929-v1:0", from: ALWAYS, input: 3.3, output: 16.5, cached: 0.33, write5m: 4.125, write1h: 6.6 },
  { basis: "openai/gpt-5", from: ALWAYS, input: 1.25, output: 10, cached: 0.125, ...NO_WRITES },
  { basis: "openai/gpt-5-mini", from: ALWAYS, input: 0.25, output: 2, cached: 0.025, ...NO_WRITES },
  { basis: "google/gemini-2.5-pro", from: ALWAYS, input: 1.25, output: 10, cached: 0.31, ...NO_WRITES },
  // A price that falls in mid-October, so that a month's report has something to explain.
  { basis: "anthropic/claude-opus-4-8", from: "2026-10-15", input: 5, output: 25, cached: 0.5, write5m: 6.25, write1h: 10 },
];

const LATEST_FIRST = LIST_PRICES.map((price) => ({ ...price, since: Date.parse(price.from) })).sort((a, b) => b.since - a.since);

/** How much later the gateway learns of a provider's new prices. */
const KNOWN_AFTER = 3 * DAY_MS;

/** The provider's price at that time, even if the gateway does not know it yet. */
export function providersPriceAt(basis: string, at: number): ListPrice | undefined {
  return listPriceAt(basis, at + KNOWN_AFTER);
}

/** A provider's prices as finance people enter them below `prices:`, one per line. */
export function priceEntries(provider: string): string {
  const entries = LIST_PRICES.filter(({ basis }) => basis.startsWith(`${provider}/`)).map(({ basis, from, input, output, cached, write5m, write1h }) => {
    const since = from === ALWAYS ? "" : `from: ${new Date(Date.parse(from) - KNOWN_AFTER).toISOString().slice(0, "YYYY-MM-DD".length)}, `;
    const writes = write5m === 0 ? "" : `cache_write_5m: ${String(write5m)}, cache_write_1h: ${String(write1h)}, `;
    return `  - { match: ${basis}, ${since}input: ${String(input)}, output: ${String(output)}, cached: ${String(cached)}, ${writes}web_search: 0 }\n`;
  });
  return entries.join("");
}

/** Undefined where no price is listed at that time, in milliseconds since 1970 UTC. */
function listPriceAt(basis: string, at: number): ListPrice | undefined {
  return LATEST_FIRST.find((price) => price.basis === basis && price.since <= at);
}

/**
 * Dollars as the gateway records them: a binary float with the noise that summing products leaves in it.
 * Cached tokens come on top of `input_tokens`, as in the records that are known. Undefined where no price is listed.
 */
export function estimateDollars(basis: string, at: number, usage: Usage): number | undefined {
  const price = listPriceAt(basis, at);
  if (price === undefined) return undefined;
  return (
    ((usage.input_tokens ?? 0) * price.input) / 1e6 +
    ((usage.output_tokens ?? 0) * price.output) / 1e6 +
    ((usage.cached_tokens ?? 0) * price.cached) / 1e6 +
    ((usage.cache_creation_5m_input_tokens ?? 0) * price.write5m) / 1e6 +
    ((usage.cache_creation_1h_input_tokens ?? 0) * price.write1h) / 1e6
  );
}
