import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { billedBy } from "../../src/reconciliation/comparison/billed-by.ts";
import { TOKEN_TYPES, type TokenType } from "../../src/reconciliation/comparison/bill.ts";
import { listVariances } from "../../src/reconciliation/comparison/describe-reconciliation.ts";
import { NO_COST, splitCost } from "../../src/reconciliation/comparison/slot-usage.ts";
import { runs } from "../property/runs.ts";
import { dayOf, type Disturbance, reconcileDisturbed } from "./invented-month.ts";

const OPUS = "claude-opus-4-8";

function causesOf(disturbance: Disturbance): [string, number, string][] {
  return reconcileDisturbed(disturbance).causes.map(({ name, days, evidence }) => [name, days, evidence]);
}

/** Opus asks other prices, from a day on. */
function asking(prices: Partial<Record<TokenType, bigint>>, from = "2026-10-01"): NonNullable<Disturbance["asks"]> {
  return (one) => (one.model === OPUS && dayOf(one) >= from ? prices : {});
}

describe("money is compared by kind of token", () => {
  test("kinds of bill and ledger add up to the day's money of the model", () => {
    const { cells } = reconcileDisturbed({});
    for (const { cell: { charges, cost } } of cells) {
      for (const side of ["bill", "ledger"] as const) expect(charges.reduce((all, one) => all + (one[side] ?? 0n), 0n)).toBe(cost?.[side]);
    }
    expect(cells[0]!.cell.charges.map(({ type }) => type)).toEqual([...TOKEN_TYPES]);
  });

  test.each<[string, Disturbance, string, number, RegExp]>([
    ["one kind has another price", { asks: asking({ cache_write_1h: 160n }) }, "price_version", 31, /^tokens agree and money differs: cache_write_1h is billed 1\.6 times the ledger's on all days; the other types agree$/],
    ["two kinds have other prices from a day on", { asks: asking({ cached: 50n, output: 110n }, "2026-10-15") }, "price_version", 17, /: cached is billed 0\.5 times the ledger's, output is billed 1\.1 times the ledger's from 2026-10-15 on; the other types agree$/],
    ["one kind, by a bill without tokens", { says: "money", asks: asking({ cache_write_5m: 125n }) }, "price_version", 31, /^the factor is the same on all these days: cache_write_5m is billed 1\.25 times/],
    ["cache tokens that are counted otherwise, by a bill without tokens", { says: "money", asks: (one) => (one.model === OPUS ? { cached: 100n + BigInt(Number(dayOf(one).slice(8)) % 9) * 7n } : {}) }, "cache_tokens", 28, /^only the money for cache tokens differs \(cached\); all other types agree$/],
  ])("%s", (_name, disturbance, cause, days, evidence) => {
    expect(causesOf(disturbance)).toEqual([[cause, days, expect.stringMatching(evidence) as string]]);
  });

  test("rows name the kind that differs, and the cause with it", () => {
    const rows = listVariances(reconcileDisturbed({ asks: asking({ cache_write_1h: 160n }) })).filter(({ date, model }) => date === "2026-10-05" && model === OPUS);
    expect(rows.map(({ token_type, difference_usd_percent, cause }) => [token_type, difference_usd_percent, cause])).toEqual([
      ["input", "0.00", null], ["cached", "0.00", null], ["cache_write_5m", "0.00", null], ["cache_write_1h", "60.00", "price_version"], ["output", "0.00", null], ["web_search", "0.00", null],
      ["all", expect.any(String) as string, "price_version"],
    ]);
  });

  test("money that no list price splits stands by model alone, and is said", () => {
    const { cells, unsplit, causes } = reconcileDisturbed({ ledger: (one) => (one.model === OPUS && dayOf(one) === "2026-10-05" ? { ...one, split: splitCost(one.cost, null) } : one) });
    const cell = cells.map((one) => one.cell).find(({ date, model }) => date === "2026-10-05" && model === OPUS)!;
    expect([...new Set(cell.charges.map(({ ledger }) => ledger)), causes]).toEqual([null, []]);
    expect(unsplit).toEqual([{ provider: "anthropic", model: OPUS, cost: cell.cost!.ledger }]);
  });

  test("any cost is split to the nanodollar, nothing goes to what costs nothing, and without prices it stays whole", () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 30n });
    const weights = fc.record({ input: amount, cached: amount, cache_write_5m: amount, cache_write_1h: fc.constant(0n), output: amount.map((one) => one + 1n), web_search: amount });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), weights, (cost, of) => {
        const split = splitCost(cost, of);
        expect([Object.values(split).reduce((all, one) => all + one, 0n), split.cache_write_1h, split.unsplit]).toEqual([cost, 0n, 0n]);
        expect(splitCost(cost, null)).toEqual({ ...NO_COST, unsplit: cost });
      }),
      runs(300),
    );
  });
});

describe("whose bill a request is on", () => {
  const mapped = new Map([["anthropic-prod", "anthropic"], ["our-bedrock", "anthropic"], ["azure-gpt", "azure"]]);

  test.each([
    ["anthropic", null, null, "anthropic"],
    ["anthropic-prod", "ant_messages", "anthropic/claude-opus-4-8", "anthropic"],
    ["anthropic-lab", "ant_messages", "anthropic/claude-opus-4-8", "anthropic-lab"],
    ["our-bedrock", "bedrock_model_invoke", null, "bedrock"],
    ["our-bedrock", "ant_messages", "bedrock-us/claude-sonnet-4-5", "bedrock"],
    ["anthropic", "vertex_raw_predict", null, "vertex"],
    ["openai", "oai_responses", "azure-eu/gpt-5", "azure"],
    ["azure-gpt", "oai_responses", "azure/gpt-5", "azure"],
    ["bedrock", "bedrock_converse", "bedrock/x", "bedrock"],
  ])("%s, %s, priced as %s: %s", (provider, apiType, costBasis, on) => {
    expect(billedBy({ provider, apiType, costBasis }, mapped)).toBe(on);
  });
});
