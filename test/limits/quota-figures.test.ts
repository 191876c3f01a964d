import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { QuotaRule } from "../../src/ledger/gateway/gateway-access.ts";
import { findUsualRange, UNITS_PER_NANODOLLAR } from "../../src/limits/anomalies/usual-range.ts";
import { QuotaBucket } from "../../src/limits/quotas/quota-bucket.ts";
import { DriftLog, driftOf } from "../../src/limits/quotas/quota-drift.ts";
import type { QuotaRequest } from "../../src/limits/quotas/quota-request.ts";
import { Suppositions } from "../../src/limits/quotas/suppose-quota.ts";

const HOUR = 3_600_000_000n;
const MINUTE = HOUR / 60n;

/** $60 at most, and a dollar a minute: amounts in nanodollars, as everywhere. */
const rule = (of: Partial<QuotaRule> = {}): QuotaRule => ({ name: "b", place: "line 1", capacity: 60n, rate: { amount: 1n, unitMs: 60_000 }, ...of });

describe("a bucket", () => {
  test("is full at first, and refilled up to its capacity, by whole microseconds", () => {
    const bucket = new QuotaBucket("b", rule(), 0n);
    expect([bucket.balance, bucket.isEmpty, bucket.rule.name]).toEqual([60n, false, "b"]);
    bucket.charge(50n, 0n);
    bucket.advance(5n * MINUTE - 1n);
    expect(bucket.balance).toBe(14n);
    bucket.advance(5n * MINUTE);
    expect(bucket.balance).toBe(15n);
    bucket.advance(HOUR);
    expect(bucket.balance).toBe(60n);
    bucket.advance(0n);
    expect(bucket.figures().last).toEqual({ at: HOUR, balance: 60n });
  });

  test("tells how low it was, when, and how long it had nothing", () => {
    const bucket = new QuotaBucket("b", rule(), 0n);
    bucket.charge(60n, MINUTE);
    expect(bucket.isEmpty).toBe(true);
    bucket.charge(3n, 2n * MINUTE);
    bucket.advance(10n * MINUTE);
    bucket.charge(1n, HOUR + MINUTE);
    // Empty for the microsecond of the charge; then with two too few for two minutes and a microsecond.
    expect(bucket.figures()).toMatchObject({ name: "b", charged: 64n, lowest: { at: 2n * MINUTE, balance: -2n }, emptyMicros: 1n + 2n * MINUTE + 1n, last: { at: HOUR + MINUTE, balance: 56n } });
    expect(bucket.figures().hours).toEqual([{ at: 0n, balance: -2n }, { at: HOUR, balance: 56n }]);
  });

  test("is empty for ever without a capacity or, once it is, without a refill", () => {
    const none = new QuotaBucket("b", rule({ capacity: 0n }), 0n);
    none.advance(7n);
    expect(none.figures().emptyMicros).toBe(7n);
    const dry = new QuotaBucket("b", rule({ rate: { amount: 0n, unitMs: 60_000 } }), 0n);
    dry.advance(3n);
    dry.charge(60n, 3n);
    dry.advance(10n);
    expect(dry.figures().emptyMicros).toBe(7n);
  });

  test("follows another rule with what it has, up to the new capacity, and counts anew from then on", () => {
    const bucket = new QuotaBucket("b", rule(), 0n);
    bucket.follow(rule({ capacity: 40n }), MINUTE);
    expect([bucket.balance, bucket.figures().lowest]).toEqual([40n, { at: MINUTE, balance: 40n }]);
    bucket.follow(rule({ capacity: 90n, rate: { amount: 2n, unitMs: 60_000 } }), 2n * MINUTE);
    expect(bucket.balance).toBe(40n);
    bucket.advance(4n * MINUTE);
    expect(bucket.balance).toBe(44n);
    bucket.charge(10n, 4n * MINUTE);
    bucket.beginCounting(5n * MINUTE);
    expect(bucket.figures()).toMatchObject({ charged: 0n, lowest: { at: 5n * MINUTE, balance: 36n }, hours: [], requests: 0 });
    expect(() => new QuotaBucket("b", rule({ rate: { amount: 1n, unitMs: 11_000_000 } }), 0n)).toThrow("11000000 ms is not a unit of rates");
  });

  test("counts requests by what came of them", () => {
    const bucket = new QuotaBucket("b", rule({ capacity: 1n }), 0n);
    for (const outcome of ["let through", "rejected", "refused"] as const) bucket.countRequest(outcome);
    bucket.charge(1n, 0n);
    for (const outcome of ["let through", "rejected", "refused"] as const) bucket.countRequest(outcome);
    expect(bucket.figures()).toMatchObject({ requests: 6, rejected: 2, refused: 2, wouldReject: 1 });
  });
});

describe("another rule than the gateway's", () => {
  const request = (caller: string, cost: bigint | null): QuotaRequest => ({ caller, cost }) as QuotaRequest;
  const bucket = (name: string, isEmpty: boolean): QuotaBucket => {
    const made = new QuotaBucket(name, rule({ name: "t:<user>" }), 0n);
    if (isEmpty) made.charge(60n, 0n);
    return made;
  };

  test("is that of the bucket, or of all that its template makes", () => {
    const of = (name: string, capacity?: bigint): bigint => new Suppositions({ bucket: name, ...(capacity === undefined ? {} : { capacity }) }).ruleOf("t:ann", rule({ name: "t:<user>" })).capacity;
    expect([of("t:ann", 5n), of("t:<user>", 5n), of("t:bob", 5n), of("t:ann")]).toEqual([5n, 5n, 60n, 60n]);
    expect(new Suppositions({ bucket: "b", rate: { amount: 7n, unitMs: 60_000 } }).ruleOf("b", rule())).toEqual(rule({ rate: { amount: 7n, unitMs: 60_000 } }));
  });

  test("stops answered requests while it is empty, and allows rejected ones where nothing is", () => {
    const supposed = new Suppositions({ bucket: "t:ann" });
    const stops = (caller: string, cost: bigint | null, empty: boolean, outcome: "let through" | "rejected", more: QuotaBucket[] = []): boolean => supposed.stops(request(caller, cost), [bucket("t:ann", empty), ...more].map((one) => [one]), outcome);
    expect([stops("ann", 10n, false, "let through"), stops("ann", 21n, true, "let through"), stops("ann", null, true, "let through"), stops("bob", null, false, "let through")]).toEqual([false, true, true, false]);
    expect([stops("ann", null, false, "rejected"), stops("ann", null, false, "rejected"), stops("ann", null, true, "rejected"), stops("ann", null, false, "rejected", [bucket("other", true)]), stops("bob", null, false, "rejected")]).toEqual([false, false, false, false, false]);
    expect(supposed.stops(request("ann", 5n), [[bucket("other", true)]], "let through")).toBe(false);
    // Two of Ann's at the mean of 10 and 21, half up; Bob's cost nobody knows.
    expect(supposed.outcome()).toEqual({ stopped: { requests: 2, cost: 21n, unpriced: 1 }, allowed: { requests: 3, estimate: 31n, withoutEstimate: 1 } });
  });
});

describe("how far a replay is from what the gateway said", () => {
  test("is told by bucket, with the last and the largest, of equals the first", () => {
    const log = new DriftLog();
    const seen = (at: number, recorded: bigint, replayed: bigint | null) => ({ at: new Date(at), recorded, replayed });
    for (const one of [seen(1, 10n, 8n), seen(2, 3n, 8n), seen(3, 13n, 8n), seen(4, 9n, null), seen(5, 8n, 8n)]) log.add("prod", "b", one);
    log.add("prod", "a", seen(6, 1n, 1n));
    log.add("dev", "z", seen(7, 1n, null));
    expect(log.all).toEqual([
      { instance: "dev", bucket: "z", samples: 1, last: seen(7, 1n, null), largest: seen(7, 1n, null), steps: [] },
      { instance: "prod", bucket: "a", samples: 1, last: seen(6, 1n, 1n), largest: seen(6, 1n, 1n), steps: [] },
      { instance: "prod", bucket: "b", samples: 5, last: seen(5, 8n, 8n), largest: seen(2, 3n, 8n), steps: [] },
    ]);
    expect([driftOf(seen(1, 10n, 8n)), driftOf(seen(1, 8n, 10n)), driftOf(seen(1, 8n, null))]).toEqual([2n, -2n, null]);
  });
});

describe("the usual range", () => {
  const of = (history: readonly bigint[]): { median: number; spread: number } => {
    const { median, spread } = findUsualRange(history);
    return { median: Number(median) / Number(UNITS_PER_NANODOLLAR), spread: Number(spread) / Number(UNITS_PER_NANODOLLAR) };
  };

  test("is around the median, as wide as days differ, and a twentieth at least", () => {
    expect(of([10n, 20n, 30n])).toEqual({ median: 20, spread: 14.826 });
    expect(of([10n, 20n, 30n, 41n])).toEqual({ median: 25, spread: 14.826 });
    expect(of([100n, 100n, 100n])).toEqual({ median: 100, spread: 5 });
    expect(of([100n, 104n, 96n])).toEqual({ median: 100, spread: 5.9304 });
    expect(of([0n])).toEqual({ median: 0, spread: 0 });
  });

  test("is that of the busy days of somebody who is idle on most, from three such days on", () => {
    expect(of([0n, 0n, 0n, 0n, 10n, 20n, 30n])).toEqual({ median: 20, spread: 14.826 });
    expect(of([0n, 0n, 0n, 0n, 10n, 20n])).toEqual({ median: 0, spread: 0 });
    expect(of([0n, 0n, 10n, 20n, 30n]).median).toBe(10);
  });

  test("does not depend on the order of the days", () => {
    const days = fc.array(fc.bigInt({ min: 0n, max: 50n }), { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(days.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
        expect(findUsualRange(shuffled)).toEqual(findUsualRange(all));
      }),
    );
  });
});
