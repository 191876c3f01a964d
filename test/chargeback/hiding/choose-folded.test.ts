import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseFolded } from "../../../src/chargeback/hiding/choose-folded.ts";

interface Row {
  name: string;
  people: ReadonlySet<string>;
}

function row(name: string, ...people: string[]): Row {
  return { name, people: new Set(people) };
}

function folded(rows: readonly Row[], smallestGroup: number): string[] {
  return [...chooseFolded(rows, ({ people }) => people, smallestGroup)].map(({ name }) => name).toSorted();
}

test.each<[string, Row[], number, string[]]>([
  ["rows of enough people and of devices stay", [row("a", "1", "2", "3"), row("ci")], 3, []],
  ["a single small row takes the smallest other row with it, of several the last", [row("a", "1", "2", "3"), row("b", "4"), row("c", "5", "6", "7"), row("d", "1", "2", "3", "4")], 3, ["b", "c"]],
  ["small rows that are enough people together take no other", [row("a", "1", "2", "3"), row("b", "4"), row("c", "5", "6")], 3, ["b", "c"]],
  ["the same person in two small rows is one person", [row("a", "1", "2", "3"), row("b", "4"), row("c", "4")], 3, ["a", "b", "c"]],
  ["a row about nobody goes with the only row about somebody", [row("a", "1"), row("ci"), row("cd")], 3, ["a", "cd"]],
  ["everything is small", [row("a", "1"), row("b", "2")], 3, ["a", "b"]],
  ["a group of one person is enough where one is asked for", [row("a", "1"), row("b", "2")], 1, []],
])("%s", (_, rows, smallestGroup, expected) => {
  expect(folded(rows, smallestGroup)).toEqual(expected);
});

test("no row that stays is about few people, nor are the folded ones together, unless nothing about anybody stays", () => {
  const rows = fc.array(fc.uniqueArray(fc.constantFrom("1", "2", "3", "4", "5", "6"), { maxLength: 6 }), { maxLength: 8 }).map((all) => all.map((people, index) => row(String(index), ...people)));
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 5 }), (all, smallestGroup) => {
      const chosen = chooseFolded(all, ({ people }) => people, smallestGroup);
      const stays = all.filter((one) => !chosen.has(one)).map(({ people }) => people.size);
      expect(stays.filter((size) => size > 0 && size < smallestGroup)).toEqual([]);
      const together = new Set([...chosen].flatMap(({ people }) => [...people])).size;
      const nobodyStays = stays.every((size) => size === 0);
      expect(chosen.size === 0 || together >= smallestGroup || nobodyStays).toBe(true);
      expect(chosen.size === 1 && stays.length > 0).toBe(false);
      // Nothing is folded without need.
      expect(chosen.size > 0).toBe(all.some(({ people }) => people.size > 0 && people.size < smallestGroup));
    }),
  );
});
