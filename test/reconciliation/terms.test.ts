import { expect, test } from "vitest";
import { readAnalyticsCost } from "../../src/reconciliation/bills/anthropic-analytics.ts";
import { readAnthropicUsage } from "../../src/reconciliation/bills/anthropic-reports.ts";
import { readOpenAiUsage } from "../../src/reconciliation/bills/openai-reports.ts";
import { describeReconciliation } from "../../src/reconciliation/comparison/describe-reconciliation.ts";
import type { SlotUsage } from "../../src/reconciliation/comparison/slot-usage.ts";
import { NO_TERMS } from "../../src/ledger/usage/terms.ts";
import type { BillLine } from "../../src/reconciliation/comparison/bill.ts";
import { differsByTerm } from "../../src/reconciliation/comparison/compare-terms.ts";
import { DAYS, dayOf, inventUsage, reconcileDisturbed } from "./invented-month.ts";

const OPUS = "claude-opus-4-8";
const isBatch = (one: SlotUsage): boolean => dayOf(one) === "2026-10-07" && one.model === OPUS;
const tierOf = (one: SlotUsage): string => (isBatch(one) ? "batch" : "standard");
const known = (one: SlotUsage): SlotUsage => ({ ...one, terms: { ...NO_TERMS, service_tier: tierOf(one) } });
const tiers = (one: SlotUsage) => ({ service_tier: tierOf(one) });

test("a bill and a ledger that know the same terms agree by term", () => {
  const { terms, causes } = reconcileDisturbed({ ledger: known, termsOf: tiers });
  expect(causes).toEqual([]);
  expect(terms.map(({ model, term, value }) => [model, term, value])).toEqual([["claude-haiku-4-5", "service_tier", "standard"], [OPUS, "service_tier", "batch"], [OPUS, "service_tier", "standard"]]);
  for (const { tokens } of terms) expect(tokens?.bill).toBe(tokens?.ledger);
  expect(reconcileDisturbed({ ledger: known }).terms).toEqual([]);
});

test("a tier that is billed at half and that no capture shows is the cause of the difference", () => {
  const half = { input: 50n, cached: 50n, cache_write_5m: 50n, cache_write_1h: 50n, output: 50n };
  const found = reconcileDisturbed({ termsOf: tiers, asks: (one) => (isBatch(one) ? half : {}) });
  const batch = found.terms.find(({ value }) => value === "batch");
  expect(found.causes.map(({ name, days, evidence }) => [name, days, evidence])).toEqual([
    ["terms", 1, `tokens agree but their prices do not: ${String(batch?.tokens?.bill)} tokens of service tier batch on the bill, 0 in the ledger`],
  ]);
  expect(found.terms.map(({ model, value, tokens }) => [model, value, tokens !== null && tokens.bill > 0n, tokens !== null && tokens.ledger > 0n])).toEqual([
    ["claude-haiku-4-5", null, false, true], ["claude-haiku-4-5", "standard", true, false], [OPUS, null, false, true], [OPUS, "batch", true, false], [OPUS, "standard", true, false],
  ]);
  expect(describeReconciliation(found)["by_terms"]).toHaveLength(5);
});

/** A bill of tokens that state no term, and of money that does. */
const onlyMoney = (one: SlotUsage): readonly BillLine[] => [{ date: dayOf(one), provider: "anthropic", model: one.model, type: "all", workspace: null, tokens: null, cost: one.cost, rounding: 0n, terms: tiers(one) }];

test("tokens are not compared by a term that only the amounts of a bill state, and are the cause of nothing", () => {
  const usage = inventUsage().filter((one) => DAYS.includes(dayOf(one)));
  const { terms, causes } = reconcileDisturbed({ says: "tokens", ledger: known, more: usage.flatMap((one) => (isBatch(one) ? onlyMoney({ ...one, cost: one.cost / 2n }) : onlyMoney(one))) });
  expect(causes.map(({ name }) => name)).not.toContain("terms");
  expect(terms.map(({ model, value, tokens, cost }) => [model, value, tokens, cost !== null && cost.bill === cost.ledger])).toEqual([["claude-haiku-4-5", "standard", null, true], [OPUS, "batch", null, false], [OPUS, "standard", null, true]]);
  expect(terms.some((one) => differsByTerm(one))).toBe(false);
});

test("what a bill does not state stands beside what no capture shows, so that both sides add up, and only terms with a price of their own are named", () => {
  const found = reconcileDisturbed({ termsOf: (one) => (isBatch(one) ? { service_tier: "batch" } : undefined) });
  const all = (side: "bill" | "ledger", of: typeof found.terms): bigint => of.reduce((sum, { tokens }) => sum + (tokens?.[side] ?? 0n), 0n);
  expect(all("bill", found.terms)).toBe(all("ledger", found.terms));
  expect(found.terms.map(({ model, value }) => [model, value])).toEqual([["claude-haiku-4-5", null], [OPUS, null], [OPUS, "batch"]]);
  expect(reconcileDisturbed({ termsOf: tiers }).terms.filter((one) => differsByTerm(one)).map(({ value }) => value)).toEqual(["batch"]);
});

test.each([
  ["Anthropic's usage", readAnthropicUsage({ data: [{ starting_at: "2026-10-07T00:00:00Z", ending_at: "2026-10-08T00:00:00Z", results: [{ model: OPUS, service_tier: "batch", inference_geo: "us", uncached_input_tokens: "1", cache_read_input_tokens: "0", cache_creation: { ephemeral_5m_input_tokens: "0", ephemeral_1h_input_tokens: "0" }, output_tokens: "0" }] }] }, "bill"), { service_tier: "batch", inference_geo: "us" }],
  ["Anthropic's usage that is not grouped by them", readAnthropicUsage({ data: [{ starting_at: "2026-10-07T00:00:00Z", ending_at: "2026-10-08T00:00:00Z", results: [{ model: OPUS, service_tier: null, uncached_input_tokens: "1", cache_read_input_tokens: "0", cache_creation: { ephemeral_5m_input_tokens: "0", ephemeral_1h_input_tokens: "0" }, output_tokens: "0" }] }] }, "bill"), undefined],
  ["Anthropic's analytics", readAnalyticsCost({ data: [{ starting_at: "2026-10-07T00:00:00Z", ending_at: "2026-10-08T00:00:00Z", group: { model: OPUS, cost_type: "tokens", speed: "fast" }, cost: { amount: "100", currency: "USD" } }] }, "bill"), { speed: "fast" }],
  ["a batch of OpenAI, whatever its tier,", readOpenAiUsage({ data: [{ start_time: "1791331200", end_time: "1791417600", results: [{ model: "gpt-5", batch: true, service_tier: "default", input_tokens: "1", output_tokens: "1" }] }] }, "bill"), { service_tier: "batch" }],
  ["OpenAI's usage", readOpenAiUsage({ data: [{ start_time: "1791331200", end_time: "1791417600", results: [{ model: "gpt-5", batch: true, input_tokens: "1", output_tokens: "1" }] }] }, "bill"), { service_tier: "batch" }],
])("%s brings its terms", (_, { entries }, terms) => {
  expect(entries.flatMap(({ lines }) => lines).map((line) => line.terms)).toEqual(entries.flatMap(({ lines }) => lines).map(() => terms));
});
