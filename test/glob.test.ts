import { describe, expect, test } from "vitest";
import { compileGlob, isGlob } from "../src/glob.ts";

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
    ["*", ".hidden", true],
    ["{a,b}", "a", false],
    ["!a", "b", false],
    ["#a", "#a", true],
    ["@(a|b)", "a", false],
  ])("%s on %s", (pattern, text, matches) => {
    expect(compileGlob(pattern)(text)).toBe(matches);
  });

  test("what holds no pattern is a name, whatever signs are in it", () => {
    expect(["user00@example.com", "tag:ci", "a+(b)", "{a}"].map(isGlob)).toEqual([false, false, false, false]);
    expect(compileGlob("a+(b)")("a+(b)")).toBe(true);
  });
});
