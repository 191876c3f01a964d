import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChargedUse } from "../../src/allocation/charges/charged-use.ts";
import type { ChargeOfMonth } from "../../src/allocation/charges/charges-of-month.ts";
import { coverUsage } from "../../src/allocation/charges/cover-usage.ts";
import { spreadCharge } from "../../src/allocation/charges/spread-charge.ts";
import type { Nanodollars } from "../../src/ledger/money.ts";
import { runs } from "./runs.ts";

const money = fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 10n ** 15n }));
const PEOPLE = ["ann@example.com", "bob@example.com", "tag:ci"];
const use: fc.Arbitrary<ChargedUse> = fc
  .record({ caller: fc.constantFrom(...PEOPLE), team: fc.constantFrom("web", "payments"), model: fc.constantFrom("opus", "haiku"), listed: money, owed: fc.oneof(money, fc.bigInt({ min: -9n, max: 0n })), requests: fc.bigInt({ min: 0n, max: 5_000_000_000n }), billing: fc.constantFrom("metered", "self_hosted", "subscription") })
  .map(({ caller, team, model, billing, listed, owed, requests }) => ({
    key: 1, from: 0, team, costCenter: null, tag: "(untagged)", listed, owed, requests, usage: { instance: "prod", caller, callerType: "user", tags: [], provider: "anthropic", model, billing, dimensions: {} },
  }));
const seats: fc.Arbitrary<ChargeOfMonth["seats"]> = fc.option(
  fc.record({ price: money, daysOfMonth: fc.constant(31n), spare: fc.bigInt({ min: 0n, max: 40n }), held: fc.uniqueArray(fc.record({ login: fc.constantFrom(...PEOPLE, "dan@example.com"), days: fc.bigInt({ min: 1n, max: 31n }) }), { selector: (one) => one.login }) }),
);
const charge: fc.Arbitrary<ChargeOfMonth> = fc
  .record({ amount: fc.oneof(money, fc.bigInt({ min: -(10n ** 12n), max: 0n })), covers: fc.oneof(fc.constant("all" as const), money), spread: fc.constantFrom<ChargeOfMonth["spread"]>("even", "proportional", new Map([["web", 70], ["payments", 0.5]])), seats })
  .map((one) => ({ name: "it", provider: "anthropic", kind: "other", when: new Map(), from: 0, to: 1, isOnce: false, ...one }));
const teams = { teamsOf: () => [{ team: "web", weight: 70n }, { team: "payments", weight: 30n }], costCenterOf: () => null };

function sum(all: readonly { cost: Nanodollars }[]): Nanodollars {
  return all.reduce((total, { cost }) => total + cost, 0n);
}

test("the parts of any charge are the charge, to the nanodollar, in any order of the usage", () => {
  fc.assert(
    fc.property(fc.tuple(charge, fc.array(use, { maxLength: 12 })).chain(([one, uses]) => fc.tuple(fc.constant(one), fc.constant(uses), fc.shuffledSubarray(uses, { minLength: uses.length }))), ([one, uses, shuffled]) => {
      const parts = spreadCharge(one, uses, teams);
      expect(sum(parts)).toBe(one.amount);
      const inOrder = (all: readonly object[]): string[] => all.map((part) => JSON.stringify(part, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))).toSorted();
      expect(inOrder(spreadCharge(one, shuffled, teams))).toEqual(inOrder(parts));
    }),
    runs(300),
  );
});

test("a charge covers as much as it says and no more than is owed, of nobody more than that one owes, and no list value", () => {
  fc.assert(
    fc.property(charge, fc.array(use, { maxLength: 12 }), (one, uses) => {
      const covered = coverUsage(one, uses);
      const owed = uses.reduce((total, { owed: own, usage }) => (usage.billing === "subscription" || own < 0n ? total : total + own), 0n);
      expect(-sum(covered)).toBe(one.covers === "all" || one.covers > owed ? owed : one.covers);
      for (const { use: { owed: own, usage }, cost } of covered) expect([cost < 0n, -cost <= own, usage.billing === "subscription"]).toEqual([true, true, false]);
    }),
    runs(300),
  );
});
