import { expect, test } from "vitest";
import { findForbidden } from "./find-forbidden.ts";

test("a phrase is found in a comment and in a message, with its line and what to write instead", () => {
  const found = findForbidden('/** Flags; each goes before the same key of the file. */\nthrow new Error("2026-13 is no month");\n');
  expect(found.map(({ line, text }) => [line, text])).toEqual([[1, "goes before the"], [2, "is no month"]]);
  expect(found[0]?.instead).toContain("overrides");
});

test("a phrase is found where a line break of a comment or a paragraph divides it", () => {
  expect(findForbidden(" * Ids alone cannot be told\n   * apart by time.\n").map(({ line }) => line)).toEqual([1]);
  expect(findForbidden("The requests of\nwhich the ledger knows.\n").map(({ text }) => text)).toEqual(["of which"]);
});

test("plain sentences pass", () => {
  expect(findForbidden("Each flag overrides the same key of the configuration file. The export is not a copy.")).toEqual([]);
});
