import { addDays, daysBetween } from "../../src/ledger/days.ts";
import { NO_TERMS } from "../../src/ledger/usage/terms.ts";
import { type BillLine, TOKEN_TYPES, type TokenType } from "../../src/reconciliation/comparison/bill.ts";
import { type Bill, combineBills } from "../../src/reconciliation/comparison/combine-bills.ts";
import type { Gaps } from "../../src/reconciliation/comparison/find-causes.ts";
import { reconcile, type Reconciliation } from "../../src/reconciliation/comparison/reconciliation.ts";
import { type Counts, type SlotUsage, type SplitCost, splitCost } from "../../src/reconciliation/comparison/slot-usage.ts";

export const DAYS = daysBetween("2026-10-01", "2026-11-01");
const QUARTER_HOUR = 900_000;
/** Nanodollars per token, or per search. */
const RATES: Readonly<Record<TokenType, bigint>> = { input: 3000n, cached: 300n, cache_write_5m: 3750n, cache_write_1h: 6000n, output: 15_000n, web_search: 10_000_000n };
const MODELS = ["claude-opus-4-8", "claude-haiku-4-5"];

export function costOf(counts: Counts): bigint {
  return TOKEN_TYPES.reduce((all, type) => all + counts[type] * RATES[type], 0n);
}

export function splitOf(counts: Counts): SplitCost {
  const { input, cached, cache_write_5m, cache_write_1h, output, web_search } = RATES;
  const weights = { input: counts.input * input, cached: counts.cached * cached, cache_write_5m: counts.cache_write_5m * cache_write_5m, cache_write_1h: counts.cache_write_1h * cache_write_1h, output: counts.output * output, web_search: counts.web_search * web_search };
  return splitCost(costOf(counts), weights);
}

/** Two models, around the clock, on every day of October and the days beside it: no two days and no two hours alike. */
export function inventUsage(): SlotUsage[] {
  return daysBetween(addDays(DAYS[0]!, -1), "2026-11-02").flatMap((day, dayIndex) =>
    MODELS.flatMap((model, modelIndex) =>
      Array.from({ length: 16 }, (_, part): SlotUsage => {
        const size = BigInt(1000 + 37 * ((dayIndex * 31 + part * 17 + modelIndex * 7) % 101));
        const counts = { input: 10n * size, cached: 7n * size + 3n, cache_write_5m: 2n * size, cache_write_1h: size, output: 4n * size + 1n, web_search: BigInt(part % 3) };
        const slot = Date.parse(day) + part * 6 * QUARTER_HOUR;
        return { slot, instance: part % 2 === 0 ? "prod" : "lab", provider: "anthropic", recordedProvider: "anthropic", model, billing: "metered", requests: 5n, unpriced: 0n, terms: NO_TERMS, counts, cost: costOf(counts), split: splitOf(counts) };
      }),
    ),
  );
}

export interface Disturbance {
  /** What the provider saw of a quarter of an hour; by default what the ledger has. */
  billed?: (usage: SlotUsage) => SlotUsage | undefined;
  /** Milliseconds that the provider's days begin before those of UTC. */
  offset?: number;
  /** Whether the provider counts tokens, asks money, or both. */
  says?: "tokens" | "money" | "both";
  /** What the provider asks for each kind of token, in hundredths of what the rates say. */
  asks?: (usage: SlotUsage) => Partial<Record<TokenType, bigint>>;
  /** What the ledger has of it. */
  ledger?: (usage: SlotUsage) => SlotUsage | undefined;
  /** Kinds of tokens that the provider knows. */
  types?: readonly TokenType[];
  /** Terms that the bill distinguishes. */
  termsOf?: (usage: SlotUsage) => BillLine["terms"];
  more?: readonly BillLine[];
  gaps?: Gaps;
  workspaceOf?: (usage: SlotUsage) => string;
  workspaces?: ReadonlyMap<string, string>;
}

/** The bill that a provider would make of that usage, as a file for each day. */
export function inventBill(usage: readonly SlotUsage[], { offset = 0, says = "both", types = TOKEN_TYPES, more = [], asks, workspaceOf, termsOf }: Disturbance): Bill {
  const lines = usage.flatMap((one) => {
    const date = new Date(one.slot + offset).toISOString().slice(0, 10);
    const paid = costOf(one.counts);
    return types.map((type): BillLine => ({
      date,
      provider: one.provider,
      model: `${one.model}-20250929`,
      type,
      workspace: workspaceOf?.(one) ?? null,
      tokens: says === "money" ? null : one.counts[type],
      // What a model costs in all by the rates, and what it was billed, may differ by a factor.
      cost: says === "tokens" ? null : paid === 0n ? 0n : (((one.counts[type] * RATES[type] * one.cost) / paid) * (asks?.(one)[type] ?? 100n)) / 100n,
      rounding: 0n,
      terms: termsOf?.(one),
    }));
  });
  const entries = [...lines, ...more].filter(({ date }) => DAYS.includes(date)).map((line) => ({ from: Date.parse(line.date), to: Date.parse(line.date) + 86_400_000, dimensions: line.model, lines: [line] }));
  return combineBills([{ name: "bill", sha256: "b", parts: [{ kind: "generic-csv", origin: "bill", provider: null, entries, spans: [] }] }]);
}

/** October 2026 as the ledger has it beside the bill of a provider that saw it differently. */
export function reconcileDisturbed(disturbance: Disturbance): Reconciliation {
  const { billed = (one) => one, ledger = (one) => one, gaps = new Map<string, string[]>(), workspaces = new Map<string, string>() } = disturbance;
  const usage = inventUsage();
  const bill = inventBill(usage.flatMap((one) => billed(one) ?? []), disturbance);
  const matching = { workspaces, nameModel: (name: string) => name.replace(/-\d{8}$/, "") };
  return reconcile("2026-10", { matching, bill, usage: usage.flatMap((one) => ledger(one) ?? []), dates: new Set(DAYS), offset: 0 }, gaps);
}

export function dayOf({ slot }: SlotUsage): string {
  return new Date(slot).toISOString().slice(0, 10);
}
