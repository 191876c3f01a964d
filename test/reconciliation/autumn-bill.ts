import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { decodeFirst } from "cborg";

/**
 * The bills that Anthropic and OpenAI would have sent for the autumn exports: worked out with another decoder and from the list prices
 * below, by which the exports were made, and with nothing of `src/`.
 */

interface RecordRead {
  timestamp: string;
  model: string;
  usage: Record<string, number>;
  capture_id: string;
}

/** Billionths of a dollar a token: the exports ask for writes of an hour what they ask for writes of five minutes. */
const RATES: Record<string, Record<Kind, bigint>> = {
  "claude-opus-4-8": { input: 5000n, cached: 500n, write_5m: 6250n, write_1h: 6250n, output: 25_000n },
  "claude-sonnet-4-6": { input: 3000n, cached: 300n, write_5m: 3750n, write_1h: 3750n, output: 15_000n },
  "claude-haiku-4-5-20251001": { input: 1000n, cached: 100n, write_5m: 1250n, write_1h: 1250n, output: 5000n },
  "gpt-5": { input: 1250n, cached: 125n, write_5m: 0n, write_1h: 0n, output: 10_000n },
  "gpt-5-mini": { input: 250n, cached: 25n, write_5m: 0n, write_1h: 0n, output: 2000n },
};
type Kind = "input" | "cached" | "write_5m" | "write_1h" | "output";
const KINDS: readonly Kind[] = ["input", "cached", "write_5m", "write_1h", "output"];

/** The same prices as the ledger is told them. */
export const PRICES = Object.entries(RATES).map(([model, { input, cached, write_5m, write_1h, output }]) => {
  const perMillion = (rate: bigint): number => Number(rate) / 1000;
  const writes = model.startsWith("gpt") ? {} : { cache_write_5m: perMillion(write_5m), cache_write_1h: perMillion(write_1h) };
  return { match: model.replace(/-\d{8}$/, ""), input: perMillion(input), cached: perMillion(cached), ...writes, output: perMillion(output), web_search: 0 };
});

/** As the ledger is told it: no count of the exports is within another. */
export const PROVIDERS = [{ provider: "**", counts: { cached: "beside", cache_writes: "beside", reasoning: "beside" } }];

/** What one model was used on one UTC day: tokens, and billionths of a dollar. */
export interface Used {
  day: string;
  model: string;
  tokens: Record<Kind, bigint>;
  /** They cost nothing here. */
  searches: number;
  money: Record<Kind, bigint>;
}

/** @param offset milliseconds that the provider's days begin before those of UTC. */
export function useAutumn(folder: string, offset = 0): Used[] {
  const used = new Map<string, Used>();
  for (const { timestamp, model: recorded, usage } of readRecords(folder)) {
    const model = recorded.replace(/^anthropic\//, "");
    const rates = RATES[model];
    if (rates === undefined) continue;
    const day = new Date(Date.parse(timestamp) + offset).toISOString().slice(0, 10);
    const one = used.get(`${day} ${model}`) ?? { day, model, tokens: nothing(), searches: 0, money: nothing() };
    used.set(`${day} ${model}`, one);
    const tokens = countTokens(usage);
    one.searches += usage["web_search_count"] ?? 0;
    for (const kind of KINDS) {
      one.tokens[kind] += tokens[kind];
      one.money[kind] += tokens[kind] * rates[kind];
    }
  }
  return [...used.values()].toSorted((a, b) => (`${a.day} ${a.model}` < `${b.day} ${b.model}` ? -1 : 1));
}

function nothing(): Record<Kind, bigint> {
  return { input: 0n, cached: 0n, write_5m: 0n, write_1h: 0n, output: 0n };
}

/** Every count of the exports stands beside the others, and their estimates ask for each by itself, reasoning as output. */
function countTokens(usage: Record<string, number>): Record<Kind, bigint> {
  const { input, cached, writes, hour, output, reasoning } = readCounts(usage);
  return { input, cached, write_5m: writes - hour, write_1h: hour, output: output + reasoning };
}

function readCounts(usage: Record<string, number>): Record<"input" | "cached" | "writes" | "hour" | "output" | "reasoning", bigint> {
  const of = (name: string): bigint => BigInt(usage[name] ?? 0);
  return {
    input: of("input_tokens"), cached: of("cached_tokens"), writes: of("cache_creation_input_tokens"), hour: of("cache_creation_1h_input_tokens"),
    output: of("output_tokens"), reasoning: of("reasoning_tokens"),
  };
}

function readRecords(folder: string): RecordRead[] {
  const byCapture = new Map<string, RecordRead>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".zstd")).toSorted()) {
    let rest: Uint8Array = zstdDecompressSync(readFileSync(join(folder, name)));
    while (rest.length > 0) {
      const [record, left] = decodeFirst(rest) as [RecordRead, Uint8Array];
      byCapture.set(record.capture_id, record);
      rest = left;
    }
  }
  return [...byCapture.values()];
}

/** As `GET /v1/organizations/usage_report/messages` answers. */
export function anthropicUsage(used: readonly Used[]): object {
  return pageOf(used, ({ model, tokens, searches }) => [
    {
      uncached_input_tokens: Number(tokens.input), cache_read_input_tokens: Number(tokens.cached), output_tokens: Number(tokens.output),
      cache_creation: { ephemeral_5m_input_tokens: Number(tokens.write_5m), ephemeral_1h_input_tokens: Number(tokens.write_1h) },
      server_tool_use: { web_search_requests: searches }, model, workspace_id: null, api_key_id: null, service_tier: "standard", context_window: "0-200k",
    },
  ]);
}

const COST_TYPES: Record<Kind, string> = {
  input: "uncached_input_tokens", cached: "cache_read_input_tokens", write_5m: "cache_creation.ephemeral_5m_input_tokens", write_1h: "cache_creation.ephemeral_1h_input_tokens", output: "output_tokens",
};

/** As `GET /v1/organizations/cost_report` answers, in cents. */
export function anthropicCost(used: readonly Used[]): object {
  return pageOf(used, ({ model, money }) =>
    KINDS.map((kind) => ({
      currency: "USD", amount: decimal(money[kind], 7), model, token_type: COST_TYPES[kind], cost_type: "tokens", description: `${model} Usage - ${kind}`,
      workspace_id: null, service_tier: "standard", context_window: "0-200k",
    })),
  );
}

function pageOf(used: readonly Used[], results: (one: Used) => object[]): object {
  const days = Map.groupBy(used.filter(({ model }) => model.startsWith("claude")), ({ day }) => day);
  const data = [...days].map(([day, of]) => ({ starting_at: `${day}T00:00:00Z`, ending_at: new Date(Date.parse(day) + 86_400_000).toISOString(), results: of.flatMap(results) }));
  return { data, has_more: false, next_page: null };
}

/** As OpenAI's costs are exported. */
export function openAiCosts(used: readonly Used[]): string {
  const items = { input: "input", cached: "cached input", output: "output" };
  const lines = used.filter(({ model }) => model.startsWith("gpt")).flatMap(({ day, model, money }) => {
    const start = Date.parse(day) / 1000;
    return (["input", "cached", "output"] as const).map((kind) => `${String(start)},${String(start + 86_400)},${decimal(money[kind], 9)},usd,"${model}, ${items[kind]}",`);
  });
  return `start_time,end_time,amount_value,amount_currency,line_item,project_id\n${lines.join("\n")}\n`;
}

export function decimal(amount: bigint, places: number): string {
  const digits = amount.toString().padStart(places + 1, "0");
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

export function moneyOf(used: readonly Used[]): bigint {
  return used.reduce((all, { money }) => all + KINDS.reduce((sum, kind) => sum + money[kind], 0n), 0n);
}
