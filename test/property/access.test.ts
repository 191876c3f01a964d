import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccessUse } from "../../src/limits/access/access-use.ts";
import type { AccessReview, ReviewedUse } from "../../src/limits/access/access-review.ts";
import type { AccessGrant } from "../../src/ledger/gateway/gateway-access.ts";
import { grantsOf, POLICY, review, UNUSED_SINCE, useOf } from "../limits/reviewed.ts";
import { runs } from "./runs.ts";

const CALLERS = ["ann@example.com", "cat@example.com", "tag:ci", "tag:api,tag:ci", "unknown"];
const ADDRESSES = ["anthropic/opus", "anthropic/haiku", "openai/gpt", "router/anthropic/opus"];
const SOURCES = ["*", ...CALLERS.slice(0, 3), "group:web", "autogroup:member", "autogroup:tagged", "autogroup:admin", "gone@example.com"];
/** Patterns, and what of the addresses they match, worked out by hand. */
const MATCHES: Readonly<Record<string, readonly string[]>> = {
  "**": ADDRESSES,
  "*/*": ADDRESSES.slice(0, 3),
  "anthropic/*": ADDRESSES.slice(0, 2),
  "**/opus": ["anthropic/opus", "router/anthropic/opus"],
  "openai/gpt": ["openai/gpt"],
  "mistral/**": [],
};
/** The more specific first. */
const SPECIFIC = ["openai/gpt", "anthropic/*", "mistral/**", "**/opus", "*/*", "**"];
/** Whom each source means, worked out by hand. */
const MEANS: Readonly<Record<string, readonly string[]>> = {
  "*": CALLERS,
  "ann@example.com": ["ann@example.com"],
  "cat@example.com": ["cat@example.com"],
  "tag:ci": ["tag:ci", "tag:api,tag:ci"],
  "group:web": ["cat@example.com"],
  "autogroup:member": ["ann@example.com", "cat@example.com"],
  "autogroup:tagged": ["tag:ci", "tag:api,tag:ci"],
};

const written = fc.record({
  src: fc.subarray(SOURCES),
  role: fc.constantFrom(null, "user", "admin"),
  models: fc.subarray(Object.keys(MATCHES)),
  buckets: fc.subarray(["daily:<user>", "ci-monthly", "opus:<user>"]),
});
const grants = fc.array(written, { maxLength: 12 }).map((all) => grantsOf(...all));
const use = fc
  .record({
    caller: fc.constantFrom(...CALLERS),
    address: fc.constantFrom(...ADDRESSES),
    statusClass: fc.constantFrom("ok", "rejected", "denied", "error", "not_found"),
    requests: fc.integer({ min: 1, max: 9 }),
    last: fc.date({ min: new Date("2026-07-01T00:00:00Z"), max: new Date("2026-10-31T00:00:00Z"), noInvalidDate: true }),
  })
  .map(({ caller, address, ...how }) => useOf(caller, address, { ...how, first: how.last }));
/** As the ledger has them: one for each caller, model and outcome. */
const uses = fc.uniqueArray(use, { selector: ({ caller, provider, model, statusClass }) => JSON.stringify([caller, provider, model, statusClass]), maxLength: 30 });

const keyOf = ({ caller, model }: ReviewedUse): string => `${caller} ${model}`;
const addressOf = ({ provider, model }: AccessUse): string => `${provider}/${model}`;
const gives = ({ src }: AccessGrant, { caller }: AccessUse): boolean => src.some((entry) => MEANS[entry]?.includes(caller));

describe("for any grants and uses", () => {
  test("covered is exactly what some grant to the caller names, with a role from some grant to the caller", () => {
    fc.assert(
      fc.property(grants, uses, (granted, all) => {
        const { uncovered } = review(granted, all);
        const expected = all.filter((one) => {
          const own = granted.filter((grant) => gives(grant, one));
          const isNamed = own.some(({ models }) => models.some(({ pattern }) => MATCHES[pattern]?.includes(addressOf(one))));
          return one.statusClass === "ok" && !(isNamed && own.some(({ roles }) => roles.length > 0));
        });
        expect(uncovered.map(keyOf).sort()).toEqual(expected.map((one) => `${one.caller} ${addressOf(one)}`).sort());
      }),
      runs(300),
    );
  });

  test("unused is exactly what nobody who has the grant was let in for", () => {
    fc.assert(
      fc.property(grants, uses, (granted, all) => {
        const unused = review(granted, all).unused.map(({ grant, pattern }) => `${grant.origin} ${pattern}`);
        const expected = granted.flatMap((grant) => {
          const recent = all.filter((one) => one.statusClass !== "denied" && one.last >= UNUSED_SINCE && gives(grant, one));
          const own = SPECIFIC.filter((pattern) => grant.models.some((models) => models.pattern === pattern));
          const decided = new Set(recent.map((one) => own.find((pattern) => MATCHES[pattern]?.includes(addressOf(one)))));
          return grant.models.filter(({ pattern }) => !decided.has(pattern)).map(({ pattern }) => `${grant.origin} ${pattern}`);
        });
        expect(unused).toEqual(expected);
      }),
      runs(300),
    );
  });

  test("the order of grants and uses does not matter", () => {
    const shuffled = fc.tuple(grants, uses).chain(([granted, all]) =>
      fc.record({ granted: fc.constant(granted), all: fc.constant(all), otherGrants: shuffle(granted), otherUses: shuffle(all) }),
    );
    fc.assert(
      fc.property(shuffled, ({ granted, all, otherGrants, otherUses }) => {
        expect(review(otherGrants, otherUses)).toEqual<AccessReview>(review(granted, all));
      }),
      runs(200),
    );
  });

  test("one more grant takes nothing away from anybody", () => {
    fc.assert(
      fc.property(grants, grants, uses, (granted, more, all) => {
        const before = new Set(review(granted, all).uncovered.map(keyOf));
        const after = review(granted, all, { tailnetGrants: more }).uncovered.map(keyOf);
        expect(after.filter((key) => !before.has(key))).toEqual([]);
      }),
      runs(200),
    );
  });

  test("every denied and every rejected request is told, once", () => {
    fc.assert(
      fc.property(grants, uses, (granted, all) => {
        const { denied, rejected } = review(granted, all, { policy: POLICY });
        const count = (of: readonly { requests: number }[]): number => of.reduce((sum, { requests }) => sum + requests, 0);
        expect([count(denied), count(rejected)]).toEqual((["denied", "rejected"] as const).map((of) => count(all.filter(({ statusClass }) => statusClass === of))));
      }),
      runs(200),
    );
  });
});

function shuffle<Item>(items: readonly Item[]): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}
