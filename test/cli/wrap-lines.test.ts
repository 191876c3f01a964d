import fc from "fast-check";
import { expect, test } from "vitest";
import { wrapLines } from "../../src/cli/wrap-lines.ts";

test("a line of a label and a text continues below the text", () => {
  expect(wrapLines(["team         a team with a long name, cost centre CC-1: $1,234.56 owed, list value none"], 60)).toEqual([
    "team         a team with a long name, cost centre CC-1:",
    "             $1,234.56 owed, list value none",
  ]);
  expect(wrapLines(["not compared EUR 12.34 of anthropic on 3 days"], 40)).toEqual(["not compared EUR 12.34 of anthropic on 3", "             days"]);
});

test("a line that fits stays as it is, with all its spaces", () => {
  expect(wrapLines(["  2026-10  $20.00    $3.00", ""], 26)).toEqual(["  2026-10  $20.00    $3.00", ""]);
});

test("wide letters count as two cells", () => {
  expect(wrapLines(["team         東京東京 大阪大阪 東京東京 大阪"], 40)).toEqual(["team         東京東京 大阪大阪 東京東京", "             大阪"]);
});

test("no word is cut, none is lost, and only a word that is wider than the terminal goes beyond it", () => {
  const word = fc.stringMatching(/^[\w$,.:/-]{1,30}$/);
  const line = fc.tuple(fc.constantFrom("", "team         ", "exports   ", "    ", "not compared "), fc.array(word, { minLength: 1, maxLength: 20 })).map(([lead, words]) => `${lead}${words.join(" ")}`);
  fc.assert(fc.property(line, fc.integer({ min: 20, max: 100 }), (text, columns) => {
    const lines = wrapLines([text], columns);
    expect(lines.join(" ").split(/ +/).filter(Boolean)).toEqual(text.split(/ +/).filter(Boolean));
    const tooWide = lines.filter((one) => one.length > columns).map((one) => one.replace(/^(?:team|exports|not compared)? +/, ""));
    expect(tooWide.filter((one) => one.includes(" "))).toEqual([]);
  }));
});
