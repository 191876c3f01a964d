import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Allocated } from "../allocation/model/allocate.ts";
import { NOTHING } from "../allocation/model/sums.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import type { UsageKey } from "../../src/ledger/usage/usage-key.ts";
import { adjustments, allocationSettings, PEOPLE } from "../allocation/settings-arbitrary.ts";
import { allocateUsages, rowsOf, type SlotUsage, truedUp } from "../allocation/split-usages.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { type Cell, NO_USE } from "../../src/reconciliation/comparison/compare-bill.ts";
import { invoiceAmounts } from "../../src/reconciliation/comparison/invoice-amounts.ts";
import { NO_COUNTS } from "../../src/reconciliation/comparison/slot-usage.ts";
import { runs } from "./runs.ts";

const MODELS = ["opus", "haiku"];

const key: fc.Arbitrary<UsageKey> = fc
  .record({
    caller: fc.constantFrom(...PEOPLE, "stranger@example.com"),
    dimensions: fc.constantFrom<Record<string, string>>({}, { repo: "acme/one" }),
    instance: fc.constantFrom("east", "west"),
    model: fc.constantFrom(...MODELS),
    billing: fc.constantFrom("metered", "metered", "subscription", "self_hosted"),
  })
  .map((rest) => ({ ...rest, callerType: "user" as const, tags: [], provider: "anthropic" }));
/** Few nanodollars, so that remainders matter; many; and what has no price. */
const cost = fc.option(fc.oneof(fc.bigInt({ min: 0n, max: 7n }), fc.bigInt({ min: 0n, max: 10n ** 15n })), { freq: 5 });
const usages = fc.array(fc.record({ key, slot: fc.nat(31 * 96 - 1), cost }), { maxLength: 25 });
const scenario = fc.tuple(allocationSettings, adjustments, usages).map(([settings, changes, all]) => {
  const month = boundMonth("2026-10", settings.timezone);
  const placed: SlotUsage[] = all.map(({ key: of, slot, cost: amount }) => ({ key: of, at: month.from.getTime() + slot * 900_000, sums: { ...NOTHING, cost: amount } }));
  return { settings: { ...settings, adjustments: changes }, month, usages: placed };
});
const invoice = fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 10n ** 15n }));

function owed(allocated: readonly Allocated[], model: string, billing = "metered"): bigint {
  return allocated.reduce((all, { plan, sums }) => all + (plan.usage.model === model && plan.usage.billing === billing ? (sums.cost ?? 0n) : 0n), 0n);
}

function monthOf(amounts: readonly { model: string; invoice: bigint }[]) {
  return [{ month: "2026-10", amounts: amounts.map((one) => ({ provider: "anthropic", ...one })) }];
}

describe("for any usage, rules, discounts and invoice", () => {
  test("the invoiced model owes its invoice to the nanodollar, and nothing else changes", () => {
    fc.assert(
      fc.property(scenario, invoice, ({ settings, month, usages: all }, asked) => {
        const { allocated } = allocateUsages(settings, month, all);
        const after = [...allocated, ...truedUp(allocated, monthOf([{ model: "opus", invoice: asked }]))];
        const isUsed = all.some(({ key: { model, billing } }) => model === "opus" && billing === "metered");
        expect(owed(after, "opus")).toBe(isUsed ? asked : 0n);
        expect(owed(after, "haiku")).toBe(owed(allocated, "haiku"));
        for (const model of MODELS) for (const billing of ["subscription", "self_hosted"]) expect(owed(after, model, billing)).toBe(owed(allocated, model, billing));
      }),
      runs(300),
    );
  });

  test("its rows are adjustments without requests, and all of them raise or all of them lower", () => {
    fc.assert(
      fc.property(scenario, invoice, ({ settings, month, usages: all }, asked) => {
        const { allocated } = allocateUsages(settings, month, all);
        const before = owed(allocated, "opus");
        for (const { method, share, sums, rule } of truedUp(allocated, monthOf([{ model: "opus", invoice: asked }]))) {
          expect([method, share, rule, sums.counts.every((count) => count === 0n)]).toEqual(["adjustment", 0n, "invoice anthropic/opus 2026-10", true]);
          expect((sums.cost ?? 0n) > 0n).toBe(asked > before);
        }
      }),
      runs(300),
    );
  });

  test("the order of the usage and of the amounts changes nothing", () => {
    const both = fc.tuple(scenario, invoice, invoice).chain(([one, opus, haiku]) => fc.tuple(fc.constant({ one, opus, haiku }), fc.shuffledSubarray(one.usages, { minLength: one.usages.length })));
    fc.assert(
      fc.property(both, ([{ one: { settings, month, usages: all }, opus, haiku }, shuffled]) => {
        const amounts = [{ model: "opus", invoice: opus }, { model: "haiku", invoice: haiku }];
        const [ahead, behind] = [all, shuffled].map((given) => allocateUsages(settings, month, given).allocated);
        expect(rowsOf(truedUp(behind!, monthOf(amounts.toReversed())))).toEqual(rowsOf(truedUp(ahead!, monthOf(amounts))));
      }),
      runs(200),
    );
  });

  test("providers of the ledger that are on one bill share its invoice to the nanodollar", () => {
    const costs = fc.uniqueArray(fc.record({ recordedProvider: fc.constantFrom("prod", "lab", "ci", "eu"), cost: fc.bigInt({ min: 1n, max: 10n ** 15n }) }), { selector: (one) => one.recordedProvider, minLength: 1 });
    fc.assert(
      fc.property(costs, invoice, (own, asked) => {
        const { amounts, leftOut } = invoiceAmounts([billedCell(asked)], own.map((one) => ({ ...one, provider: "anthropic", model: "opus" })));
        expect([amounts.reduce((all, one) => all + one.invoice, 0n), leftOut]).toEqual([asked, []]);
        expect(new Set(amounts.map(({ provider }) => provider))).toEqual(new Set(own.map(({ recordedProvider }) => recordedProvider)));
      }),
      runs(200),
    );
  });

  test("money for a model that one provider runs at several is nobody's", () => {
    const own = [
      { recordedProvider: "all", provider: "anthropic", model: "opus", cost: 5n },
      { recordedProvider: "all", provider: "bedrock", model: "opus", cost: 7n },
    ];
    const { amounts, leftOut } = invoiceAmounts([billedCell(9n)], own);
    expect([amounts, leftOut.map(({ invoice: asked, reason }) => [asked, reason])]).toEqual([[], [[9n, expect.stringContaining("runs the model on several clouds") as string]]]);
  });
});

test("a slash in a provider or a model joins no two of them", () => {
  const [first, second] = [{ provider: "a", model: "b/c" }, { provider: "a/b", model: "c" }];
  const own = [{ ...first, recordedProvider: "a", cost: 1n }, { ...second, recordedProvider: "a/b", cost: 3n }];
  const { amounts } = invoiceAmounts([{ ...billedCell(10n), ...first }, { ...billedCell(30n), ...second }], own);
  expect(amounts).toEqual([{ ...first, invoice: 10n }, { ...second, invoice: 30n }]);
  const at = Date.UTC(2026, 9, 5);
  const usageKey = { instance: "east", caller: "stranger@example.com", callerType: "user" as const, tags: [], billing: "metered" as const, dimensions: {} };
  const { allocated } = allocateUsages(settingsOf({}), boundMonth("2026-10", "UTC"), own.map(({ provider, model, cost: used }) => ({ key: { ...usageKey, provider, model }, at, sums: { ...NOTHING, cost: used } })));
  expect(truedUp(allocated, [{ month: "2026-10", amounts }]).map(({ plan, sums }) => [plan.usage.provider, sums.cost])).toEqual([["a", 9n], ["a/b", 27n]]);
});

/** What a bill asks for one model in a month. */
function billedCell(asked: bigint): Cell {
  const ledger = { requests: 0n, unpriced: 0n, counts: NO_COUNTS, unsplit: 0n, byCallers: { subscription: NO_USE, caller_key: NO_USE } };
  return { date: "2026-10-01", provider: "anthropic", scope: null, model: "opus", counts: [], cost: { bill: asked, ledger: 0n, tolerance: 0n }, effective: null, isBilled: true, charges: [], ledger };
}
