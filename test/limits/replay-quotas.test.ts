import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IdentifiedRequest } from "../../src/limits/quotas/quota-request.ts";
import { QuotaReplay, type ReplayedBucket, replayQuotas } from "../../src/limits/quotas/replay-buckets.ts";
import { runs } from "../property/runs.ts";
import { grant, INSTANCE, MINUTE, period, periods, request, requests, rule } from "./quota-requests.ts";
import { isRefused, stepBuckets, type SteppedRule } from "./stepped-buckets.ts";

const SPAN = 120;
const END = 150n;
const DAY = 1440n * MINUTE;

/** Per minute, so that a microsecond refills fractions of a nanodollar up to a few of them. */
const amounts = fc.record({ capacity: fc.bigInt(0n, 120n), amount: fc.bigInt(0n, 200_000_000n) });
const quotas = fc.record({ perUser: amounts, perNode: amounts, opus: amounts, ci: amounts });
type Quotas = typeof quotas extends fc.Arbitrary<infer Value> ? Value : never;

function configure({ perUser, perNode, opus, ci }: Quotas) {
  return periods(
    period(
      [rule("day:<user>", perUser.capacity, perUser.amount), rule("<node>!<user>", perNode.capacity, perNode.amount), rule("opus", opus.capacity, opus.amount), rule("ci", ci.capacity, ci.amount)],
      [grant(["*"], ["**", "day:<user>", "day:<user>"], ["p/opus", "opus", "nowhere"]), grant(["ann@example.com"], ["p/*", "<node>!<user>", "day:<user>"]), grant(["tag:ci"], ["p/m", "ci"])],
    ),
  );
}

/** The same grants, said in another way. */
function bucketsOf({ perUser, perNode, opus, ci }: Quotas): (request: IdentifiedRequest) => [string, SteppedRule][] {
  const steps = MINUTE;
  return ({ caller, nodeId, modelRecorded }) => [
    [`day:${caller}`, { ...perUser, steps }],
    ...(modelRecorded === "p/opus" ? [["opus", { ...opus, steps }] satisfies [string, SteppedRule]] : []),
    ...(caller === "ann@example.com" ? [[`${nodeId ?? ""}!${caller}`, { ...perNode, steps }] satisfies [string, SteppedRule]] : []),
    ...(caller === "tag:ci" && modelRecorded === "m" ? [["ci", { ...ci, steps }] satisfies [string, SteppedRule]] : []),
  ];
}

function figures(buckets: readonly ReplayedBucket[]): Record<string, object> {
  return Object.fromEntries(
    buckets.map(({ name, requests: count, charged, lowest, emptyMicros, rejected, refused, wouldReject, last }) => [
      name,
      { requests: count, charged, lowest: lowest.balance, lowestAt: lowest.at, empty: emptyMicros, rejected, refused, wouldReject, last: last.balance },
    ]),
  );
}

describe("a replay", () => {
  test("is what another implementation finds that looks at every bucket every microsecond, with templates and several buckets at once", () => {
    fc.assert(
      fc.property(requests(SPAN), quotas, (asked, configured) => {
        expect(figures(replayQuotas(asked, configure(configured), END))).toEqual(stepBuckets(asked, bucketsOf(configured), END, 1n));
      }),
      runs(200),
    );
  });

  test("is the same across months, minute by minute", () => {
    const span = 90 * 1440;
    const long = fc.array(fc.tuple(fc.nat(span), fc.nat(90), fc.bigInt(0n, 400_000_000_000n)), { minLength: 1, maxLength: 12 });
    const units = fc.constantFrom<[number, bigint]>([30 * 86_400_000, 43_200n], [7 * 86_400_000, 10_080n], [3_600_000, 60n]);
    fc.assert(
      fc.property(long, units, fc.bigInt(1n, 500_000_000_000n), (list, [unitMs, steps], amount) => {
        const asked = list.map(([at, takes, cost], index) => request({ at: BigInt(at) * MINUTE, answeredAt: BigInt(at + takes) * MINUTE, cost, captureId: `c${String(index)}` }));
        const capacity = 500_000_000_000n;
        const end = BigInt(span + 100) * MINUTE;
        const replayed = replayQuotas(asked, periods(period([rule("team", capacity, amount, unitMs)], [grant(["*"], ["**", "team"])])), end);
        const expected = stepBuckets(asked, () => [["team", { capacity, amount, steps }]], end, MINUTE);
        const { empty: minutes, ...rest } = expected["team"] as { empty: bigint };
        const { empty, ...found } = figures(replayed)["team"] as { empty: bigint };
        expect(found).toEqual(rest);
        // Every minute at whose beginning it was empty, and no more than those.
        expect([empty <= minutes * MINUTE, empty > (minutes - BigInt(asked.length) - 1n) * MINUTE]).toEqual([true, true]);
      }),
      runs(15),
    );
  }, 600_000);

  test("does not depend on the order in which records arrived", () => {
    const shuffled = requests(SPAN).chain((asked) => fc.tuple(fc.constant(asked), fc.shuffledSubarray(asked, { minLength: asked.length })));
    fc.assert(
      fc.property(shuffled, quotas, ([asked, other], configured) => {
        expect(replayQuotas(other, configure(configured), END)).toEqual(replayQuotas(asked, configure(configured), END));
      }),
      runs(200),
    );
  });

  test("may be interrupted at any instant and go on: the parts add up to the whole", () => {
    fc.assert(
      fc.property(requests(SPAN), quotas, fc.bigInt(0n, END), (asked, configured, cut) => {
        const whole = replayQuotas(asked, configure(configured), END);
        const replay = new QuotaReplay(configure(configured));
        const inOrder = asked.toSorted((a, b) => Number(a.at - b.at) || ((a.captureId ?? "") < (b.captureId ?? "") ? -1 : 1));
        for (const one of inOrder.filter(({ at }) => at < cut)) replay.add(one);
        const before = new Map(replay.figuresAt(cut).map((bucket) => [bucket.name, bucket]));
        replay.beginCounting(cut);
        for (const one of inOrder.filter(({ at }) => at >= cut)) replay.add(one);
        const together = replay.finish(END).buckets.map((after) => {
          const first = before.get(after.name);
          if (first === undefined) return after;
          return {
            ...after,
            requests: first.requests + after.requests,
            charged: first.charged + after.charged,
            emptyMicros: first.emptyMicros + after.emptyMicros,
            rejected: first.rejected + after.rejected,
            refused: first.refused + after.refused,
            wouldReject: first.wouldReject + after.wouldReject,
            lowest: first.lowest.balance <= after.lowest.balance ? first.lowest : after.lowest,
          };
        });
        const comparable = (buckets: readonly ReplayedBucket[]): object[] => buckets.map((bucket) => ({ ...bucket, hours: [], lowest: bucket.lowest.balance }));
        expect(comparable(together)).toEqual(comparable(whole));
      }),
    );
  });

  test("never has a bucket above its capacity", () => {
    fc.assert(
      fc.property(requests(SPAN), quotas, (asked, configured) => {
        for (const { rule: { capacity }, last, lowest, hours } of replayQuotas(asked, configure(configured), END)) {
          for (const { balance } of [last, lowest, ...hours]) expect(balance).toBeLessThanOrEqual(capacity);
        }
      }),
    );
  });
});

describe("a bucket", () => {
  const hourly = periods(period([rule("q", 100n, 60n, 3_600_000)], [grant(["*"], ["**", "q"])]));

  test("is charged when the answer is complete, not when the request comes", () => {
    const asked = [request({ at: 0n, answeredAt: 10n * MINUTE, cost: 150n }), request({ at: 5n * MINUTE, cost: 0n }), request({ at: 11n * MINUTE, cost: 0n })];
    expect(replayQuotas(asked, hourly, 12n * MINUTE)).toMatchObject([{ requests: 3, charged: 150n, wouldReject: 1, lowest: { at: 10n * MINUTE, balance: -50n }, emptyMicros: 2n * MINUTE, last: { balance: -48n } }]);
  });

  test("is empty until it is refilled above nothing", () => {
    expect(replayQuotas([request({ at: 0n, cost: 130n })], hourly, DAY)).toMatchObject([{ emptyMicros: 30n * MINUTE + 1n, last: { balance: 100n } }]);
  });

  test("counts what the gateway rejected, and charges nothing for what has no price", () => {
    const asked = [request({ at: 0n, statusCode: 429, cost: null }), request({ at: 1n, cost: null })];
    expect(replayQuotas(asked, hourly, MINUTE)).toMatchObject([{ requests: 2, rejected: 1, wouldReject: 0, charged: 0n, lowest: { balance: 100n } }]);
  });

  test.each([401, 403, 404])("let nothing through that was refused with %i, and is not charged for it", (statusCode) => {
    const asked = [request({ at: 0n, cost: 130n }), request({ at: 1n, statusCode, cost: null }), request({ at: 2n, statusCode, cost: 7n }), request({ at: 3n, statusCode: 500, cost: null })];
    expect(replayQuotas(asked, hourly, 4n)).toMatchObject([{ requests: 4, refused: 2, rejected: 0, wouldReject: 1, charged: 130n }]);
  });

  test("is of the gateway that answered", () => {
    const both = new Map([...hourly, ["other", hourly.get(INSTANCE)!]]);
    const asked = [request({ at: 0n, cost: 7n }), request({ at: 0n, cost: 9n, instance: "other" }), request({ at: 0n, instance: "third" })];
    expect(replayQuotas(asked, both, 0n).map(({ instance, charged }) => [instance, charged])).toEqual([["other", 9n], ["prod", 7n]]);
  });

  test("has one point an hour with charges: the lowest balance that a charge left", () => {
    const asked = [request({ at: 0n, cost: 80n }), request({ at: 30n * MINUTE, cost: 5n }), request({ at: 61n * MINUTE, cost: 1n }), request({ at: 300n * MINUTE, cost: 1n })];
    expect(replayQuotas(asked, hourly, DAY)[0]?.hours).toEqual([{ at: 0n, balance: 20n }, { at: 60n * MINUTE, balance: 75n }, { at: 300n * MINUTE, balance: 99n }]);
  });

  test("follows its configuration from the time at which that changed", () => {
    const changed = periods(...hourly.get(INSTANCE)!, period([rule("q", 40n, 3600n, 3_600_000)], [grant(["*"], ["**", "q"])], 30n * MINUTE));
    const replay = new QuotaReplay(changed);
    replay.add(request({ at: 0n, cost: 90n }));
    expect([0n, 29n, 30n, 31n, 32n].map((minute) => replay.balanceAt(minute * MINUTE, INSTANCE, "Q"))).toEqual([10n, 39n, 40n, 40n, 40n]);
    const drained = new QuotaReplay(changed);
    drained.add(request({ at: 0n, cost: 130n }));
    expect([29n, 30n, 31n].map((minute) => drained.balanceAt(minute * MINUTE, INSTANCE, "q"))).toEqual([-1n, 0n, 40n]);
  });
});

describe("another rate", () => {
  const suppose = (asked: readonly IdentifiedRequest[], configured: Quotas, supposition: object) => {
    const replay = new QuotaReplay(configure(configured));
    replay.suppose({ bucket: "day:<user>", ...supposition }, 0n);
    for (const one of asked.toSorted((a, b) => Number(a.at - b.at) || ((a.captureId ?? "") < (b.captureId ?? "") ? -1 : 1))) replay.add(one);
    return replay.finish(END);
  };

  test("charges or stops every request, whatever it is", () => {
    fc.assert(
      fc.property(requests(SPAN), quotas, fc.bigInt(0n, 200_000_000n), (asked, configured, amount) => {
        const { buckets, supposed } = suppose(asked, configured, { rate: { amount, unitMs: 60_000 } });
        const charged = buckets.filter((bucket) => bucket.rule.name === "day:<user>").reduce((sum, bucket) => sum + bucket.charged, 0n);
        expect(charged + supposed!.stopped.cost).toBe(asked.reduce((sum, one) => sum + (isRefused(one) ? 0n : (one.cost ?? 0n)), 0n));
      }),
    );
  });

  test("stops everything at nothing, and nothing where there is always enough", () => {
    fc.assert(
      fc.property(requests(SPAN), quotas, (asked, configured) => {
        const answered = asked.filter((one) => one.statusCode !== 429 && !isRefused(one));
        expect(suppose(asked, configured, { capacity: 0n }).supposed).toMatchObject({ stopped: { requests: answered.length }, allowed: { requests: 0 } });
        expect(suppose(asked, configured, { capacity: 10n ** 12n }).supposed?.stopped).toEqual({ requests: 0, cost: 0n, unpriced: 0 });
      }),
    );
  });

  test.each([401, 403, 404])("neither stops nor allows what was refused with %i, and estimates nothing by it", (statusCode) => {
    const empty = { capacity: 0n, amount: 0n };
    const configured = { perUser: empty, perNode: empty, ci: empty, opus: empty };
    const asked = [request({ at: 1n, statusCode, cost: null }), request({ at: 2n, statusCode, cost: 9n }), request({ at: 3n, statusCode: 400, cost: null }), request({ at: 4n, cost: 5n })];
    expect(suppose(asked, configured, {}).supposed).toEqual({ stopped: { requests: 2, cost: 5n, unpriced: 1 }, allowed: { requests: 0, estimate: 0n, withoutEstimate: 0 } });
    const plenty = suppose([asked[1]!, request({ at: 3n, statusCode: 429, cost: null })], configured, { capacity: 10n ** 12n }).supposed;
    expect(plenty).toMatchObject({ stopped: { requests: 0 }, allowed: { withoutEstimate: 0 } });
  });

  test("allows what was rejected where something is left in all buckets, and estimates it by the caller's other requests", () => {
    const plenty = { capacity: 10n ** 9n, amount: 1n };
    const configured = { perUser: plenty, perNode: plenty, ci: plenty, opus: { capacity: 0n, amount: 0n } };
    const asked = [
      request({ at: 1n, cost: 10n }),
      request({ at: 2n, cost: 25n }),
      request({ at: 3n, statusCode: 429, cost: null }),
      request({ at: 4n, statusCode: 429, cost: null, modelRecorded: "p/opus" }),
      request({ at: 5n, statusCode: 429, cost: null, caller: "bob@example.com" }),
    ];
    expect(suppose(asked, configured, {}).supposed?.allowed).toEqual({ requests: 2, estimate: 18n, withoutEstimate: 1 });
  });
});
