import { afterAll, beforeAll, expect, test } from "vitest";
import { probeRedis } from "../../src/queue/probe-redis.ts";
import { startWatchedRedis, type WatchedRedis } from "../services/redis-sentinel.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import { queueSettings, testQueues, testWorker, until } from "./test-queue.ts";

let services: ServiceProcesses;
let watched: WatchedRedis;

beforeAll(async () => {
  services = new ServiceProcesses();
  watched = await startWatchedRedis(services);
});
afterAll(() => services.stop());

test("a Sentinel or a replica in the place of the server is named as what it is", async () => {
  await expect(probeRedis(watched.sentinels[0]!)).rejects.toMatchObject({ code: "config_invalid", message: expect.stringContaining("is a Sentinel") as string });
  const replica = probeRedis(watched.replica);
  await expect(replica).rejects.toMatchObject({ code: "storage_unavailable", message: expect.stringContaining(`is a replica of ${watched.primary.slice("redis://".length)}`) as string });
  await expect(probeRedis({ sentinels: watched.sentinels, name: "nobody" })).rejects.toMatchObject({ code: "storage_unavailable", message: expect.stringContaining("nobody") as string });
});

test("workers and producers follow the Sentinels to the new primary when the old one is gone", async () => {
  const redis = { sentinels: watched.sentinels, name: watched.name };
  expect(await probeRedis(redis)).toMatchObject({ address: redis, maxmemoryPolicy: "noeviction", appendOnly: true });
  const settings = queueSettings({ redis, attempts: 50 });
  const queues = testQueues(settings);
  const done = new Set<number>();
  testWorker({ queues, settings, handlers: { count: (data: unknown) => Promise.resolve(void done.add((data as { index: number }).index)) } });
  await queues.connection.ping().catch(() => undefined);
  await until(() => queues.check().then(() => true, () => false), "the primary is found");
  for (let index = 0; index < 5; index++) await queues.jobs.add("count", { index });
  await until(() => done.size === 5, "the first jobs are done");
  await watched.killPrimary();
  await until(() => queues.jobs.add("count", { index: 5 }).then(() => true, () => false), "the replica has become the primary");
  await until(() => done.has(5), "the job added since is done");
  expect((await probeRedis(watched.replica)).address).toBe(watched.replica);
});
