import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AREAS, areaNamed } from "./areas.ts";
import { type MutantPlace, sampleMutants } from "./sample.ts";

const position = fc.record({ line: fc.nat(500), column: fc.nat(120) });
const place = fc.record({ fileName: fc.constantFrom("/a/money.ts", "/a/plan.ts"), mutatorName: fc.constantFrom("BooleanLiteral", "EqualityOperator"), replacement: fc.constantFrom("true", "a < b"), location: fc.record({ start: position, end: position }) });
const mutants: fc.Arbitrary<MutantPlace[]> = fc
  .uniqueArray(place, { selector: (one) => JSON.stringify(one), maxLength: 30 })
  .map((all) => all.map((one, index) => ({ ...one, id: String(index) })));

describe("a sample of mutants", () => {
  test("has as many as asked for, and all of them where there are no more", () => {
    fc.assert(
      fc.property(mutants, fc.nat(40), fc.nat(5), (all, count, seed) => {
        expect(sampleMutants(all, count, seed).size).toBe(Math.min(count, all.length));
      }),
    );
  });

  test("is in every larger one of the same seed, whatever order the mutants come in and wherever the files lie", () => {
    fc.assert(
      fc.property(mutants, fc.nat(30), fc.nat(30), fc.nat(5), (all, count, more, seed) => {
        const elsewhere = all.toReversed().map((one) => ({ ...one, fileName: one.fileName.replace("/a/", "/b/c/") }));
        const larger = sampleMutants(elsewhere, count + more, seed);
        expect([...sampleMutants(all, count, seed)].every((id) => larger.has(id))).toBe(true);
      }),
    );
  });

  test("is another one for another seed", () => {
    const all = Array.from({ length: 50 }, (_, line): MutantPlace => ({ id: String(line), fileName: "a.ts", mutatorName: "m", replacement: "r", location: { start: { line, column: 1 }, end: { line, column: 2 } } }));
    expect(sampleMutants(all, 10, 1)).not.toEqual(sampleMutants(all, 10, 2));
  });
});

test("an area is known by its name alone", () => {
  expect(AREAS.map(({ name }) => areaNamed(name).name)).toEqual(["money", "allocation", "prices", "limits", "reader", "chain"]);
  expect(() => areaNamed("mony")).toThrow('there is no area "mony"; the areas are money, allocation');
  expect(() => areaNamed(undefined)).toThrow("there is no area");
});
