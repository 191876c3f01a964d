import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketMatcher } from "../../src/limits/quotas/match-quotas.ts";
import { opensAt, splitCost } from "../../src/limits/quotas/overdraft-chain.ts";
import { QuotaBucket } from "../../src/limits/quotas/quota-bucket.ts";
import type { IdentifiedRequest } from "../../src/limits/quotas/quota-request.ts";
import { QuotaReplay } from "../../src/limits/quotas/replay-buckets.ts";
import type { AccessGrant, QuotaRule } from "../../src/ledger/gateway/gateway-access.ts";
import { runs } from "../property/runs.ts";
import { grant, INSTANCE, MINUTE, period, periods, request, requests, rule } from "./quota-requests.ts";

const HOUR = 60 * 60_000;
const DOLLAR = 1_000_000_000n;

/** A grant to everybody for `base`, which borrows from these buckets. */
function chained(...lenders: string[]): AccessGrant {
  return { ...grant(["*"]), models: [{ pattern: "**", buckets: ["base"], overdrafts: [{ bucket: "base", lenders }] }] };
}

function replay(quotas: readonly QuotaRule[], asked: readonly IdentifiedRequest[], end: bigint, grants = [chained(...quotas.slice(1).map(({ name }) => name))]) {
  const replaying = new QuotaReplay(periods(period(quotas, grants)));
  for (const one of asked) replaying.add(one);
  const { buckets, chains } = replaying.finish(end);
  return { chains, charged: buckets.map(({ name, charged }): [string, bigint] => [name, charged]), left: buckets.map(({ name, last }) => [name, last.balance]), wouldReject: buckets.map((bucket) => bucket.wouldReject) };
}

function add(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

describe("a cost is split", () => {
  test.each<[string, bigint, bigint[], bigint[]]>([
    ["the first bucket alone while it has enough", 3n, [5n, 5n], [3n, 0n]],
    ["all of the first and the rest of the next", 2_000_000_000n, [500_000_000n, 10_000_000_000n], [500_000_000n, 1_500_000_000n]],
    ["over three", 12n, [5n, 4n, 9n], [5n, 4n, 3n]],
    ["the last below zero", 12n, [5n, 4n, 1n], [5n, 4n, 3n]],
    ["nothing by a bucket that is below zero", 7n, [-3n, 5n, 0n], [0n, 5n, 2n]],
    ["all by a bucket that is alone, whatever it has", 7n, [-3n], [7n]],
    ["exactly what there is", 9n, [5n, 4n], [5n, 4n]],
  ])("%s", (_, cost, balances, parts) => {
    expect(splitCost(cost, balances)).toEqual(parts);
  });

  test("into parts that add up to it, none below zero, and the buckets up to each pay all that they have before the next one lends", () => {
    const small = fc.bigInt(-20n, 40n);
    fc.assert(
      fc.property(fc.bigInt(0n, 100n), fc.array(small, { minLength: 1, maxLength: 5 }), (cost, balances) => {
        const parts = splitCost(cost, balances);
        expect([add(parts), parts.every((part) => part >= 0n)]).toEqual([cost, true]);
        for (let count = 1; count < balances.length; count++) {
          const have = add(balances.slice(0, count).map((balance) => (balance > 0n ? balance : 0n)));
          expect(add(parts.slice(0, count))).toBe(have < cost ? have : cost);
        }
      }),
      runs(500),
    );
  });
});

describe("a chain of overdrafts", () => {
  test("spends the first bucket, borrows from the next, and is blocked from the charge on until both together have something again", () => {
    // $1.00 an hour into the base; the extra is filled by hand only.
    const quotas = [rule("base", 10n * DOLLAR, DOLLAR, HOUR), rule("extra", 5n * DOLLAR, 0n)];
    const at = (minutes: bigint, cost: bigint): IdentifiedRequest => request({ at: minutes * MINUTE, cost });
    // 9.50 of 10.00; then 0.50 and 1.50; then 0 and 5.50, of which the extra has 3.50: together -2.00, which two hours of refill bring to zero.
    const asked = [at(0n, 9_500_000_000n), at(0n, 2n * DOLLAR), at(0n, 5_500_000_000n), at(120n, 0n)];
    const { chains, charged, left, wouldReject } = replay(quotas, asked, 120n * MINUTE);
    expect(charged).toEqual([["base", 10n * DOLLAR], ["extra", 7n * DOLLAR]]);
    expect(left).toEqual([["base", 2n * DOLLAR], ["extra", -2n * DOLLAR]]);
    expect(wouldReject).toEqual([1, 1]);
    expect(chains).toEqual([{ instance: INSTANCE, buckets: ["base", "extra"], requests: 4, wouldReject: 1, last: 0n, blockedUntil: 120n * MINUTE + 1n }]);
    const later = replay(quotas, [...asked.slice(0, 3), request({ at: 120n * MINUTE + 1n, cost: 0n })], 120n * MINUTE + 1n);
    expect(later.chains).toMatchObject([{ wouldReject: 0, blockedUntil: undefined }]);
  });

  test("lets through what finds its first bucket empty, as long as a lender has something", () => {
    const quotas = [rule("base", 10n, 0n), rule("extra", 5n, 0n)];
    expect(replay(quotas, [request({ at: 0n, cost: 12n }), request({ at: 1n, cost: 1n }), request({ at: 2n, cost: 2n }), request({ at: 3n, cost: 1n })], 4n)).toMatchObject({
      charged: [["base", 10n], ["extra", 6n]],
      left: [["base", 0n], ["extra", -1n]],
      wouldReject: [1, 1],
      chains: [{ requests: 4, wouldReject: 1, last: -1n, blockedUntil: null }],
    });
  });

  test("has points over time in the hours in which a bucket paid", () => {
    const replaying = new QuotaReplay(periods(period([rule("alone", 10n, 0n), rule("base", 10n, 0n), rule("extra", 5n, 0n)], [chained("extra"), grant(["*"], ["**", "alone"])])));
    for (const [hour, cost] of [[0n, 0n], [1n, 3n], [2n, 8n]] as const) replaying.add(request({ at: hour * 60n * MINUTE, cost }));
    const hours = replaying.finish(180n * MINUTE).buckets.map((bucket) => [bucket.name, bucket.hours.map(({ at, balance }) => [at / (60n * MINUTE), balance])]);
    expect(hours).toEqual([["alone", [[0n, 10n], [1n, 7n], [2n, -1n]]], ["base", [[1n, 7n], [2n, 0n]]], ["extra", [[2n, 4n]]]]);
  });

  test("is charged beside the other buckets of a request, each of them and the chain in full", () => {
    const grants = [chained("extra"), grant(["*"], ["**", "team", "base"])];
    const { charged, chains } = replay([rule("base", 10n, 0n), rule("extra", 5n, 0n), rule("team", 100n, 0n)], [request({ at: 0n, cost: 12n })], 1n, grants);
    expect(chains.map(({ buckets }) => buckets)).toEqual([["base", "extra"]]);
    expect(charged).toEqual([["base", 10n], ["extra", 2n], ["team", 12n]]);
  });

  test("is counted from the beginning of the span on, in order of its names", () => {
    const grants = [{ ...grant(["*"]), models: [{ pattern: "**", buckets: ["day:<user>"], overdrafts: [{ bucket: "day:<user>", lenders: ["pool"] }] }] }];
    const replaying = new QuotaReplay(periods(period([rule("day:<user>", 1n, 0n), rule("pool", 1n, 0n)], grants)));
    for (const [at, caller] of [[0n, "bob@example.com"], [1n, "ann@example.com"], [2n, "bob@example.com"]] as const) replaying.add(request({ at, caller, cost: 2n }));
    replaying.beginCounting(3n);
    replaying.add(request({ at: 4n, caller: "bob@example.com" }));
    expect(replaying.finish(5n).chains.map(({ buckets, requests: asked, wouldReject }) => [buckets[0], asked, wouldReject])).toEqual([["day:ann@example.com", 0, 0], ["day:bob@example.com", 1, 1]]);
  });

  test("of another person borrows from the same lender", () => {
    const grants = [{ ...grant(["*"]), models: [{ pattern: "**", buckets: ["day:<user>"], overdrafts: [{ bucket: "day:<user>", lenders: ["pool"] }] }] }];
    const asked = [request({ at: 0n, cost: 15n }), request({ at: 1n, cost: 4n, caller: "bob@example.com" }), request({ at: 2n, cost: 9n, caller: "bob@example.com" })];
    const { left, chains } = replay([rule("day:<user>", 10n, 0n), rule("pool", 7n, 0n)], asked, 3n, grants);
    // Ann: 10 and 5 of the pool's 7. Bob: 4, then 6 and 3 of the pool's 2.
    expect(left).toEqual([["day:ann@example.com", 0n], ["day:bob@example.com", 0n], ["pool", -1n]]);
    expect(chains.map(({ buckets, last }) => [...buckets, last])).toEqual([["day:ann@example.com", "pool", -1n], ["day:bob@example.com", "pool", -1n]]);
  });

  test("never loses or invents a nanodollar, and is blocked exactly while its buckets together have nothing, whatever is refilled", () => {
    const amounts = fc.record({ capacity: fc.bigInt(0n, 60n), amount: fc.bigInt(0n, 200_000_000n) });
    fc.assert(
      fc.property(requests(120), fc.array(amounts, { minLength: 2, maxLength: 3 }), (asked, configured) => {
        const end = 150n;
        const quotas = configured.map(({ capacity, amount }, index) => rule(index === 0 ? "base" : `lender${String(index)}`, capacity, amount));
        const inOrder = asked.toSorted((a, b) => Number(a.at - b.at) || ((a.captureId ?? "") < (b.captureId ?? "") ? -1 : 1));
        const { chains, charged } = replay(quotas, inOrder, end);
        const expected = stepChain(inOrder, configured, end);
        expect(chains[0]).toMatchObject({ requests: asked.length, wouldReject: expected.wouldReject, last: expected.last });
        expect(chains[0]?.blockedUntil === undefined).toBe(expected.isOpen);
        expect(charged.map(([, amount]) => amount)).toEqual(expected.charged);
        expect(add(expected.charged)).toBe(expected.cost);
      }),
      runs(200),
    );
  });

  test("opens at the first microsecond at which it has something", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.bigInt(0n, 30n), fc.bigInt(0n, 3n), fc.bigInt(0n, 60n)), { minLength: 1, maxLength: 3 }), (of) => {
        const chain = of.map(([capacity, amount, cost], index) => {
          const bucket = new QuotaBucket(`b${String(index)}`, rule(`b${String(index)}`, capacity, amount), 0n);
          bucket.charge(cost, 0n);
          return bucket;
        });
        const sumAt = (at: bigint): bigint => chain.reduce((sum, bucket) => sum + bucket.exactAt(at), 0n);
        const opens = opensAt(chain, 0n);
        const isFirst = opens === null ? sumAt(1000n * 365n * 1440n * MINUTE) <= 0n : sumAt(opens) > 0n && (opens === 0n || sumAt(opens - 1n) <= 0n);
        expect(isFirst).toBe(true);
      }),
    );
  });
});

test("another capacity of a lender stops what finds the chain blocked with it", () => {
  const replaying = new QuotaReplay(periods(period([rule("base", 10n, 0n), rule("extra", 5n, 0n)], [chained("extra")])));
  replaying.suppose({ bucket: "extra", capacity: 1n }, 0n);
  // 11 of 11, then nothing is left; the 429 would have found nothing either.
  for (const one of [request({ at: 0n, cost: 11n }), request({ at: 1n, cost: 2n }), request({ at: 2n, statusCode: 429, cost: null })]) replaying.add(one);
  expect(replaying.finish(3n).supposed).toEqual({ stopped: { requests: 1, cost: 2n, unpriced: 0 }, allowed: { requests: 0, estimate: 0n, withoutEstimate: 0 } });
});

describe("the buckets of a chain", () => {
  const named = (quotas: readonly QuotaRule[], ...grants: AccessGrant[]) => bucketMatcher({ grants, quotas }, [], null)(request({ at: 0n })).map((chain) => chain.map(({ name }) => name));
  const all = ["base", "a", "b"].map((name) => rule(name, 1n, 0n));

  test("are those of every grant that names the first, each once, in the order of the grants", () => {
    expect(named(all, grant(["*"], ["**", "base"]), chained("b"), chained("a", "b"))).toEqual([["base", "b", "a"]]);
  });

  test("are also those that the rule of a bucket names, and a circle ends where it began", () => {
    expect(named([{ ...all[0]!, lenders: ["a"] }, { ...all[1]!, lenders: ["b", "base"] }, all[2]!], grant(["*"], ["**", "base"]))).toEqual([["base", "a", "b"]]);
  });

  test("are those of the bucket that borrows, and of no other in the grant", () => {
    const two = { ...grant(["*"]), models: [{ pattern: "**", buckets: ["a", "base"], overdrafts: [{ bucket: "base", lenders: ["b"] }, { bucket: "a", lenders: null }] }] };
    expect(named(all, two)).toEqual([["a"], ["base", "b"]]);
  });

  test("are without those that have no rule, and none where the first has none", () => {
    expect(named(all, chained("gone", "b"))).toEqual([["base", "b"]]);
    expect(named(all.slice(1), chained("a", "b"))).toEqual([]);
  });
});

/** The same chain as somebody else would write it: one step a microsecond, in sixty-millionths of a nanodollar. */
function stepChain(asked: readonly IdentifiedRequest[], of: readonly { capacity: bigint; amount: bigint }[], end: bigint) {
  const balances = of.map(({ capacity }) => capacity * MINUTE);
  const charged = of.map(() => 0n);
  const together = (): bigint => balances.reduce((sum, balance) => sum + balance, 0n);
  let [cost, wouldReject, isFirst] = [0n, 0, true];
  const pay = (one: IdentifiedRequest): void => {
    if (one.cost === null || [401, 403, 404].includes(one.statusCode)) return;
    cost += one.cost;
    for (let rest = one.cost, index = 0; rest > 0n; index++) {
      const whole = balances[index]! > 0n ? balances[index]! / MINUTE : 0n;
      const part = index === of.length - 1 || whole > rest ? rest : whole;
      balances[index]! -= part * MINUTE;
      charged[index]! += part;
      rest -= part;
    }
  };
  for (let now = 0n; now <= end; now++) {
    for (const one of asked) if (one.at < now && (one.answeredAt === now || (now === end && one.answeredAt > end))) pay(one);
    for (const one of asked.filter(({ at }) => at === now)) {
      isFirst = false;
      if (![429, 401, 403, 404].includes(one.statusCode) && together() <= 0n) wouldReject++;
      if (one.answeredAt === now) pay(one);
    }
    // A bucket exists from its first request on.
    if (now < end && !isFirst) for (const [index, { capacity, amount }] of of.entries()) balances[index] = balances[index]! + amount < capacity * MINUTE ? balances[index]! + amount : capacity * MINUTE;
  }
  const sum = together();
  return { charged, cost, wouldReject, isOpen: sum > 0n, last: sum >= 0n ? sum / MINUTE : -((-sum + MINUTE - 1n) / MINUTE) };
}
