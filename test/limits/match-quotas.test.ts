import { expect, test } from "vitest";
import { bucketMatcher } from "../../src/limits/quotas/match-quotas.ts";
import { grant, request, rule } from "./quota-requests.ts";

const QUOTAS = ["user:<user>", "node:<node>", "both:<user>:<node>", "opus", "tail"].map((name) => rule(name, 1n, 1n));
const matches = bucketMatcher(
  {
    quotas: QUOTAS,
    grants: [
      grant(["*"], ["**", "user:<user>", "node:<node>"], ["anthropic/claude-opus*", "opus"]),
      grant(["group:web", "tag:ci"], ["*/*", "both:<user>:<node>", "user:<user>"]),
      grant(["nobody@example.com"], ["**", "tail"]),
    ],
  },
  [grant(["tag:ci"], ["openrouter/**", "tail"])],
  { groups: new Map([["group:web", ["Bob@Example.com"]]]), tagOwners: new Map() },
);

test.each<[string, Parameters<typeof request>[0], string[]]>([
  ["a person", { at: 0n }, ["user:ann@example.com", "node:n1"]],
  ["a member of a group, each bucket once", { at: 0n, caller: "bob@example.com" }, ["user:bob@example.com", "node:n1", "both:bob@example.com:n1"]],
  ["a model recorded with its provider", { at: 0n, provider: "anthropic", modelRecorded: "anthropic/claude-opus-4-8" }, ["user:ann@example.com", "node:n1", "opus"]],
  ["a model recorded without", { at: 0n, provider: "anthropic", modelRecorded: "claude-opus-4-8" }, ["user:ann@example.com", "node:n1", "opus"]],
  ["a model of somebody else that is served by another provider", { at: 0n, provider: "openrouter", modelRecorded: "anthropic/claude-opus-4-8" }, ["user:ann@example.com", "node:n1"]],
  ["a device of tags", { at: 0n, caller: "tag:ci,tag:prod", tags: ["tag:ci", "tag:prod"], nodeId: "n2" }, ["user:tag:ci,tag:prod", "node:n2", "both:tag:ci,tag:prod:n2"]],
  ["a grant of the tailnet policy", { at: 0n, caller: "tag:ci", tags: ["tag:ci"], provider: "openrouter", modelRecorded: "a/b" }, ["user:tag:ci", "node:n1", "tail"]],
  ["a node that was not recorded", { at: 0n, nodeId: null }, ["user:ann@example.com", "node:unknown"]],
  ["a login that looks like a replacement", { at: 0n, caller: "$&<node>@example.com" }, ["user:$&<node>@example.com", "node:n1"]],
])("buckets of %s", (_, asked, names) => {
  expect(matches(request(asked)).flat().map(({ name }) => name)).toEqual(names);
});
