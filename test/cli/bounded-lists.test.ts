import { expect, test } from "vitest";
import { firstLines } from "../../src/cli/first-lines.ts";
import { listSome } from "../../src/ledger/text/list-some.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${String(index)}`);

test("a list on a terminal ends after fifty lines, and says how many more there are and where all of them are", () => {
  const line = (name: string): string => `has ${name}`;
  expect(firstLines(names(50), line)).toHaveLength(50);
  const lines = firstLines(names(173), line);
  expect(lines).toHaveLength(51);
  expect(lines.slice(0, 2)).toEqual(["has n0", "has n1"]);
  expect(lines.at(-1)?.trim()).toBe("and 123 more: --json has all of them");
});

test("names in a sentence end after twenty, and it says how many more there are", () => {
  expect(listSome(names(20))).toBe(names(20).join(", "));
  expect(listSome(names(143))).toBe(`${names(20).join(", ")} and 123 more`);
  expect(listSome([])).toBe("");
});
