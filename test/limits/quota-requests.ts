import fc from "fast-check";
import { bucketMatcher } from "../../src/limits/quotas/match-quotas.ts";
import type { IdentifiedRequest } from "../../src/limits/quotas/quota-request.ts";
import type { QuotaPeriod, QuotaPeriods } from "../../src/limits/quotas/replay-buckets.ts";
import type { AccessGrant, QuotaRule } from "../../src/ledger/gateway/gateway-access.ts";

export const INSTANCE = "prod";
export const MINUTE = 60_000_000n;

export function rule(name: string, capacity: bigint, amount: bigint, unitMs = 60_000): QuotaRule {
  return { name, place: "line 1, column 1", capacity, rate: { amount, unitMs } };
}

export function grant(src: string[], ...models: [string, ...string[]][]): AccessGrant {
  return { origin: "grants[0]", place: "line 1, column 1", src, roles: ["user"], models: models.map(([pattern, ...buckets]) => ({ pattern, buckets })) };
}

export function period(quotas: readonly QuotaRule[], grants: readonly AccessGrant[], from = 0n): QuotaPeriod {
  return { from, matchBuckets: bucketMatcher({ grants, quotas }, [], null), rules: quotas };
}

export function periods(...list: QuotaPeriod[]): QuotaPeriods {
  return new Map([[INSTANCE, list]]);
}

/** Everything that a request of a test does not care about. */
export function request(asked: Partial<IdentifiedRequest> & { at: bigint }): IdentifiedRequest {
  const captureId = `capture-${String(asked.at)}`;
  const usual = { answeredAt: asked.at, instance: INSTANCE, caller: "ann@example.com", tags: [], nodeId: "n1", provider: "p", modelRecorded: "m", statusCode: 200, cost: 1n, captureId, recordId: null };
  return { ...usual, ...asked };
}

/** Requests of a few callers, nodes and models within `span` microseconds, some of them rejected, refused, failed, unpriced, at the same instant. */
export function requests(span: number, unit = 1n): fc.Arbitrary<IdentifiedRequest[]> {
  const one = fc.record({
    at: fc.nat(span),
    takes: fc.nat(Math.floor(span / 4)),
    caller: fc.constantFrom("ann@example.com", "bob@example.com", "tag:ci"),
    nodeId: fc.constantFrom("n1", "n2"),
    modelRecorded: fc.constantFrom("m", "p/opus"),
    statusCode: fc.constantFrom(200, 200, 200, 200, 429, 401, 403, 404, 400, 500),
    cost: fc.option(fc.bigInt(0n, 60n), { freq: 8 }),
  });
  return fc.array(one, { minLength: 1, maxLength: 25 }).map((list) =>
    list.map(({ at, takes, ...asked }, index) =>
      request({ ...asked, at: BigInt(at) * unit, answeredAt: BigInt(at + takes) * unit, tags: asked.caller.startsWith("tag:") ? [asked.caller] : [], captureId: `c${String(index)}` }),
    ),
  );
}
