import { expect, test } from "vitest";
import { patternTaker } from "../../src/ledger/text/pattern-taker.ts";

test.each([
  [String.raw`[A-Z]+-\d+`, "feature/ABC-123-fix-DEF-4", "ABC-123"],
  [String.raw`[A-Z]+-\d+`, "main", undefined],
  ["^([a-z]+)/", "feature/ABC-123", "feature"],
  ["^(?:x|(y))", "x", undefined],
  ["x*", "abc", undefined],
  [String.raw`(?i)abc-\d+`, "fix/aBc-1", "aBc-1"],
  [String.raw`\p{L}+`, "42 Grüße", "Grüße"],
])("%s takes out of %j %j", (pattern, text, taken) => {
  expect(patternTaker(pattern)(text)).toBe(taken);
});

test.each(["(a+)+$", "(a|aa)+$", "(?:(?:a*)*)*b", "^(?:.*a){20}$"])("%s, which makes other engines try for ever, ends", (pattern) => {
  expect(patternTaker(pattern)(`${"a".repeat(30_000)}!`)).toBe(undefined);
});

test.each(["(?=a)b", String.raw`(a)\1`, "(", "((a{100}){100}){10}"])("%s is refused", (pattern) => {
  expect(() => patternTaker(pattern)).toThrow(/regexp/);
});
