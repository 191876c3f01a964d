import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseGatewayAccess, parsePolicyGrants } from "../../src/aperture/gateway/parse-gateway-access.ts";
import { checkQuotas } from "../../src/limits/quotas/check-quotas.ts";
import { describeWithFixtures } from "../fixtures.ts";

function problems(names: readonly string[], used: readonly string[] = names, policy = "{}"): string[] {
  const quotas = names.map((name) => `  ${JSON.stringify(name)}: {"capacity": "$1", "rate": "$1/day"},\n`).join("");
  const buckets = JSON.stringify(used.map((bucket) => ({ bucket })));
  const text = `{"quotas": {\n${quotas}},\n"grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"models": "**", "quotas": ${buckets}}]}}]}`;
  return checkQuotas(parseGatewayAccess(text, "it"), parsePolicyGrants(policy, "policy")).map(({ problem }) => problem);
}

describeWithFixtures("the quotas of a real configuration", ["aperture-config.hujson"], (pathOf) => {
  test("have nothing that cannot be meant", () => {
    expect(checkQuotas(parseGatewayAccess(readFileSync(pathOf("aperture-config.hujson"), "utf8"), "it"))).toEqual([]);
  });
});

describe("what cannot be meant is named with line and column", () => {
  test("a bucket that no grant uses", () => {
    expect(problems(["a", "b"], ["a"])).toEqual(["no grant uses the bucket b (line 3, column 3): nothing is charged to it"]);
  });

  test("a bucket that a grant of the tailnet policy uses is used", () => {
    const policy = '{"grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"models": "**", "quotas": [{"bucket": "b"}]}]}}]}';
    expect(problems(["a", "b"], ["a"], policy)).toEqual([]);
  });

  test("a grant that names no bucket there is", () => {
    expect(problems(["a"], ["a", "c", "c"])).toEqual(["grants[0] (line 4, column 12) names the bucket c, which is not in quotas: it limits nothing"]);
  });

  test("a bucket that a chain borrows from is used, whoever names it, and has to be there", () => {
    const text = `{"quotas": {
      "a": {"capacity": "$1"}, "b": {"capacity": "$1"}, "c": {"capacity": "$1", "overdraft": ["d", "gone"]}, "d": {"capacity": "$1"}},
      "grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"models": "**", "quotas": [{"bucket": "a", "overdraft": ["b", "lost"]}, {"bucket": "c"}]}]}}]}`;
    expect(checkQuotas(parseGatewayAccess(text, "it")).map(({ problem }) => problem)).toEqual([
      "grants[0] (line 3, column 18) names the bucket lost, which is not in quotas: it limits nothing",
      "the bucket c (line 2, column 57) names the bucket gone, which is not in quotas: it limits nothing",
    ]);
  });

  test.each(['{"buckets": ["a"]}', '{"chain": {"first": "a"}}', '{"chain": []}', '{"quota": "a"}'])("a bucket in a form that is not known, once for each grant: %s", (written) => {
    const text = `{"quotas": {"b": {"capacity": "$1"}}, "grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"models": ["x/*", "y/*"], "quotas": [{"bucket": "b"}, ${written}, ${written}]}]}}]}`;
    expect(checkQuotas(parseGatewayAccess(text, "it")).map(({ problem }) => problem)).toEqual(["grants[0] (line 1, column 50) charges a bucket in a form that is not known: nothing is charged to it"]);
  });

  test("an overdraft in a form that is not known", () => {
    const text = '{"quotas": {"a": {"capacity": "$1"}, "b": {"capacity": "$1", "overdraft": 7}}, "grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"models": ["x/*", "y/*"], "quotas": [{"bucket": "a", "overdraft": true}, {"bucket": "b"}]}]}}]}';
    expect(checkQuotas(parseGatewayAccess(text, "it")).map(({ problem }) => problem)).toEqual([
      "grants[0] (line 1, column 91) gives the bucket a an overdraft in a form that is not known: the bucket is replayed without it",
      "the bucket b (line 1, column 38) has an overdraft in a form that is not known: the bucket is replayed without it",
    ]);
  });

  test.each([
    ["day:<user>", "day:<node>"],
    ["day:<user>", "day:ann@example.com"],
    ["<node>", "nXy12CNTRL"],
    ["<user>:day", "<node>:<user>"],
    ["a<user>", "ab<user>"],
    ["<user><node>", "<node>"],
  ])("%s and %s, which may have the same name", (one, other) => {
    expect(problems([one, other])).toEqual([`the buckets ${one} (line 2, column 3) and ${other} (line 3, column 3) may have the same name`]);
    expect(problems([other, one])).toHaveLength(1);
  });

  test("a bucket that is defined twice", () => {
    expect(problems(["a", "a"])).toEqual(["the bucket a is defined twice (line 2, column 3 and line 3, column 3): the later one counts"]);
  });
});

test.each([
  ["day:<user>", "opus:<user>"],
  ["day:<user>", "day:<user>:opus"],
  ["day:<user>", "day:total"],
  ["<user>", "team-monthly"],
  ["<user>:day", "<user>:week"],
  ["a.b:<user>", "axb:<user>"],
  ["a.b", "axb"],
])("%s and %s never have the same name", (one, other) => {
  expect(problems([one, other])).toEqual([]);
});
