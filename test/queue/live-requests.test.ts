import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import type { ArrivedRequest, LiveSum } from "../../src/limits/live/live-requests.ts";
import { RedisLiveRequests } from "../../src/queue/live/redis-live-requests.ts";
import { runs } from "../property/runs.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";
import { afterEachTest } from "../tidy-up.ts";

const NOON = new Date("2026-10-08T12:00:00Z");
const HOUR = 3_600_000;
const open: Redis[] = [];
afterEachTest(() => {
  for (const redis of open.splice(0)) redis.disconnect();
});

interface Opened {
  live: RedisLiveRequests;
  redis: Redis;
  clock: { now: Date };
}

/** Under keys of its own, which expire. */
function openLive(lakeUrl = `file:///${randomUUID()}`, keepHours = 48): Opened {
  const redis = new Redis(SHARED_REDIS);
  open.push(redis);
  const clock = { now: NOON };
  return { live: new RedisLiveRequests(redis, { lakeUrl, keepHours, clock: () => clock.now }), redis, clock };
}

function arrived(requestId: string, of: Partial<ArrivedRequest> = {}): ArrivedRequest {
  return { requestId, instance: "prod", login: "ann@example.com", provider: "anthropic", model: "claude-opus-4-8", cost: 1_000_000n, at: NOON, ...of };
}

async function totals(live: RedisLiveRequests, from = new Date(NOON.getTime() - 40 * HOUR)): Promise<Pick<LiveSum, "requests" | "unpriced" | "cost">> {
  const { sums } = await live.sumsFrom(from);
  return sums.reduce((all, { requests, unpriced, cost }) => ({ requests: all.requests + requests, unpriced: all.unpriced + unpriced, cost: all.cost + cost }), { requests: 0, unpriced: 0, cost: 0n });
}

test("the estimate is the sum of distinct requests, in whatever order, batches and repetition they are told", async () => {
  const request = fc.record({ gateway: fc.constantFrom("prod", "west"), id: fc.constantFrom("a", "b", "c", "d", 'e"[', "é\n"), login: fc.constantFrom("ann", null), model: fc.constantFrom("m", "n"), cost: fc.option(fc.bigInt(0n, 10n ** 15n)), minutes: fc.integer({ min: -1800, max: 0 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(request, { maxLength: 8 }), { maxLength: 6 }), async (batches) => {
      const { live } = openLive();
      const highest = new Map<string, bigint | null>();
      for (const batch of batches) {
        await live.add(batch.map(({ gateway, id, login, model, cost, minutes }) => arrived(id, { instance: gateway, login, model, cost, at: new Date(NOON.getTime() + minutes * 60_000) })));
        for (const { gateway, id, cost } of batch) {
          const known = highest.get(`${gateway}/${id}`) ?? null;
          highest.set(`${gateway}/${id}`, cost === null || (known !== null && known > cost) ? known : cost);
        }
      }
      const costs = [...highest.values()];
      expect(await totals(live)).toEqual({ requests: costs.length, unpriced: costs.filter((cost) => cost === null).length, cost: costs.reduce<bigint>((sum, cost) => sum + (cost ?? 0n), 0n) });
      const seen = new Set<string>();
      for await (const { instance, requestId } of live.seen()) seen.add(`${instance}/${requestId}`);
      expect(seen).toEqual(new Set(highest.keys()));
    }),
    runs(60),
  );
});

test("two events of one request, across midnight, count in the minute of the first", async () => {
  const { live, clock } = openLive();
  const midnight = new Date("2026-10-09T00:00:00Z");
  clock.now = midnight;
  await live.add([arrived("r", { cost: null, at: new Date(midnight.getTime() - 1000) })]);
  await live.add([arrived("r", { cost: 5n, at: new Date(midnight.getTime() + 1000) })]);
  expect((await live.sumsFrom(NOON)).sums).toEqual([{ instance: "prod", login: "ann@example.com", provider: "anthropic", model: "claude-opus-4-8", minute: new Date("2026-10-08T23:59:00Z"), requests: 1, unpriced: 0, cost: 5n }]);
});

describe("what is kept", () => {
  test("is asked for from a minute on, and counts since the first hook", async () => {
    const { live } = openLive();
    expect((await live.sumsFrom(NOON)).since).toBeNull();
    await live.add([arrived("early", { at: new Date(NOON.getTime() - 61_000) }), arrived("late", { at: new Date(NOON.getTime() + 59_000) })]);
    const { since, sums } = await live.sumsFrom(new Date(NOON.getTime() + 30_000));
    expect([since, sums.map(({ minute }) => minute)]).toEqual([NOON, [NOON]]);
  });

  test("is metadata only, expires, and is other ledgers' to count", async () => {
    const lake = `file:///${randomUUID()}`;
    const { live, redis } = openLive(lake, 24);
    await live.add([arrived("r")]);
    const { keyPrefix } = await import("../../src/queue/redis-connection.ts");
    const keys = await redis.keys(`${keyPrefix(lake)}:*`.replaceAll(/[{}]/g, "?"));
    expect(keys).toHaveLength(3);
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
    expect(await totals(openLive().live)).toEqual({ requests: 0, unpriced: 0, cost: 0n });
  });

  test("is told of once more where an answer was lost, and counts once", async () => {
    const { live } = openLive();
    const batch = [arrived("a"), arrived("b", { cost: null })];
    await live.add(batch);
    await live.add(batch);
    expect(await totals(live)).toEqual({ requests: 2, unpriced: 1, cost: 1_000_000n });
  });
});
