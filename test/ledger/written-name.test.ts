import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPattern, matchCaller, matchName, meantText } from "../../src/ledger/names/written-name.ts";
import { AWKWARD_NAMES } from "../awkward-names.ts";

describe("patterns of models, logins and tags", () => {
  test.each([
    ["anthropic/**", "anthropic/claude-opus-4-8", true],
    ["anthropic/**", "anthropic-passthrough/claude-opus-4-8", false],
    ["*/claude-opus*", "anthropic/claude-opus-4-8", true],
    ["*/claude-opus*", "openrouter/anthropic/claude-opus-4-8", false],
    ["**", "openrouter/anthropic/claude-opus-4-8", true],
    ["qwen3-*", "qwen3-coder-30b", true],
    ["tag:ci-*", "tag:ci-build", true],
    ["*@example.com", "alice@example.com", true],
    ["*@example.com", "alice@example.org", false],
    ["gpt-?", "gpt-5", true],
    ["?", "😀", true],
    ["*", ".hidden", true],
    ["*", "..", true],
    ["**", "acme/../web", true],
    ["acme/*", "acme/web/", false],
    ["*[bot]", "dependabot[bot]", true],
    ["*[bot]", "dependabotb", false],
    ["[ab]*", "a1", false],
    ["[ab]*", "[ab]1", true],
    ["back\\*", "back\\slash", true],
    ["!a*", "!ab", true],
    ["!a*", "b", false],
    ["{a,b}*", "a", false],
    ["{a,b}*", "{a,b}c", true],
    ["#a*", "#ab", true],
    ["+(a)*", "aa", false],
    ["@(a|b)*", "a", false],
  ])("%s on %s", (pattern, text, matches) => {
    expect(matchName(pattern)(text)).toBe(matches);
  });

  test("what stands behind = is a text, whatever is in it", () => {
    expect(["what*", "=what*", "whatever"].map(matchName("=what*"))).toEqual([true, true, false]);
    expect([isPattern("=what*"), meantText("=what*"), meantText("what*")]).toEqual([false, "what*", "what*"]);
  });

  test("a name without wildcards matches its own text alone", () => {
    const names = AWKWARD_NAMES.filter((name) => !isPattern(name));
    for (const name of names) expect(names.filter(matchName(name))).toEqual([name]);
  });

  test("any text matches itself", () => {
    fc.assert(fc.property(fc.oneof(anyName(), fc.string({ minLength: 1, unit: "binary" })), (text) => {
      expect(matchName(text)(text)).toBe(true);
    }));
  });

  test("a caller's login is in lower case, a tag is as it is", () => {
    expect([matchCaller("Dependabot[BOT]")("dependabot[bot]"), matchCaller("=Alice*@Example.com")("alice*@example.com")]).toEqual([true, true]);
    expect([matchCaller("tag:CI")("tag:CI"), matchCaller("=tag:CI")("tag:CI"), matchCaller("tag:CI")("tag:ci")]).toEqual([true, true, false]);
  });

  test("patterns match what their letters say", () => {
    const letters = ["a", "b", ".", "/", "[", "]", "{", "!", "\\", "(", "|", "#", "-", "😀"];
    const pattern = fc.array(fc.constantFrom(...letters, "*", "?", "**"), { minLength: 1, maxLength: 6 }).map((parts) => parts.join("")).filter((text) => !text.includes("***") && !text.endsWith("/") && !/\*{2}[^/]|[^/]\*{2}/.test(text));
    const value = fc.array(fc.constantFrom(...letters, "*"), { maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(fc.property(pattern, value, (written, text) => {
      expect(matchName(written)(text)).toBe(written === text || matchesByLetters(written, text));
    }), { numRuns: 2000 });
  });
});

function anyName(): fc.Arbitrary<string> {
  return fc.constantFrom(...AWKWARD_NAMES);
}

/** Letter by letter; `*` alone wants a segment that is not empty, and `/**` at the end of a pattern wants one at all. */
function matchesByLetters(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return false;
  const wanted = pattern.split("/");
  const given = text.split("/");
  const from = (i: number, j: number): boolean => {
    const segment = wanted[i];
    const value = given[j];
    if (segment === undefined) return value === undefined;
    if (segment === "**" && i > 0 && i === wanted.length - 1) return value !== undefined;
    if (segment === "**") return from(i + 1, j) || (value !== undefined && from(i, j + 1));
    const isEmpty = value === "" && /^\*+$/.test(segment);
    return value !== undefined && !isEmpty && matchesSegment(Array.from(segment), Array.from(value)) && from(i + 1, j + 1);
  };
  return from(0, 0);
}

function matchesSegment([first, ...rest]: readonly string[], letters: readonly string[]): boolean {
  if (first === undefined) return letters.length === 0;
  const [letter, ...others] = letters;
  if (first === "*") return matchesSegment(rest, letters) || (letter !== undefined && matchesSegment([first, ...rest], others));
  return letter !== undefined && (first === "?" || first === letter) && matchesSegment(rest, others);
}
