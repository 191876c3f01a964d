import { expect, test } from "vitest";
import { firstLines } from "../../src/cli/first-lines.ts";
import { listSome } from "../../src/ledger/text/list-some.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${String(index)}`);

test("a list on a terminal ends after twenty lines, and says how many more there are and how to see them", () => {
  const line = (name: string): string => `has ${name}`;
  expect(firstLines(names(20), line)).toHaveLength(20);
  const lines = firstLines(names(173), line);
  expect(lines).toHaveLength(21);
  expect(lines.slice(0, 2)).toEqual(["has n0", "has n1"]);
  expect(lines.at(-1)?.trim()).toBe("and 153 more: --all");
});

test("names in a sentence end after twenty, and it says how many more there are", () => {
  expect(listSome(names(20))).toBe(names(20).join(", "));
  expect(listSome(names(143))).toBe(`${names(20).join(", ")} and 123 more`);
  expect(listSome([])).toBe("");
});
