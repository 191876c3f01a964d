import { expect, test } from "vitest";
import { askAboutWeights, findDoubtfulWeights } from "../../src/allocation/settings/doubtful-weights.ts";

function asked(...weights: Record<string, number>[]): string[] {
  const rules = weights.map((split) => ({ when: new Map(), split: new Map(Object.entries(split)) }));
  return findDoubtfulWeights({ rules, pools: [], charges: [] }).map(askAboutWeights);
}

test("weights that look like per cent or fractions and do not come to the whole are asked about", () => {
  expect(asked({ a: 60, b: 30 }, { a: 70, b: 20, c: 20 }, { a: 0.5, b: 0.4 }, { a: 33.3, b: 33.3, c: 33 })).toEqual([
    "the weights of allocation.rules[0] come to 90: should they come to 100?",
    "the weights of allocation.rules[1] come to 110: should they come to 100?",
    "the weights of allocation.rules[2] come to 0.9: should they come to 1?",
    "the weights of allocation.rules[3] come to 99.6: should they come to 100?",
  ]);
});

test("other weights are not: whole ones, equal ones, and parts of some other number", () => {
  expect(asked({ a: 70, b: 30 }, { a: 0.1, b: 0.2, c: 0.7 }, { a: 33, b: 33, c: 33 }, { a: 2, b: 1 }, { a: 50, b: 20 }, { a: 1000, b: 500 }, { a: 90 })).toEqual([]);
});

test("pools and charges are asked about by their names", () => {
  const spread = new Map([["a", 60], ["b", 30]]);
  const charge = { name: "seats", kind: "seats" as const, provider: "p", price: 1n, quantity: null, people: null, on: null, when: new Map(), covers: "none" as const, spread };
  const found = findDoubtfulWeights({ rules: [{ name: "CI", when: new Map(), split: spread }], pools: [{ name: "shared", when: new Map(), spread }, { name: "even", when: new Map(), spread: "even" }], charges: [charge] });
  expect(found.map(({ where, sum }) => [where, sum])).toEqual([["the rule CI", 90], ["the pool shared", 90], ["the charge seats", 90]]);
});
