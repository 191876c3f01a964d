import type { IdentifiedRequest } from "../../src/limits/quotas/quota-request.ts";

/** A bucket as somebody else would write it: exact fractions, one step after the other, nothing worked out in advance. */
interface Stepped {
  capacity: Fraction;
  perStep: Fraction;
  balance: Fraction;
  requests: number;
  charged: bigint;
  lowest: Fraction;
  lowestAt: bigint;
  empty: bigint;
  rejected: number;
  refused: number;
  wouldReject: number;
}

interface Fraction {
  n: bigint;
  d: bigint;
}

function fraction(n: bigint, d: bigint): Fraction {
  let [a, b] = [n < 0n ? -n : n, d];
  while (b > 0n) [a, b] = [b, a % b];
  return a === 0n ? { n: 0n, d: 1n } : { n: n / a, d: d / a };
}

function add(a: Fraction, b: Fraction): Fraction {
  return fraction(a.n * b.d + b.n * a.d, a.d * b.d);
}

function isLess(a: Fraction, b: Fraction): boolean {
  return a.n * b.d < b.n * a.d;
}

function floorOf({ n, d }: Fraction): bigint {
  return n >= 0n ? n / d : -((-n + d - 1n) / d);
}

export interface SteppedRule {
  capacity: bigint;
  amount: bigint;
  /** Steps in which `amount` is refilled. */
  steps: bigint;
}

export function isRefused({ statusCode }: IdentifiedRequest): boolean {
  return statusCode === 401 || statusCode === 403 || statusCode === 404;
}

/** @param step microseconds between two looks at the buckets; everything has to happen at one of them. */
export function stepBuckets(requests: readonly IdentifiedRequest[], bucketsOf: (request: IdentifiedRequest) => readonly [string, SteppedRule][], end: bigint, step: bigint): Record<string, object> {
  const inOrder = [...requests].sort((a, b) => Number(a.at - b.at) || ((a.captureId ?? "") < (b.captureId ?? "") ? -1 : 1));
  const buckets = new Map<string, Stepped>();
  const charge = (request: IdentifiedRequest, now: bigint): void => {
    if (request.cost === null || isRefused(request)) return;
    for (const [name] of bucketsOf(request)) {
      const bucket = buckets.get(name)!;
      bucket.charged += request.cost;
      bucket.balance = add(bucket.balance, { n: -request.cost, d: 1n });
      if (isLess(bucket.balance, bucket.lowest)) [bucket.lowest, bucket.lowestAt] = [bucket.balance, now];
    }
  };
  for (let now = 0n; now <= end; now += step) {
    for (const request of inOrder) if (request.at < now && (request.answeredAt === now || (now === end && request.answeredAt > end))) charge(request, now);
    for (const request of inOrder.filter(({ at }) => at === now)) {
      for (const [name, { capacity, amount, steps }] of bucketsOf(request)) {
        const full = { n: capacity, d: 1n };
        const bucket = buckets.get(name) ?? { capacity: full, perStep: fraction(amount, steps), balance: full, requests: 0, charged: 0n, lowest: full, lowestAt: now, empty: 0n, rejected: 0, refused: 0, wouldReject: 0 };
        buckets.set(name, bucket);
        bucket.requests++;
        if (request.statusCode === 429) bucket.rejected++;
        else if (isRefused(request)) bucket.refused++;
        else if (bucket.balance.n <= 0n) bucket.wouldReject++;
      }
      if (request.answeredAt === now || (now === end && request.answeredAt > end)) charge(request, now);
    }
    if (now === end) break;
    for (const bucket of buckets.values()) {
      if (bucket.balance.n <= 0n) bucket.empty++;
      const refilled = add(bucket.balance, bucket.perStep);
      bucket.balance = isLess(bucket.capacity, refilled) ? bucket.capacity : refilled;
    }
  }
  return Object.fromEntries(
    [...buckets].map(([name, { requests: count, charged, lowest, lowestAt, empty, rejected, refused, wouldReject, balance }]) => [
      name,
      { requests: count, charged, lowest: floorOf(lowest), lowestAt, empty, rejected, refused, wouldReject, last: floorOf(balance) },
    ]),
  );
}
