import { describe, expect, test } from "vitest";
import type { UsageKey } from "../../src/ledger/usage/usage-key.ts";
import { whoPays, type Written } from "./who-pays.ts";

const directory = {
  teams: [
    { name: "payments", members: ["ann@example.com", "bob@example.com"] },
    { name: "web", members: ["ann@example.com", "tag:ci"] },
    { name: "research", members: [] },
  ],
};
const rules = (...all: unknown[]): Written => ({ directory, allocation: { rules: all } });

describe("a caller of several teams", () => {
  test("is paid for by the first of them in configured order, unless something else is said", () => {
    expect(whoPays({ directory }, { by: "ann@example.com" })).toEqual(["payments (primary, default): 1.000000000"]);
    expect(whoPays({ directory, allocation: { several: "even" } }, { by: "ann@example.com", cost: 3n })).toEqual([
      "payments (split_even, default, 1 of 2): 0.000000002",
      "web (split_even, default, 1 of 2): 0.000000001",
    ]);
    expect(whoPays({ directory, allocation: { several: "unallocated" } }, { by: "ann@example.com" })).toEqual(["(unallocated) (unallocated, default): 1.000000000"]);
  });

  test.each<[string, object, string[]]>([
    ["one team", { team: "research" }, ["research (rule, allocation.rules[0]): 1.000000000"]],
    ["the first in configured order", { primary: true }, ["payments (primary, allocation.rules[0]): 1.000000000"]],
    ["the first in an order of its own", { primary: ["research", "web", "payments"] }, ["web (primary, allocation.rules[0]): 1.000000000"]],
    ["all of them", { split: "even" }, ["payments (split_even, allocation.rules[0], 1 of 2): 0.500000000", "web (split_even, allocation.rules[0], 1 of 2): 0.500000000"]],
    [
      "named parts",
      { name: "agreed in May", split: { payments: 70, research: 30.5 } },
      ["payments (split_weights, agreed in May, 70 of 100.5): 0.696517413", "research (split_weights, agreed in May, 30.5 of 100.5): 0.303482587"],
    ],
    ["nobody", { unallocated: true }, ["(unallocated) (unallocated, allocation.rules[0]): 1.000000000"]],
  ])("may be paid for by %s", (_name, outcome, expected) => {
    expect(whoPays(rules({ when: { teams: "several" }, ...outcome }), { by: "ann@example.com" })).toEqual(expected);
    expect(whoPays(rules({ when: { teams: "several" }, ...outcome }), { by: "bob@example.com" })).toEqual(["payments (member, directory): 1.000000000"]);
  });
});

describe("rules", () => {
  test("are asked in order, and the first that applies decides", () => {
    const written = rules({ when: { caller: "bob@example.com" }, team: "web" }, { when: {}, team: "research" });
    expect(whoPays(written, { by: "bob@example.com" }, { by: "stranger@example.com", cost: 7n })).toEqual([
      "research (rule, allocation.rules[1]): 0.000000007",
      "web (rule, allocation.rules[0]): 1.000000000",
    ]);
  });

  test("that have nothing to say leave a caller to the next", () => {
    const written = rules({ when: { teams: "none" }, split: "even" }, { when: { teams: "none" }, primary: true }, { when: { teams: "none" }, team: "research" });
    expect(whoPays(written, { by: "stranger@example.com" })).toEqual(["research (rule, allocation.rules[2]): 1.000000000"]);
  });

  test.each<[string, object, Partial<UsageKey>, string]>([
    ["caller", { caller: "BOB@example.com" }, { caller: "bob@example.com" }, "ann@example.com"],
    ["one of several patterns", { caller: ["x", "b*"] }, { caller: "bob@example.com" }, "ann@example.com"],
    ["gateway", { gateway: "eu-*" }, { instance: "eu-west" }, ""],
    ["provider", { provider: "bedrock" }, { provider: "bedrock" }, ""],
    ["model", { model: "claude-opus*" }, { model: "claude-opus-4-8" }, "claude-haiku-4-5"],
    ["billing", { billing: "self_hosted" }, { billing: "self_hosted" }, ""],
    ["a dimension", { repo: "acme/pay*" }, { dimensions: { repo: "acme/payments" } }, ""],
    ["all of several", { model: "claude-opus*", repo: "acme/payments" }, { model: "claude-opus-4-8", dimensions: { repo: "acme/payments" } }, ""],
  ])("look at the %s", (_name, when, of) => {
    const written = rules({ when, team: "research" });
    const other = { by: "stranger@example.com", of: { model: "other" } };
    expect(whoPays(written, { by: "stranger@example.com", of })[0]).toMatch(/^research \(rule/);
    expect(whoPays(written, other)[0]).toMatch(/^\(unallocated\)/);
  });

  test("look at groups of the policy, and at a dimension that is not there", () => {
    const policies = { "2026-01-01": { groups: { "group:on-call": ["Bob@Example.com"] } } };
    expect(whoPays({ ...rules({ when: { group: "group:on-call" }, team: "research" }), policies }, { by: "bob@example.com" })[0]).toMatch(/^research/);
    const bare = rules({ when: { tag: "tag:ci", repo: null }, unallocated: true });
    expect(whoPays(bare, { by: "tag:ci" })[0]).toMatch(/^\(unallocated\) tag:ci \(unallocated, allocation.rules\[0\]\)/);
    expect(whoPays(bare, { by: "tag:ci", of: { dimensions: { repo: "acme/web" } } })[0]).toMatch(/^web tag:ci \(member/);
  });

  test("hold from a day until a day", () => {
    const written = rules({ when: {}, team: "research", from: "2026-10-03", until: "2026-10-05" });
    const at = (day: string): string => whoPays(written, { by: "bob@example.com", at: `${day}T00:00:00Z` })[0]!.split(" ", 1)[0]!;
    expect(["2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05"].map(at)).toEqual(["payments", "research", "research", "payments"]);
  });
});

describe("a tag is split by a dimension", () => {
  const written = rules({ name: "ci by repository", when: { tag: "tag:ci" }, by: "repo", teams: { "acme/payments": "payments", "acme/*": "research" } });
  const ci = (repo?: string): string => whoPays(written, { by: "tag:ci", of: { dimensions: repo === undefined ? {} : { repo } } })[0]!;

  test("by the value's first pattern, and what no value says goes to whoever has the tag", () => {
    expect(ci("acme/payments")).toBe("payments tag:ci (rule, ci by repository): 1.000000000");
    expect(ci("acme/labs")).toBe("research tag:ci (rule, ci by repository): 1.000000000");
    expect(ci("elsewhere/x")).toBe("web tag:ci (member, directory): 1.000000000");
    expect(ci()).toBe("web tag:ci (member, directory): 1.000000000");
  });

  test("or by a rule for a value, as the guide has it", () => {
    const each = rules({ when: { tag: "tag:ci", repo: "acme/payments" }, team: "payments" });
    expect(whoPays(each, { by: "tag:ci", of: { dimensions: { repo: "acme/payments" } } })).toEqual(["payments tag:ci (rule, allocation.rules[0]): 1.000000000"]);
  });
});

test("a device of several tags is one request, split evenly: what is left over goes to the first tags by name", () => {
  expect(whoPays({ directory }, { by: "tag:a,tag:b,tag:c", cost: 5n })).toEqual([
    "(unallocated) tag:a (unallocated, directory): 0.000000002",
    "(unallocated) tag:b (unallocated, directory): 0.000000002",
    "(unallocated) tag:c (unallocated, directory): 0.000000001",
  ]);
});

test("what has no price has none in any part", () => {
  expect(whoPays({ directory, allocation: { several: "even" } }, { by: "ann@example.com", cost: null })).toEqual([
    "payments (split_even, default, 1 of 2): not priced",
    "web (split_even, default, 1 of 2): not priced",
  ]);
});
