import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { BillEntry, BillLine, BillPart, ChargeType, TokenType } from "../comparison/bill.ts";
import { count, identify, instant, moneyInLowestUnit, statedTerms, utcDay } from "./bill-fields.ts";
import { pageMistake } from "./bill-mistakes.ts";

const PROVIDER = "anthropic";

const optionalText = z.string().nullish();

/**
 * `GET /v1/organizations/usage_report/messages`: buckets of a minute, an hour or a day, `ending_at` exclusive; "the number of
 * uncached input tokens", so that no count is part of another (Anthropic, Admin API, Get Messages Usage Report).
 */
export const anthropicCounts = z.looseObject({
  uncached_input_tokens: count,
  cache_read_input_tokens: count,
  cache_creation: z.object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count }),
  output_tokens: count,
  server_tool_use: z.object({ web_search_requests: count }).nullish(),
});
const usageResult = anthropicCounts.extend({ model: optionalText, workspace_id: optionalText });

/**
 * `GET /v1/organizations/cost_report`: buckets of a day; `amount` is a decimal text in the lowest unit of the currency, so
 * "123.45" is $1.2345; `model` and `token_type` are null without `group_by[]=description`, and for charges other than tokens. `cost_type` is
 * `tokens`, `web_search` or `code_execution`, in later clients also `session_usage` (Anthropic, Admin API, Get Cost Report).
 */
const costResult = z
  .looseObject({ amount: z.unknown(), list_amount: z.unknown().optional(), cost_type: optionalText, description: optionalText, model: optionalText, token_type: optionalText, workspace_id: optionalText })
  .and(moneyInLowestUnit);

function pageOf<Result extends z.ZodType>(result: Result) {
  return z.object({ data: z.array(z.object({ starting_at: instant, ending_at: instant, results: z.array(result) })) });
}

const TYPES: ReadonlyMap<string, TokenType> = new Map([
  ["uncached_input_tokens", "input"],
  ["cache_read_input_tokens", "cached"],
  ["cache_creation.ephemeral_5m_input_tokens", "cache_write_5m"],
  ["cache_creation.ephemeral_1h_input_tokens", "cache_write_1h"],
  ["output_tokens", "output"],
]);

export function readAnthropicUsage(page: unknown, origin: string): BillPart {
  const parsed = pageOf(usageResult).safeParse(page);
  if (!parsed.success) throw pageMistake(origin, parsed.error);
  return partOf("anthropic-usage", origin, parsed.data.data, ({ uncached_input_tokens, cache_read_input_tokens, cache_creation, output_tokens, server_tool_use, ...dimensions }, date) => {
    const { model } = dimensions;
    if (typeof model !== "string") throw ungrouped(origin, "model");
    const counts = { uncached_input_tokens, cache_read_input_tokens, cache_creation, output_tokens, server_tool_use };
    return { dimensions, lines: countedLines(counts, { date, model, workspace: dimensions.workspace_id ?? null, ...statedTerms(dimensions) }) };
  });
}

export function countedLines(
  { uncached_input_tokens, cache_read_input_tokens, cache_creation, output_tokens, server_tool_use }: z.output<typeof anthropicCounts>,
  of: Pick<BillLine, "date" | "model" | "workspace" | "terms">,
): BillLine[] {
  const counts: [TokenType, bigint][] = [
    ["input", uncached_input_tokens],
    ["cached", cache_read_input_tokens],
    ["cache_write_5m", cache_creation.ephemeral_5m_input_tokens],
    ["cache_write_1h", cache_creation.ephemeral_1h_input_tokens],
    ["output", output_tokens],
    ["web_search", server_tool_use?.web_search_requests ?? 0n],
  ];
  return counts.map(([type, tokens]) => ({ ...of, provider: PROVIDER, type, tokens, cost: null, rounding: 0n }));
}

export function readAnthropicCost(page: unknown, origin: string): BillPart {
  const parsed = pageOf(costResult).safeParse(page);
  if (!parsed.success) throw pageMistake(origin, parsed.error);
  return partOf("anthropic-cost", origin, parsed.data.data, ({ amount: _amount, list_amount: _list, money, ...dimensions }, date) => {
    const { model, cost_type, description } = dimensions;
    if (typeof model !== "string" && typeof description !== "string" && typeof cost_type !== "string") throw ungrouped(origin, "description");
    const type = anthropicChargeType(cost_type, dimensions.token_type);
    const line: BillLine = {
      date,
      provider: PROVIDER,
      // Charges for searches do not name a model.
      model: model ?? (type === "web_search" ? "web_search" : (description ?? cost_type ?? "unknown")),
      type,
      workspace: dimensions.workspace_id ?? null,
      tokens: null,
      ...money,
      ...statedTerms(dimensions),
      rounding: 0n,
    };
    return { dimensions, lines: [line] };
  });
}

export function anthropicChargeType(costType: string | null | undefined, tokenType: string | null | undefined): ChargeType {
  if (costType === "web_search") return "web_search";
  return TYPES.get(tokenType ?? "") ?? "other";
}

interface Bucket<Result> {
  starting_at: number;
  ending_at: number;
  results: Result[];
}

function partOf<Result>(
  kind: BillPart["kind"],
  origin: string,
  buckets: readonly Bucket<Result>[],
  read: (result: Result, date: string) => { dimensions: Readonly<Record<string, unknown>>; lines: BillLine[] },
): BillPart {
  const entries = buckets.flatMap(({ starting_at: from, ending_at: to, results }) =>
    results.map((result): BillEntry => {
      const { dimensions, lines } = read(result, utcDay(from));
      return { from, to, ...identify(dimensions), lines };
    }),
  );
  return { kind, origin, provider: PROVIDER, entries, spans: buckets.map(({ starting_at: from, ending_at: to }) => ({ from, to })) };
}

export function ungrouped(origin: string, by: string): LedgerError {
  return new LedgerError("bill_invalid", `${origin}: the report is not grouped by ${by}, so it cannot be matched with models`, {
    remedy: `fetch it again with group_by[]=${by}, and group_by[]=workspace_id to distinguish workspaces`,
  });
}
