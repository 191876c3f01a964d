import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { BillLine, BillPart, ChargeType } from "../comparison/bill.ts";
import { amount, count, currency, describeDimensions, identify, inCurrency, type Money, seconds, statedTerms, utcDay } from "./bill-fields.ts";
import { pageMistake } from "./bill-mistakes.ts";
import { readLineItem } from "./openai-line-items.ts";

const PROVIDER = "openai";

const optionalText = z.string().nullish();

/**
 * `GET /v1/organization/usage/completions`, whose results have the `object` `organization.usage.completions.result`; the other usage
 * reports count something else. `input_tokens` is "the aggregated number of text input tokens used, including cached
 * tokens", times are Unix seconds, `end_time` exclusive (OpenAI, API reference, Completions usage object).
 */
const usageResult = z.looseObject({
  object: z.literal("organization.usage.completions.result", "only the usage of completions can be compared").nullish(),
  input_tokens: count,
  output_tokens: count,
  input_cached_tokens: count.nullish(),
  num_model_requests: count.nullish(),
  model: optionalText,
  project_id: optionalText,
});

/**
 * `GET /v1/organization/costs`: `amount.value` in `amount.currency`; `line_item` is null without `group_by=line_item`. Amounts are numbers but may
 * be text (OpenAI, API reference, Costs object). A result names its type in `object`; only `organization.costs.result` has an `amount`.
 */
const costResult = z.looseObject({
  object: z.literal("organization.costs.result", "is not a result of the costs report").nullish(),
  amount: z.object({ value: amount, currency }),
  line_item: optionalText,
  project_id: optionalText,
});

function pageOf<Result extends z.ZodType>(result: Result) {
  return z.object({ data: z.array(z.object({ start_time: seconds, end_time: seconds, results: z.array(result) })) });
}

export function readOpenAiUsage(page: unknown, origin: string): BillPart {
  const parsed = pageOf(usageResult).safeParse(page);
  if (!parsed.success) throw pageMistake(origin, parsed.error);
  const buckets = parsed.data.data;
  const entries = buckets.flatMap(({ start_time: from, end_time: to, results }) =>
    results.map((result) => {
      const { model, project_id: project, api_key_id, user_id, batch, service_tier } = result;
      if (typeof model !== "string") throw ungrouped(origin, "model");
      const counts = { input: result.input_tokens, cached: result.input_cached_tokens ?? 0n, output: result.output_tokens };
      const lines = usageLines({ date: utcDay(from), model, workspace: project ?? null, ...counts, ...statedTerms(result) });
      return { from, to, ...identify({ model, project, api_key_id, user_id, batch, service_tier }), lines };
    }),
  );
  return { kind: "openai-usage", origin, provider: PROVIDER, entries, spans: spansOf(buckets) };
}

/** @param counts as OpenAI counts them: input includes cached tokens. */
export function usageLines(counts: Pick<BillLine, "date" | "model" | "workspace" | "terms"> & { input: bigint; cached: bigint; output: bigint }): BillLine[] {
  const { date, model, workspace, terms, input, cached, output } = counts;
  const line = (type: ChargeType, tokens: bigint): BillLine => ({ date, provider: PROVIDER, model, type, workspace, tokens, cost: null, rounding: 0n, ...(terms && { terms }) });
  return [line("input", input - cached), line("cached", cached), line("output", output)];
}

export function readOpenAiCosts(page: unknown, origin: string): BillPart {
  const parsed = pageOf(costResult).safeParse(page);
  if (!parsed.success) throw pageMistake(origin, parsed.error);
  const buckets = parsed.data.data;
  const entries = buckets.flatMap(({ start_time: from, end_time: to, results }) =>
    results.map(({ amount: { value, currency: of }, line_item: item, project_id: project, api_key_id }) => {
      const line = costLine({ date: utcDay(from), workspace: project ?? null, item: item ?? null, money: inCurrency(of, value) }, origin);
      return { from, to, dimensions: describeDimensions({ item, project, api_key_id }), lines: [line] };
    }),
  );
  return { kind: "openai-costs", origin, provider: PROVIDER, entries, spans: spansOf(buckets) };
}

export function costLine(of: { date: string; workspace: string | null; item: string | null; money: Money }, origin: string): BillLine {
  const { item, money, ...rest } = of;
  if (item === null) throw ungrouped(origin, "line_item");
  return { ...rest, ...money, ...readLineItem(item), provider: PROVIDER, tokens: null, rounding: 0n };
}

function spansOf(buckets: readonly { start_time: number; end_time: number }[]): BillPart["spans"] {
  return buckets.map(({ start_time: from, end_time: to }) => ({ from, to }));
}

function ungrouped(origin: string, by: string): LedgerError {
  return new LedgerError("bill_invalid", `${origin}: the report is not grouped by ${by}, so it cannot be matched with models`, {
    remedy: `fetch it again with group_by=${by}, and group_by=project_id to distinguish projects`,
  });
}
