import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChargeOwner, OwnedUsage } from "../../src/chargeback/focus/charge.ts";
import { type Meter, METERS } from "../../src/chargeback/focus/meters.ts";
import { partsOf, type PricedRequests } from "../../src/chargeback/focus/price-parts.ts";
import { splitCharges } from "../../src/chargeback/focus/split-charges.ts";
import { cutCharge } from "../../src/chargeback/focus/staged-charges.ts";
import { splitByLargestRemainder } from "../../src/ledger/money.ts";
import { runs } from "./runs.ts";

const DAY = { from: new Date("2026-10-05T00:00:00Z"), to: new Date("2026-10-06T00:00:00Z") };
const OWNER: ChargeOwner = {
  team: null, costCenter: null, tag: null, caller: "a@example.com", callerType: "user", dimensions: {}, instance: "prod",
  provider: "anthropic", model: "m", billing: "metered", method: "member", rule: "directory",
};
const TOKEN_METERS = (Object.keys(METERS) as Meter[]).filter((meter) => meter !== "estimate");

const counts = fc.uniqueArray(fc.record({ of: fc.constantFrom(...TOKEN_METERS), count: fc.bigInt(1n, 10n ** 12n), rate: fc.bigInt(0n, 10n ** 25n) }), { selector: ({ of }) => of });
const requests: fc.Arbitrary<PricedRequests> = fc.record({
  agent: fc.constantFrom(null, "claude-code"),
  costSource: fc.constantFrom("aperture", "price_list"),
  version: fc.constantFrom(null, "m; counts anthropic"),
  requests: fc.bigInt(1n, 10n ** 6n),
  cost: fc.oneof(fc.bigInt(0n, 20n), fc.bigInt(0n, 10n ** 18n)),
  counts,
});
const weights = fc.array(fc.bigInt(1n, 1000n), { minLength: 1, maxLength: 6 });

function ownedBy(of: readonly bigint[], cost: bigint): OwnedUsage[] {
  const named = of.map((weight, index) => ({ name: `team-${String(index)}`, weight }));
  const [costs, shares] = [splitByLargestRemainder(cost, named), splitByLargestRemainder(1_000_000_000n, named)];
  return named.map(({ name }, index) => ({ owner: { ...OWNER, team: name }, share: shares[index]!, cost: costs[index]! }));
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, amount) => all + amount, 0n);
}

test("charges add up to what each owner owes, to what each meter cost, and to what was counted", () => {
  fc.assert(
    fc.property(fc.array(requests, { minLength: 1, maxLength: 4 }), weights, (used, teams) => {
      const parts = used.flatMap(partsOf);
      const owned = ownedBy(teams, sum(used.map(({ cost }) => cost)));
      const charges = splitCharges(owned, parts, DAY);
      for (const { owner, cost } of owned) expect(sum(charges.filter((charge) => charge.owner === owner).map(({ billed }) => billed))).toBe(cost);
      for (const meter of Object.keys(METERS)) {
        const [ofMeter, made] = [charges.filter(({ price }) => price?.meter === meter), parts.filter((part) => part.meter === meter)];
        expect(sum(ofMeter.map(({ billed }) => billed))).toBe(sum(made.map(({ cost }) => cost)));
        expect(sum(ofMeter.map(({ price }) => price!.consumedQuantity))).toBe(1_000_000n * sum(made.map(({ quantity }) => quantity)));
      }
    }),
    runs(200),
  );
});

test("no charge is negative, and each is listed at its price for its quantity", () => {
  fc.assert(
    fc.property(fc.array(requests, { minLength: 1, maxLength: 4 }), weights, (used, teams) => {
      for (const { billed, list, price } of splitCharges(ownedBy(teams, sum(used.map(({ cost }) => cost))), used.flatMap(partsOf), DAY)) {
        expect(billed >= 0n && price!.consumedQuantity >= 0n && price!.pricingQuantity >= 0n).toBe(true);
        expect(list).toBe(price!.unitPrice * price!.pricingQuantity);
      }
    }),
    runs(200),
  );
});

test("one figure for a request is split in the proportion of the list, to the nanodollar", () => {
  fc.assert(
    fc.property(requests, (one) => {
      const parts = partsOf(one);
      const [cost, all] = [sum(parts.map((part) => part.cost)), sum(one.counts.map(({ count, rate }) => count * rate))];
      expect(cost).toBe(one.cost);
      if (parts[0]?.meter === "estimate" || all === 0n) return;
      for (const part of parts) {
        const off = part.cost * all - one.cost * part.quantity * part.unitPrice;
        expect(off < all && off > -all).toBe(true);
      }
    }),
    runs(200),
  );
});

test("a charge that no row can hold is on several, which add up to it", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 22n), fc.bigInt(0n, 10n ** 12n), fc.bigInt(0n, 10n ** 18n), (unitPrice, quantity, cost) => {
      const part = { agent: null, costSource: "price_list", meter: "input" as const, priceVersion: "m", unitPrice, quantity, cost };
      for (const whole of splitCharges(ownedBy([1n], cost), [part], DAY)) {
        const pieces = cutCharge(whole);
        expect([sum(pieces.map(({ billed }) => billed)), sum(pieces.map(({ list }) => list))]).toEqual([whole.billed, whole.list]);
        expect(sum(pieces.map(({ price }) => price!.consumedQuantity))).toBe(whole.price!.consumedQuantity);
        for (const { list, price } of pieces) expect([list < 10n ** 38n, price!.unitPrice * price!.pricingQuantity]).toEqual([true, list]);
      }
    }),
    runs(200),
  );
});
