import { formatDollars, type Nanodollars } from "../ledger/money.ts";
import { type ListPrice, providersPriceAt } from "./list-prices.ts";
import type { SimulatedRecord, Usage } from "./simulated-record.ts";

/** Tokens of a person who called the provider with their own key, bypassing the gateway. */
const PAST_THE_GATEWAY = { provider: "anthropic", basis: "anthropic/claude-haiku-4-5-20251001", model: "claude-haiku-4-5-20251001" };
const PAST_ON: readonly { day: string; usage: Usage }[] = [
  { day: "2026-10-13", usage: { input_tokens: 120_000, output_tokens: 40_000, cached_tokens: 2_000_000, cache_creation_5m_input_tokens: 60_000, cache_creation_1h_input_tokens: 20_000 } },
  { day: "2026-10-22", usage: { input_tokens: 80_000, output_tokens: 25_000, cached_tokens: 1_500_000, cache_creation_5m_input_tokens: 45_000, cache_creation_1h_input_tokens: 15_000 } },
];

/** The bill's name and price for each count in a record. */
const TOKEN_TYPES = [
  { type: "input", count: "input_tokens", price: "input" },
  { type: "cached", count: "cached_tokens", price: "cached" },
  { type: "cache_write_5m", count: "cache_creation_5m_input_tokens", price: "write5m" },
  { type: "cache_write_1h", count: "cache_creation_1h_input_tokens", price: "write1h" },
  { type: "output", count: "output_tokens", price: "output" },
] as const satisfies readonly { type: string; count: keyof Usage; price: keyof ListPrice }[];

interface Line {
  tokens: number;
  cost: Nanodollars;
}

/**
 * The provider's bill for a month (`YYYY-MM`) as a generic CSV, by UTC day, model and type of token. It differs from the exports by requests that
 * bypassed the gateway, and by a price that the gateway learned too late.
 */
export function providerBill(records: Iterable<SimulatedRecord>, { provider, month }: { provider: string; month: string }): string {
  const lines = new Map<string, Line>();
  const add = (at: number, basis: string, model: string, usage: Usage): void => {
    const day = new Date(at).toISOString().slice(0, "YYYY-MM-DD".length);
    const price = providersPriceAt(basis, at);
    if (!day.startsWith(month) || price === undefined) return;
    for (const kind of TOKEN_TYPES) addTo(lines, [day, provider, model, kind.type].join(","), usage[kind.count] ?? 0, price[kind.price]);
  };
  for (const { at, model, usage } of records) {
    if (model.provider === provider && model.costBasis !== undefined) add(at, model.costBasis, model.name, usage);
  }
  if (provider === PAST_THE_GATEWAY.provider) for (const { day, usage } of PAST_ON) add(Date.parse(day), PAST_THE_GATEWAY.basis, PAST_THE_GATEWAY.model, usage);
  const rows = [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([names, { tokens, cost }]) => `${names},${String(tokens)},${formatDollars(cost)}\n`);
  return `date,provider,model,token_type,tokens,cost_usd\n${rows.join("")}`;
}

/** @param perMillion dollars per million tokens with at most three decimals, so that a token costs whole nanodollars. */
function addTo(lines: Map<string, Line>, names: string, tokens: number, perMillion: number): void {
  if (tokens === 0) return;
  const line = lines.get(names) ?? { tokens: 0, cost: 0n };
  lines.set(names, { tokens: line.tokens + tokens, cost: line.cost + BigInt(tokens) * BigInt(Math.round(perMillion * 1000)) });
}
