import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChangeItem, explainChange } from "../../src/chargeback/sections/change.ts";
import { runs } from "../property/runs.ts";

const opus = (owed: bigint, tokens: bigint): ChangeItem => ({ name: "opus", owed, tokens });
const haiku = (owed: bigint, tokens: bigint): ChangeItem => ({ name: "haiku", owed, tokens });

describe("why a month costs something else", () => {
  test.each<[string, ChangeItem[], ChangeItem[], [price: bigint, volume: bigint, mix: bigint]]>([
    ["the same again", [opus(500n, 10n)], [opus(500n, 10n)], [0n, 0n, 0n]],
    ["twice as many tokens", [opus(500n, 10n)], [opus(1000n, 20n)], [0n, 500n, 0n]],
    ["a price that fell by a fifth", [opus(500n, 10n)], [opus(400n, 10n)], [-100n, 0n, 0n]],
    ["dearer and more", [opus(500n, 10n)], [opus(1200n, 20n)], [200n, 500n, 0n]],
    // 20 tokens at 30 on average; at the prices of before 15 of 50 and 5 of 10 are 800.
    ["tokens that went to the dearer model", [opus(500n, 10n), haiku(100n, 10n)], [opus(750n, 15n), haiku(50n, 5n)], [0n, 0n, 200n]],
    ["a new model, at its own price", [haiku(100n, 10n)], [haiku(100n, 10n), opus(500n, 10n)], [0n, 100n, 400n]],
    ["a model that is gone", [opus(500n, 10n), haiku(100n, 10n)], [haiku(100n, 10n)], [0n, -300n, -200n]],
    ["the first usage of a team", [], [opus(500n, 10n)], [0n, 500n, 0n]],
    ["the last usage of a team", [opus(500n, 10n)], [], [0n, -500n, 0n]],
    ["what has no tokens in either month", [opus(500n, 10n)], [opus(500n, 10n), { name: "searches", owed: 70n, tokens: 0n }], [0n, 0n, 70n]],
    ["a discount on the same tokens", [opus(500n, 10n)], [opus(500n, 10n), opus(-50n, 0n)], [-50n, 0n, 0n]],
    ["more was given back than used", [opus(-30n, 10n)], [opus(-60n, 20n)], [0n, -30n, 0n]],
  ])("%s", (_name, before, now, [price, volume, mix]) => {
    expect(explainChange({ month: "2026-09", days: null }, before, now)).toMatchObject({ month: "2026-09", price, volume, mix });
  });
});

const amount = fc.bigInt({ min: -(10n ** 14n), max: 10n ** 17n });
const tokens = fc.bigInt({ min: 0n, max: 10n ** 20n });
const items = fc.array(fc.record({ name: fc.constantFrom("a", "b", "c", "d", "e"), owed: amount, tokens }), { maxLength: 8 });

describe("of any two months", () => {
  test("price, volume and mix are exactly the difference", () => {
    fc.assert(
      fc.property(items, items, (before, now) => {
        const change = explainChange({ month: "2026-09", days: null }, before, now);
        const sum = (of: readonly ChangeItem[]): bigint => of.reduce((all, { owed }) => all + owed, 0n);
        expect([change.before, change.now]).toEqual([sum(before), sum(now)]);
        expect(change.price + change.volume + change.mix).toBe(change.now - change.before);
      }),
      runs(500),
    );
  });

  const priced = fc.array(fc.record({ price: fc.bigInt({ min: 1n, max: 10n ** 6n }), before: fc.bigInt({ min: 0n, max: 10n ** 12n }), now: fc.bigInt({ min: 0n, max: 10n ** 12n }) }), { maxLength: 8 });

  test("the same prices have no part in it", () => {
    fc.assert(
      fc.property(priced, (models) => {
        const of = (which: "before" | "now"): ChangeItem[] => models.map((model, index) => ({ name: String(index), owed: model.price * model[which], tokens: model[which] }));
        expect(explainChange({ month: "2026-09", days: null }, of("before"), of("now")).price).toBe(0n);
      }),
      runs(300),
    );
  });

  test("the same mix has no part in it, but for the rounding of the other two", () => {
    fc.assert(
      fc.property(priced, fc.bigInt({ min: 1n, max: 1000n }), fc.bigInt({ min: 1n, max: 10n ** 6n }), (models, more, dearer) => {
        const before = models.map(({ price, before: used }, index) => ({ name: String(index), owed: price * used, tokens: used }));
        const now = before.map(({ name, owed, tokens: used }) => ({ name, owed: owed * more * dearer, tokens: used * more }));
        const { mix } = explainChange({ month: "2026-09", days: null }, before, now);
        expect(mix >= -1n && mix <= 1n).toBe(true);
      }),
      runs(300),
    );
  });

  test("the same number of tokens has no volume in it", () => {
    fc.assert(
      fc.property(priced, (models) => {
        const before = models.map(({ price, before: used }, index) => ({ name: String(index), owed: price * used, tokens: used }));
        const now = before.map((item, index) => ({ ...item, tokens: before.at(-1 - index)?.tokens ?? 0n }));
        if (before.every((item) => item.tokens === 0n)) return;
        expect(explainChange({ month: "2026-09", days: null }, before, now).volume).toBe(0n);
      }),
      runs(300),
    );
  });
});
