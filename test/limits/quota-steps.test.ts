import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FollowedBalance, SampleFollower } from "../../src/limits/replaying/follow-samples.ts";
import { findStep } from "../../src/limits/quotas/find-step.ts";
import { driftOf } from "../../src/limits/quotas/quota-drift.ts";
import { QuotaReplay } from "../../src/limits/quotas/replay-buckets.ts";
import type { Nanodollars } from "../../src/ledger/money.ts";
import { grant, INSTANCE, MINUTE, period, periods, request, rule } from "./quota-requests.ts";

const DOLLAR = 1_000_000_000n;
const CENT = DOLLAR / 100n;

describe("a difference is a step", () => {
  const said = { recorded: 10n * DOLLAR, expected: 10n * DOLLAR, charged: 0n, chargedBefore: 0n, elsewhere: 0n, isComplete: true };
  test.each<[string, Partial<typeof said>, Nanodollars | null]>([
    ["where the balance rose by more than all charges since", { expected: 3n * DOLLAR + 7n, charged: DOLLAR }, 7n * DOLLAR - 7n],
    ["where funds were added amid larger charges, by whole cents", { expected: 8n * DOLLAR, charged: 9_123_456_789n }, 2n * DOLLAR],
    ["of whole cents where balances are rounded", { expected: 8n * DOLLAR + 2n, charged: 9_123_456_789n }, 2n * DOLLAR],
    ["where the balance fell by more than charges explain", { expected: 14n * DOLLAR + 7n, charged: DOLLAR, chargedBefore: 2n * DOLLAR }, -4n * DOLLAR - 7n],
    ["of whole cents where the rounding adds to it", { expected: 8n * DOLLAR - 2n, charged: 9_123_456_789n }, 2n * DOLLAR],
    ["not of nearly whole cents beyond rounding", { expected: 8n * DOLLAR - 3n, charged: 9_123_456_789n }, null],
    ["not where all that was charged is exactly the difference", { expected: 8n * DOLLAR - 7n, charged: 2n * DOLLAR + 7n }, null],
    ["where the balance fell by whole cents amid larger charges", { expected: 14n * DOLLAR, charged: 9_123_456_789n }, -4n * DOLLAR],
    ["from a cent on, except for rounding", { expected: 10n * DOLLAR - CENT + 2n }, CENT],
    ["not where charges explain a rise that is no whole cents", { expected: 8n * DOLLAR + 3n, charged: 9n * DOLLAR }, null],
    ["not where a charge came later than in the replay", { expected: 11n * DOLLAR + 3n, chargedBefore: 2n * DOLLAR }, null],
    ["not where the gateway charged it what the replay charged to another bucket of its chain", { expected: 14n * DOLLAR + 7n, elsewhere: 4n * DOLLAR + 7n }, null],
    ["where the balance fell by more than that", { expected: 14n * DOLLAR + 7n, elsewhere: 4n * DOLLAR + 6n }, -4n * DOLLAR - 7n],
    ["not below a cent", { expected: 10n * DOLLAR - CENT + 3n }, null],
    ["from a cent on", { expected: 10n * DOLLAR - CENT }, CENT],
    ["not where the ledger may lack requests that explain a fall", { expected: 14n * DOLLAR, isComplete: false }, null],
    ["where it may lack requests, but the balance rose", { expected: 3n * DOLLAR, isComplete: false }, 7n * DOLLAR],
    ["not where there is none", {}, null],
  ])("%s", (_, of, step) => {
    expect(findStep({ ...said, ...of })).toBe(step);
  });

  test("never where the gateway charged a part of what the replay charged, or nothing of it, unless by whole cents", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 5n * DOLLAR), fc.bigInt(0n, 5n * DOLLAR), (charged, missed) => {
        fc.pre(missed <= charged && missed % CENT > 2n && missed % CENT < CENT - 2n);
        expect(findStep({ ...said, recorded: said.expected + missed, charged })).toBeNull();
      }),
    );
  });
});

describe("a replay that follows what the gateway says", () => {
  /** $20.00 at most, $6.00 an hour: a cent each six seconds. */
  const configured = periods(period([rule("q", 20n * DOLLAR, 6n * DOLLAR, 3_600_000)], [grant(["*"], ["**", "q"])]));
  const at = (minutes: bigint): Date => new Date(Number(minutes * 60_000n));

  function follow(charges: readonly (readonly [minute: bigint, cost: bigint])[], answers: readonly (readonly [minute: bigint, balance: bigint])[], completeUntil = 600n) {
    const replay = new QuotaReplay(configured);
    const follower = new SampleFollower(replay, new Map([[INSTANCE, at(completeUntil)]]));
    const events: { minute: bigint; take: () => FollowedBalance[] }[] = [
      ...charges.map(([minute, cost]) => ({ minute, take: () => (replay.add(request({ at: minute * MINUTE, cost })), []) })),
      ...answers.map(([minute, balance]) => ({ minute, take: () => follower.follow({ instance: INSTANCE, at: at(minute), balances: new Map([["Q", balance]]) }) })),
    ];
    return events.toSorted((one, other) => Number(one.minute - other.minute)).flatMap(({ take }) => take());
  }

  test("takes funds that were added for a step, and has no drift after it", () => {
    // 20 - 15 = 5 at 0; 5 + 1 at ten minutes; 5.00 added then; at twenty minutes 5 + 2 + 5 = 12, minus 3.21 charged in between.
    const seen = follow([[0n, 15n * DOLLAR], [15n, 3_210_000_000n]], [[10n, 6n * DOLLAR], [20n, 8_790_000_000n], [30n, 9_790_000_000n]]);
    expect(seen.map(({ step }) => step)).toEqual([undefined, { after: at(10n), before: at(20n), amount: 5n * DOLLAR }, undefined]);
    expect(seen.map((one) => driftOf(one.seen))).toEqual([0n, 0n, 0n]);
  });

  test("takes a lower balance that was set for a step down", () => {
    // 5 at 0; set to 1.00 at minute 5, so 1.50 at ten minutes instead of 6.
    const seen = follow([[0n, 15n * DOLLAR]], [[0n, 5n * DOLLAR], [10n, 1_500_000_000n], [20n, 2_500_000_000n]]);
    expect(seen.map(({ step }) => step?.amount)).toEqual([undefined, -4_500_000_000n, undefined]);
    expect(seen.map((one) => driftOf(one.seen))).toEqual([0n, 0n, 0n]);
  });

  test("shows as drift what charges explain, and keeps it after a step", () => {
    // The gateway charged 2.000000123 more at 0 than the ledger has; 5.00 are added between ten and twenty minutes.
    const seen = follow([[0n, 15n * DOLLAR]], [[0n, 2_999_999_877n], [10n, 3_999_999_877n], [20n, 9_999_999_877n]]);
    expect(seen.map(({ step }) => step?.amount)).toEqual([undefined, undefined, 5n * DOLLAR]);
    expect(seen.map((one) => driftOf(one.seen))).toEqual([-2_000_000_123n, -2_000_000_123n, -2_000_000_123n]);
  });

  test("shows as drift what the gateway did not charge", () => {
    // 1.234567891 is charged at minute 15 here and not there, and 0.5 at minute 25 on both sides.
    const seen = follow([[0n, 15n * DOLLAR], [15n, 1_234_567_891n], [25n, DOLLAR / 2n]], [[10n, 6n * DOLLAR], [20n, 7n * DOLLAR], [30n, 7_500_000_000n]]);
    expect(seen.map(({ step }) => step)).toEqual([undefined, undefined, undefined]);
    expect(seen.map((one) => driftOf(one.seen))).toEqual([0n, 1_234_567_891n, 1_234_567_891n]);
  });

  test("takes a bucket for full until it is charged", () => {
    // Full at ten minutes; 3.00 are charged at 15, and five minutes refill 0.50.
    const seen = follow([[0n, 0n], [15n, 3n * DOLLAR]], [[10n, 20n * DOLLAR], [20n, 17_500_000_000n]]);
    expect(seen.map((one) => [one.step, driftOf(one.seen)])).toEqual([[undefined, 0n], [undefined, 0n]]);
  });

  test("takes no fall after the ledger's last export for a step: its requests are not there yet", () => {
    const seen = follow([[0n, 15n * DOLLAR]], [[10n, 6n * DOLLAR], [20n, 1_234_567_890n]], 15n);
    expect(seen.map(({ step }) => step)).toEqual([undefined, undefined]);
    expect(driftOf(seen[1]!.seen)).toBe(1_234_567_890n - 7n * DOLLAR);
  });

  test("never has more than the capacity, whatever is added", () => {
    const seen = follow([[0n, 15n * DOLLAR]], [[0n, 5n * DOLLAR], [10n, 20n * DOLLAR]]);
    expect(seen[1]).toEqual({ bucket: "Q", seen: { at: at(10n), recorded: 20n * DOLLAR, replayed: 20n * DOLLAR }, step: { after: at(0n), before: at(10n), amount: 14n * DOLLAR } });
  });

  test("takes a balance above the capacity for one step, which it follows until it is spent", () => {
    // 5 at 0, and 6 at ten minutes, where 20.00 are added: 26 of 20 at most. Nothing is refilled above the capacity; 8.00 are charged at 25: 18, and 18.50 at thirty.
    const seen = follow([[0n, 15n * DOLLAR], [25n, 8n * DOLLAR]], [[0n, 5n * DOLLAR], [10n, 26n * DOLLAR], [20n, 26n * DOLLAR], [30n, 18_500_000_000n]]);
    expect(seen.map(({ step }) => step?.amount)).toEqual([undefined, 20n * DOLLAR, undefined, undefined]);
    expect(seen.map((one) => driftOf(one.seen))).toEqual([0n, 0n, 0n, 0n]);
  });

  test("takes no other split of a cost within a chain for a step", () => {
    const chained = { ...grant(["*"]), models: [{ pattern: "**", buckets: ["base"], overdrafts: [{ bucket: "base", lenders: ["extra"] }] }] };
    const replay = new QuotaReplay(periods(period([rule("base", 10n * DOLLAR, 0n), rule("extra", 100n * DOLLAR, 0n)], [chained])));
    const follower = new SampleFollower(replay, new Map([[INSTANCE, at(600n)]]));
    const say = (minute: bigint, base: bigint, extra: bigint) => follower.follow({ instance: INSTANCE, at: at(minute), balances: new Map([["base", base], ["extra", extra]]) });
    replay.add(request({ at: 0n, cost: 0n }));
    // The gateway had 2.00 in the base, of which the replay knows nothing. It takes these, and 3.123456789 from the lender; 3.00 are added there afterwards.
    say(10n, 2n * DOLLAR, 100n * DOLLAR);
    replay.add(request({ at: 15n * MINUTE, cost: 5_123_456_789n }));
    const split = say(20n, 0n, 96_876_543_211n);
    expect(split.map((one) => [one.step, driftOf(one.seen)])).toEqual([[undefined, -4_876_543_211n], [undefined, -3_123_456_789n]]);
    expect(say(30n, 0n, 99_876_543_211n).map(({ step }) => step?.amount)).toEqual([undefined, 3n * DOLLAR]);
  });

  test("compares nothing of a bucket without requests", () => {
    const follower = new SampleFollower(new QuotaReplay(configured), new Map());
    const one = { instance: INSTANCE, balances: new Map([["other", 1n]]) };
    expect([follower.follow({ ...one, at: at(0n) }), follower.follow({ ...one, at: at(1n) })].map(([followed]) => [followed?.seen.replayed, followed?.step])).toEqual([[null, undefined], [null, undefined]]);
  });

  test("finds exactly the whole dollars that were added between two answers, whatever was charged", () => {
    const cost = fc.bigInt(0n, 1_500_000_000n);
    fc.assert(
      fc.property(cost, cost, fc.bigInt(1n, 6n), (first, second, dollars) => {
        // Never full: 20 - 15 = 5 and at most 6 + 6 on top, with two dollars of refill.
        const seen = follow([[0n, 15n * DOLLAR], [5n, first], [15n, second]], [[10n, 6n * DOLLAR - first], [20n, 7n * DOLLAR - first - second + dollars * DOLLAR]]);
        expect([seen[1]?.step?.amount, driftOf(seen[1]!.seen)]).toEqual([dollars * DOLLAR, 0n]);
      }),
    );
  });
});
