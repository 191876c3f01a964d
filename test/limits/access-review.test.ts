import { describe, expect, test } from "vitest";
import { parseGatewayAccess } from "../../src/aperture/gateway/parse-gateway-access.ts";
import type { GatewayProviders } from "../../src/ledger/gateway/gateway-providers.ts";
import type { ReviewedUse } from "../../src/limits/access/access-review.ts";
import { isUnresolved, knownPeople, mayMean } from "../../src/limits/access/unresolved-source.ts";
import { grantsOf, POLICY, review, useOf } from "./reviewed.ts";

const ANN = "ann@example.com";
const OPUS = "anthropic/claude-opus-4-8";

function named({ caller, model, lacks }: ReviewedUse): string {
  return `${caller} ${model}: ${lacks?.join(", ") ?? "not judged"}`;
}

/** Whether a use is covered by grants of these patterns. */
function isCovered(address: string, ...models: string[]): boolean {
  return review(grantsOf({ src: "*", models }), [useOf(ANN, address)]).uncovered.length === 0;
}

describe("a model is covered", () => {
  test.each<[string, string, boolean]>([
    ["**", "private-llm/qwen3", true],
    ["anthropic/**", OPUS, true],
    ["anthropic/*", OPUS, true],
    ["anthropic/*", "openrouter/anthropic/claude", false],
    ["*/claude-opus*", OPUS, true],
    ["*/claude-opus*", "openrouter/anthropic/claude-opus-4-8", false],
    ["**/claude-opus*", "openrouter/anthropic/claude-opus-4-8", true],
    ["openrouter/**", "openrouter/anthropic/claude-opus-4-8", true],
    ["*", OPUS, false],
    ["claude-opus-4-8", OPUS, false],
    [OPUS, OPUS, true],
    [OPUS, "anthropic/claude-opus-4-8-fast", false],
    ["anthropic/claude.opus*", OPUS, false],
  ])("by %s of %s: %s", (pattern, address, covered) => {
    expect(isCovered(address, pattern)).toBe(covered);
  });

  test("by what several grants give together: roles of one, models of another, and a narrow pattern takes nothing away", () => {
    const grants = grantsOf({ src: ANN, models: ["anthropic/claude-haiku*"], role: null }, { src: "*", models: ["anthropic/**"], role: null }, { src: "autogroup:member", role: "user" });
    expect(review(grants, [useOf(ANN, OPUS)]).uncovered).toEqual([]);
  });

  test("by the older form of grants", () => {
    const { grants } = parseGatewayAccess(`{"temp_grants": [{"src": ["${ANN}"], "grants": [{"role": "user"}, {"providers": [{"provider": "anthropic", "model": "*"}]}]}]}`, "the gateway");
    const { uncovered } = review(grants, [useOf(ANN, OPUS), useOf(ANN, "openai/gpt-5")]);
    expect(uncovered.map(named)).toEqual([`${ANN} openai/gpt-5: models`]);
  });

  test("by a grant of the tailnet policy, at every gateway", () => {
    const uses = [useOf(ANN, OPUS), useOf(ANN, OPUS, { instance: "lab" })];
    const access = new Map([["prod", { grants: [] }], ["lab", { grants: [] }]]);
    expect(review([], uses, { access }).uncovered).toHaveLength(2);
    expect(review([], uses, { access, tailnetGrants: grantsOf({ src: ANN, models: ["**"] }) }).uncovered).toEqual([]);
  });
});

describe("a grant means", () => {
  const CALLERS = [ANN, "cat@example.com", "dan@elsewhere.example", "tag:ci", "tag:api,tag:prod", "tagged-devices"];

  test.each<[string, string[]]>([
    ["*", CALLERS],
    ["Ann@Example.com", [ANN]],
    ["*@example.com", [ANN, "cat@example.com"]],
    ["group:web", ["cat@example.com"]],
    ["tag:prod", ["tag:api,tag:prod"]],
    ["autogroup:member", [ANN, "cat@example.com", "dan@elsewhere.example"]],
    ["autogroup:tagged", ["tag:ci", "tag:api,tag:prod"]],
    ["autogroup:admin", []],
    ["group:of-nobody", []],
    ["ci", []],
  ])("by %s: %j", (src, meant) => {
    const { uncovered } = review(grantsOf({ src, models: ["**"] }), CALLERS.map((caller) => useOf(caller, OPUS)));
    expect(CALLERS.filter((caller) => !uncovered.some((use) => use.caller === caller))).toEqual(meant);
  });
});

describe("uncovered", () => {
  test("says whether a role or a model is lacking, most requests first", () => {
    const grants = grantsOf({ src: ANN, models: ["anthropic/**"] }, { src: "tag:ci", role: null, models: ["**"] });
    const uses = [useOf(ANN, "openai/gpt-5"), useOf("tag:ci", OPUS, { requests: 7 }), useOf("eve@example.com", OPUS, { requests: 3 }), useOf(ANN, OPUS)];
    expect(review(grants, uses).uncovered.map(named)).toEqual([`tag:ci ${OPUS}: role`, `eve@example.com ${OPUS}: role, models`, `${ANN} openai/gpt-5: models`]);
  });

  test("is only what was answered", () => {
    const uses = (["denied", "rejected", "error"] as const).map((statusClass) => useOf(ANN, OPUS, { statusClass }));
    expect(review([], uses).uncovered).toEqual([]);
  });

  test("names grants that may cover it, where only Tailscale can tell whom they mean", () => {
    const grants = grantsOf({ src: "autogroup:admin", models: ["anthropic/**"] }, { src: ["group:gone", "100.64.0.9"], role: null, models: ["openai/**"] }, { src: "group:web", models: ["**"] });
    const undecidedOf = (caller: string, address: string) => review(grants, [useOf(caller, address)]).uncovered[0]!.undecided.map(({ origin }) => origin);
    expect(undecidedOf(ANN, OPUS)).toEqual(["grants[0]"]);
    expect(undecidedOf(ANN, "openai/gpt-5")).toEqual(["grants[0]", "grants[1]"]);
    // an address may be a tagged device's, an autogroup of people may not
    expect(undecidedOf("tag:ci", "openai/gpt-5")).toEqual(["grants[1]"]);
  });

  test("judges nothing at a gateway whose grants are not known", () => {
    const uses = [useOf(ANN, OPUS, { instance: "old" }), useOf(ANN, OPUS, { instance: "old", statusClass: "denied" })];
    const { uncovered, denied } = review([], uses);
    expect([uncovered, denied.map(named)]).toEqual([[], [`${ANN} ${OPUS}: not judged`]]);
  });
});

describe("unused", () => {
  const usedAt = (at: string): ReturnType<typeof useOf>[] => [useOf(ANN, OPUS, { at }), useOf("bob@example.com", "openai/gpt-5")];
  const unusedOf = (grants: ReturnType<typeof grantsOf>, uses: ReturnType<typeof usedAt>, policy = POLICY) =>
    review(grants, uses, { policy }).unused.map(({ grant, pattern, lastUsed }) => `${grant.origin} ${pattern} ${lastUsed?.toISOString() ?? "never"}`);

  test("is a pattern that nobody used from the day on, with the time of its last use", () => {
    const grants = grantsOf({ src: ANN, models: ["anthropic/**", "openai/**"] });
    expect(unusedOf(grants, usedAt("2026-08-02T23:59:59.999Z"))).toEqual(["grants[0] anthropic/** 2026-08-02T23:59:59.999Z", "grants[0] openai/** never"]);
  });

  test("is not what was used exactly then", () => {
    expect(unusedOf(grantsOf({ src: ANN, models: ["anthropic/**"] }), usedAt("2026-08-03T00:00:00.000Z"))).toEqual([]);
  });

  test("is each grant for itself: what one request was covered by twice was used twice", () => {
    expect(unusedOf(grantsOf({ src: "*", models: ["**"] }, { src: ANN, models: ["*/claude-opus*"] }), usedAt("2026-10-01T00:00:00Z"))).toEqual([]);
  });

  test("is not what was let in and then failed or was rejected, and is what was denied", () => {
    const grants = grantsOf({ src: ANN, models: ["**"] });
    const unused = (["error", "rejected", "denied"] as const).filter((statusClass) => review(grants, [useOf(ANN, OPUS, { statusClass })]).unused.length > 0);
    expect(unused).toEqual(["denied"]);
  });

  test("is a policy's grant that was used at no gateway", () => {
    const tailnetGrants = grantsOf({ src: ANN, models: [OPUS] }, { src: ANN, models: ["openai/*"] });
    const { unused } = review([], [useOf(ANN, OPUS, { instance: "lab" })], { tailnetGrants });
    expect(unused.map(({ grant, pattern }) => [grant.instance, pattern])).toEqual([[null, "openai/*"]]);
  });

  test("may be used after all by somebody whom only Tailscale can tell", () => {
    const grants = grantsOf({ src: ["autogroup:admin", ANN], models: ["openai/*", "google/*"] });
    expect(review(grants, usedAt("2026-10-01T00:00:00Z")).unused.map(({ pattern, perhapsUsed }) => [pattern, perhapsUsed])).toEqual([["openai/*", true], ["google/*", false]]);
  });
});

test("unseen are the entries of src that mean nobody, each for itself; somebody who was only denied was seen, and an address may be a SCIM group's", () => {
  const grants = grantsOf({ src: [ANN, "gone@example.com"], models: ["**"] }, { src: "group:web", role: "admin" }, { src: ["tag:old", "autogroup:admin", "eve@example.com"] });
  const { unseen } = review(grants, [useOf(ANN, OPUS), useOf("eve@example.com", OPUS, { statusClass: "denied" })]);
  expect(unseen.map((one) => [one.grant.origin, one.entry, one.isUnresolved])).toEqual([
    ["grants[0]", "gone@example.com", true],
    ["grants[1]", "group:web", false],
    ["grants[2]", "tag:old", false],
    ["grants[2]", "autogroup:admin", true],
  ]);
});

describe("denied and rejected", () => {
  const grants = grantsOf(
    { src: "*", models: ["**"], buckets: ["daily:<user>", "team-monthly"] },
    { src: "autogroup:member", role: null, models: ["*/claude-opus*"], buckets: ["opus:<user>", "daily:<user>"] },
    { src: "tag:ci", role: null, models: ["**"], buckets: ["ci-monthly"] },
  );

  test("are told by caller and model, with the first and the last of them", () => {
    const [from, to] = [new Date("2026-10-01T00:00:00Z"), new Date("2026-10-05T00:00:00Z")];
    const { denied, rejected } = review(grantsOf({ src: ANN }), [useOf(ANN, OPUS, { statusClass: "denied", requests: 4, first: from, last: to }), useOf("tag:ci", OPUS)]);
    expect(denied).toEqual([expect.objectContaining({ instance: "prod", caller: ANN, callerType: "user", model: OPUS, requests: 4, first: from, last: to, lacks: ["models"] })]);
    expect(rejected).toEqual([]);
  });

  test("rejected ones name every bucket of every grant that covers them, as written", () => {
    const { rejected } = review(grants, [useOf(ANN, OPUS, { statusClass: "rejected" }), useOf("tag:ci", OPUS, { statusClass: "rejected" }), useOf(ANN, "openai/gpt-5", { statusClass: "rejected" })]);
    expect(rejected.map(({ caller, model, buckets }) => [caller, model, buckets])).toEqual([
      [ANN, OPUS, ["daily:<user>", "opus:<user>", "team-monthly"]],
      [ANN, "openai/gpt-5", ["daily:<user>", "team-monthly"]],
      ["tag:ci", OPUS, ["ci-monthly", "daily:<user>", "team-monthly"]],
    ]);
  });
});

describe("not found", () => {
  const PROVIDERS: GatewayProviders = [
    { ...providerOf("anthropic"), models: ["claude-opus-4-8", "claude-haiku-4-5"] },
    { ...providerOf("openai"), models: ["gpt-5"], disabled: true },
    { ...providerOf("local"), models: [] },
  ];
  const grants = grantsOf({ src: ANN, models: ["anthropic/claude-opus*", "openai/**", "local/**"] }, { src: "bob@example.com", role: null, models: ["**"] });

  test.each<[string, string, string, string | null, boolean | null]>([
    ["a model that no grant covers", ANN, "anthropic/claude-haiku-4-5", "not_granted", true],
    ["a model that the provider does not have", ANN, "anthropic/claude-opus-9", "not_served", false],
    ["a model that a provider had, which is disabled", ANN, "openai/gpt-5", "not_served", false],
    ["a model that is neither granted nor served", ANN, "anthropic/claude-gone", "not_served", false],
    ["a model that is granted and served", ANN, OPUS, "unexplained", true],
    ["a model of a provider that lists none", ANN, "local/qwen3", "unexplained", null],
    ["a model of a provider that lists none, and that no grant covers", "cat@example.com", "local/qwen3", "not_granted", null],
    ["a model whose provider the ledger guessed, and which another one serves", "bob@example.com", "unknown/claude-opus-4-8", "unexplained", true],
    ["a caller without a role", "bob@example.com", OPUS, "unexplained", true],
  ])("is %s: %s, %s", (_, caller, address, why, served) => {
    const { notFound, denied } = review(grants, [useOf(caller, address, { statusClass: "not_found" })], { access: new Map([["prod", { grants, providers: PROVIDERS }]]) });
    expect([notFound.map((use) => [use.why, use.served]), denied]).toEqual([[[why, served]], []]);
  });

  test("is not judged at a gateway that is not known, and not as to providers where those are not", () => {
    const { notFound } = review(grants, [useOf(ANN, OPUS, { statusClass: "not_found", instance: "old", requests: 2 }), useOf(ANN, OPUS, { statusClass: "not_found" })]);
    expect(notFound.map(({ instance, why, served, lacks }) => [instance, why, served, lacks])).toEqual([["old", null, null, null], ["prod", "unexplained", null, []]]);
  });

  test("is a use of a grant only where the gateway may have let it in", () => {
    const access = new Map([["prod", { grants, providers: PROVIDERS }]]);
    const unusedOf = (address: string): string[] => review(grants, [useOf(ANN, address, { statusClass: "not_found" })], { access }).unused.map(({ pattern }) => pattern);
    expect(unusedOf("anthropic/claude-opus-9")).toContain("anthropic/claude-opus*");
    expect(unusedOf(OPUS)).not.toContain("anthropic/claude-opus*");
  });
});

describe("only Tailscale can tell", () => {
  test.each<[string, boolean, boolean]>([
    ["*", false, false],
    ["tag:ci", false, false],
    ["*@example.com", false, false],
    ["autogroup:member", false, false],
    ["autogroup:tagged", false, false],
    ["autogroup:admin", true, false],
    ["group:web", false, false],
    ["group:gone", true, false],
    ["Ann@Example.com", false, false],
    ["CAT@example.com", false, false],
    ["eve@example.com", true, false],
    ["100.64.0.9", true, true],
    ["ai", true, true],
  ])("whom %s means: %s, and whether a tagged device may be meant: %s", (entry, unresolved, device) => {
    expect(isUnresolved(entry, POLICY, knownPeople([useOf(ANN, OPUS)], POLICY))).toBe(unresolved);
    expect(unresolved && mayMean(entry, { callerType: "tag" })).toBe(device);
    expect(isUnresolved("cat@example.com", null, knownPeople([], null))).toBe(true);
  });

  test("whether an address of nobody who is known is a SCIM group, and whom it means", () => {
    const grants = grantsOf({ src: "eng@example.com", models: ["anthropic/**"] }, { src: ANN, models: ["openai/**"] }, { src: "dan@example.com", models: ["anthropic/**"] });
    const { uncovered, unused } = review(grants, [useOf(ANN, OPUS), useOf("tag:ci", OPUS)]);
    expect(uncovered.map(({ caller, undecided }) => [caller, undecided.map(({ origin }) => origin)])).toEqual([[ANN, ["grants[0]"]], ["tag:ci", []]]);
    // Ann made a request and Dan is a member of group:web: both are people.
    expect(unused.map(({ grant, perhapsUsed }) => [grant.origin, perhapsUsed])).toEqual([["grants[0]", true], ["grants[1]", false], ["grants[2]", false]]);
  });

  test("whether a device has the posture that a grant asks for", () => {
    const grants = grantsOf({ src: ANN, models: ["anthropic/**"], postures: ["posture:managed"] });
    const { uncovered, unused, unseen } = review(grants, [useOf(ANN, OPUS), useOf("bob@example.com", OPUS)]);
    expect(uncovered.map(({ caller, lacks, undecided }) => [caller, lacks, undecided.map(({ origin }) => origin)])).toEqual([[ANN, ["role", "models"], ["grants[0]"]], ["bob@example.com", ["role", "models"], []]]);
    expect([unused.map(({ perhapsUsed }) => perhapsUsed), unseen]).toEqual([[true], []]);
  });
});

test("what grants give beside models is listed and not judged", () => {
  const grants = grantsOf({ src: ANN, models: ["**"], others: [{ kind: "connectors", patterns: ["github/**"] }, { kind: "mcp_tools", patterns: [] }] });
  expect(review(grants, []).notJudged.map(({ grant, kind, patterns }) => [grant.origin, kind, patterns])).toEqual([["grants[0]", "connectors", ["github/**"]], ["grants[0]", "mcp_tools", []]]);
});

describe("the most specific pattern of a grant decides", () => {
  test.each<[string[], string]>([
    [["**", "*/claude-opus*"], "*/claude-opus*"],
    [["anthropic/*", OPUS, "anthropic/claude*"], OPUS],
    [[`${OPUS}*`, OPUS], OPUS],
    [["anthropic/**", "anthropic/*"], "anthropic/*"],
    [["anthropic/claude-*8", "anthropic/claude-*-8"], "anthropic/claude-*-8"],
    [["anthropic/*-opus-*", "anthropic/claud*"], "anthropic/*-opus-*"],
    [["*/claude-opus-4-?", "*/claude-opus-?-8"], "*/claude-opus-4-?"],
  ])("of %j: %s", (models, decides) => {
    const { rejected, unused } = review(grantsOf({ src: ANN, models }), [useOf(ANN, OPUS, { statusClass: "rejected" })]);
    expect(rejected[0]?.coveredBy.map(({ pattern }) => pattern)).toEqual([decides]);
    expect(unused.map(({ pattern, overruled }) => [pattern, overruled])).toEqual(models.filter((model) => model !== decides).map((model) => [model, true]));
  });

  test("one of each grant, and every bucket of every pattern that matches is charged", () => {
    const grants = [...grantsOf({ src: "*", models: ["**"], buckets: ["daily:<user>"] }), ...grantsOf({ src: ANN, models: ["anthropic/**"] })];
    grants[0] = { ...grants[0]!, models: [...grants[0]!.models, { pattern: "*/claude-opus*", buckets: ["opus"], overdrafts: [{ bucket: "opus", lenders: ["extra"] }] }] };
    const [use] = review(grants, [useOf(ANN, OPUS, { statusClass: "rejected" })]).rejected;
    expect([use?.coveredBy.map(({ pattern }) => pattern), use?.buckets]).toEqual([["*/claude-opus*", "anthropic/**"], ["daily:<user>", "extra", "opus"]]);
  });
});

function providerOf(id: string): GatewayProviders[number] {
  return { id, authMode: "override", models: [], tailnet: false, disabled: false, preference: 0 };
}
