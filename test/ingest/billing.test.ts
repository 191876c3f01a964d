import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BillingRule, billingDecider, rulesUntil } from "../../src/ingest/normaliser/billing.ts";
import type { GatewayProvider } from "../../src/ledger/gateway/gateway-providers.ts";
import { normaliser } from "../../src/ingest/normaliser/normalise.ts";
import { CREDENTIALS } from "../../src/ledger/usage/recorded-request.ts";
import { digestRules } from "../../src/ingest/normaliser/rules-digest.ts";
import { type Billing, BILLINGS } from "../../src/ledger/usage/usage-record.ts";
import { sampleRequest } from "./sample-request.ts";

const at = (day: number): number => Date.UTC(2026, 9, day);
const NOON = at(15) * 1000 + 43_200_000_000;

function provider(known: Partial<GatewayProvider> = {}): GatewayProvider {
  return { id: "plan", authMode: "passthrough", models: [], tailnet: false, disabled: false, preference: 0, ...known };
}

function rule(billing: Billing, known: Partial<BillingRule> = {}): BillingRule {
  return { provider: "plan", billing, from: null, ...known };
}

type Credential = (typeof CREDENTIALS)[number] | null;

function decide(credential: Credential, rules: readonly BillingRule[] = [], configured: GatewayProvider | undefined = provider(), ts = NOON): string {
  const { billing, billingAssumed } = billingDecider(rules)({ ts, credential }, "plan", configured);
  return billingAssumed ? `${billing}, assumed` : billing;
}

describe("a provider in passthrough is paid by whoever's credential came with the request", () => {
  test.each<[Credential, string]>([["subscription", "subscription"], ["api_key", "caller_key"], ["none", "metered"], [null, "subscription, assumed"]])("%s: %s", (credential, billing) => {
    expect(decide(credential)).toBe(billing);
  });

  test("what is seen overrides every rule; a rule decides where nothing is", () => {
    for (const ruled of BILLINGS) {
      expect(CREDENTIALS.map((credential) => decide(credential, [rule(ruled)]))).toEqual(["subscription", "caller_key", "metered"]);
      expect(decide(null, [rule(ruled)])).toBe(ruled);
    }
  });

  test("without a credential our own machines in the tailnet stay our own", () => {
    expect(decide("none", [], provider({ tailnet: true }))).toBe("self_hosted");
  });
});

describe("a provider that is not in passthrough", () => {
  test.each<[Partial<GatewayProvider>, string]>([[{ authMode: "override" }, "metered"], [{ authMode: "none" }, "self_hosted"], [{ authMode: "override", tailnet: true }, "self_hosted"]])("%j is paid the same whatever a client sends: %s", (known, billing) => {
    for (const credential of [...CREDENTIALS, null]) expect(decide(credential, [], provider(known))).toBe(billing);
  });

  test("is what a rule says, since the credential of a client goes nowhere", () => {
    for (const credential of [...CREDENTIALS, null]) expect(decide(credential, [rule("self_hosted")], provider({ authMode: "override" }))).toBe("self_hosted");
  });
});

describe("a provider that no configuration of the gateway knows", () => {
  const unknown = (credential: Credential, rules: readonly BillingRule[] = []): string => billingDecider(rules)({ ts: NOON, credential }, "plan").billing;

  test("is metered, or what a rule says", () => {
    expect(unknown("subscription")).toBe("metered");
    expect(unknown("subscription", [rule("self_hosted")])).toBe("self_hosted");
    expect(unknown(null, [rule("caller_key")])).toBe("caller_key");
  });

  test("is in passthrough where a rule says that its callers pay", () => {
    for (const ruled of ["subscription", "caller_key"] as const) expect(CREDENTIALS.map((credential) => unknown(credential, [rule(ruled)]))).toEqual(["subscription", "caller_key", "metered"]);
  });
});

describe("of several rules", () => {
  test("the one in force at the time of the request decides, from the first microsecond of its day on", () => {
    const rules = [rule("metered"), rule("caller_key", { from: at(10) }), rule("subscription", { from: at(20) })];
    const times = [at(10) * 1000 - 1, at(10) * 1000, at(20) * 1000 - 1, at(20) * 1000];
    expect(times.map((ts) => decide(null, rules, provider(), ts))).toEqual(["metered", "caller_key", "caller_key", "subscription"]);
    expect(decide(null, rules.slice(1), provider(), at(5) * 1000)).toBe("subscription, assumed");
  });

  test("entries of one text are one rule over time: the later one wins whatever their order, and of the same day the one further down", () => {
    expect(decide(null, [rule("caller_key", { from: at(10) }), rule("metered", { from: at(1) })])).toBe("caller_key");
    expect(decide(null, [rule("caller_key", { from: at(10) }), rule("metered", { from: at(10) })])).toBe("metered");
    expect(decide(null, [rule("caller_key"), rule("metered")])).toBe("metered");
  });

  test("only those count whose name is the provider's or whose pattern matches it", () => {
    expect(decide(null, [rule("metered", { provider: "pl*" })])).toBe("metered");
    expect(decide(null, [rule("metered", { provider: "plan[1]" }), rule("caller_key", { provider: "pla" })])).toBe("subscription, assumed");
  });

  test("for any rules, time and order", () => {
    const some = fc.record({ provider: fc.constantFrom("plan", "p*", "*n", "other"), billing: fc.constantFrom(...BILLINGS), from: fc.option(fc.integer({ min: 0, max: 5 })) });
    fc.assert(fc.property(fc.array(some, { maxLength: 8 }), fc.integer({ min: 0, max: 6 }), (rules, millisecond) => {
      const patterns = [...new Set(rules.map((one) => one.provider))].filter((text) => text.includes("*"));
      let expected: string | undefined;
      for (const text of ["plan", ...patterns]) {
        let start = Number.NEGATIVE_INFINITY;
        let ruled: string | undefined;
        for (const one of rules) {
          const from = one.from ?? Number.NEGATIVE_INFINITY;
          if (one.provider === text && from <= millisecond && from >= start) [ruled, start] = [one.billing, from];
        }
        expected ??= ruled;
      }
      expect(decide(null, rules, provider(), millisecond * 1000)).toBe(expected ?? "subscription, assumed");
    }));
  });

  test("a written-out name decides before every pattern, wherever and from whenever on it is written, and gives way while it is not in force", () => {
    const named = rule("caller_key", { from: at(10) });
    const pattern = rule("metered", { provider: "*", from: at(12) });
    for (const rules of [[named, pattern], [pattern, named]]) expect(decide(null, rules)).toBe("caller_key");
    expect(decide(null, [rule("self_hosted", { provider: "p*" }), named], provider(), at(10) * 1000 - 1)).toBe("self_hosted");
  });

  test("of patterns the one further up decides, as in the price list", () => {
    const [one, other] = [rule("metered", { provider: "pl*" }), rule("caller_key", { provider: "*", from: at(10) })];
    expect(decide(null, [one, other])).toBe("metered");
    expect(decide(null, [other, one])).toBe("caller_key");
    expect(decide(null, [other, one], provider(), at(9) * 1000)).toBe("metered");
  });
});

describe("rules and exports", () => {
  const rules = [rule("metered"), rule("caller_key", { from: at(10) }), rule("subscription", { from: at(20) })];
  const digestAt = (given: readonly BillingRule[], day: number): string => digestRules({ instance: "prod", gateway: [], dimensions: new Map<string, string>(), billing: rulesUntil(given, new Date(at(day))) });

  test("an export is stale by rules that its records can meet, which may be a day younger than it is", () => {
    expect(rulesUntil(rules, new Date(at(8)))).toHaveLength(1);
    expect(rulesUntil(rules, new Date(at(9)))).toHaveLength(2);
    expect(digestAt(rules, 15)).toBe(digestAt(rules.slice(0, 2), 15));
    expect(digestAt(rules, 15)).not.toBe(digestAt(rules.slice(0, 1), 15));
    expect(digestAt(rules, 25)).not.toBe(digestAt(rules.slice(0, 2), 25));
  });

  test("the usage record says who pays and whether that is assumed, and nothing of the credential", () => {
    const gateway = [{ from: null, providers: [provider()] }];
    const normalise = normaliser("x.cbor.zstd", { instance: "prod", gateway, dimensions: new Map<string, string>(), billing: [] });
    const known = { model: "plan/x" };
    expect(normalise(sampleRequest(known))).toMatchObject({ billing: "subscription", billingAssumed: true });
    const seen = normalise(sampleRequest({ ...known, credential: "api_key" }));
    expect(seen).toMatchObject({ billing: "caller_key", billingAssumed: false });
    expect(JSON.stringify(seen, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))).not.toContain("api_key");
  });
});
