import { z } from "zod";
import type { BillEntry, BillLine, BillPart } from "../comparison/bill.ts";
import { anthropicChargeType, anthropicCounts, countedLines, ungrouped } from "./anthropic-reports.ts";
import { identify, instant, moneyInLowestUnit, statedTerms, utcDay } from "./bill-fields.ts";
import { billMistake, pageMistake } from "./bill-mistakes.ts";
import { DAY_MS } from "../../ledger/durations.ts";

const PROVIDER = "anthropic";

const optionalText = z.string().nullish();

/** The dimensions of a row; dimensions that the request did not group by are null. */
const group = z.looseObject({ product: optionalText, model: optionalText, workspace_id: optionalText, cost_type: optionalText, token_type: optionalText });

/**
 * `GET /v1/organizations/analytics/usage` and `…/cost` (beta `analytics-usage-cost-2026-08-24`): a row for each non-empty combination of bucket and
 * requested dimensions; costs are "post-discount, pre-credit", in fractional cents (Anthropic, Usage and Cost Analytics API).
 */
const usageRow = z.looseObject({ starting_at: instant, ending_at: instant, group, usage: anthropicCounts });
const costRow = z.looseObject({ starting_at: instant, ending_at: instant, group, cost: moneyInLowestUnit });

/** Seats pay for these products, whose requests never pass a gateway. */
const WITHOUT_GATEWAY: ReadonlySet<string> = new Set(["chat", "cowork", "office_agent", "claude_in_chrome", "claude_design", "claude-tag"]);

export function readAnalyticsUsage(page: unknown, origin: string): BillPart {
  const parsed = z.object({ data: z.array(usageRow) }).safeParse(page);
  if (!parsed.success) throw pageMistake(origin, parsed.error);
  return partOf("anthropic-analytics-usage", origin, parsed.data.data, ({ group: { product, model, workspace_id: workspace = null, ...dimensions }, usage }, date) => {
    if (isWithoutGateway(product)) return [];
    // Usage without a model, such as code execution, has no tokens to compare.
    if (typeof model !== "string") return hasTokens(usage) ? refuse(origin) : [];
    return countedLines(usage, { date, model, workspace, ...statedTerms(dimensions) });
  });
}

export function readAnalyticsCost(page: unknown, origin: string): BillPart {
  const parsed = z.object({ data: z.array(costRow) }).safeParse(page);
  if (!parsed.success) throw pageMistake(origin, parsed.error);
  return partOf("anthropic-analytics-cost", origin, parsed.data.data, ({ group: { product, model, workspace_id: workspace = null, cost_type, token_type, ...dimensions }, cost: { money } }, date) => {
    const line = (what: Pick<BillLine, "model" | "type">): BillLine[] => [{ date, provider: PROVIDER, ...what, workspace, tokens: null, ...money, ...statedTerms(dimensions), rounding: 0n }];
    if (isWithoutGateway(product)) return line({ model: [`product ${product}`, ...(typeof model === "string" ? [model] : [])].join(": "), type: "other" });
    if (cost_type === "web_search") return line({ model: model ?? "web_search", type: "web_search" });
    if (typeof model !== "string") return typeof cost_type === "string" && cost_type !== "tokens" ? line({ model: cost_type, type: "other" }) : refuse(origin);
    if (typeof cost_type !== "string" && typeof token_type !== "string") return line({ model, type: "all" });
    return line({ model, type: cost_type === "tokens" && typeof token_type !== "string" ? "all" : anthropicChargeType(cost_type, token_type) });
  });
}

function isWithoutGateway(product: string | null | undefined): product is string {
  return typeof product === "string" && WITHOUT_GATEWAY.has(product);
}

function hasTokens(usage: z.output<typeof anthropicCounts>): boolean {
  return countedLines(usage, { date: "", model: "", workspace: null }).some(({ tokens }) => tokens !== 0n);
}

function refuse(origin: string): never {
  throw ungrouped(origin, "model");
}

interface Row {
  starting_at: number;
  ending_at: number;
  group: z.output<typeof group>;
}

function partOf<Of extends Row>(kind: BillPart["kind"], origin: string, rows: readonly Of[], read: (row: Of, date: string) => BillLine[]): BillPart {
  const entries = rows.map((row): BillEntry => {
    const { starting_at: from, ending_at: to, group: dimensions } = row;
    if (to - from > DAY_MS) throw billMistake(origin, `a row covers ${String(Math.round((to - from) / DAY_MS))} days, but bills are compared by day`, "fetch it again with time_bucket_width=1d");
    return { from, to, ...identify(dimensions), lines: read(row, utcDay(from)) };
  });
  return { kind, origin, provider: PROVIDER, entries, spans: entries.map(({ from, to }) => ({ from, to })) };
}
