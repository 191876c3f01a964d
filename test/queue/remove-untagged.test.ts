import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { declareSchedules } from "../../jobs/schedule.ts";
import { keyPrefix, untaggedPrefix } from "../../src/queue/redis-connection.ts";
import { removeUntagged } from "../../src/queue/remove-untagged.ts";
import { queueSettings, silent, testQueues } from "./test-queue.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";

test("queues of a version without hash tags are removed once none of its workers is connected, others' and the ledger's own are left", async () => {
  const settings = queueSettings();
  const [old, other] = [untaggedPrefix(settings.lakeUrl), `${untaggedPrefix(settings.lakeUrl)}0`];
  const redis = new Redis(SHARED_REDIS, { maxRetriesPerRequest: null });
  const countKeys = async (prefix: string): Promise<number> => (await redis.keys(`${prefix}:*`)).length;
  const [before, stranger] = [old, other].map((prefix) => new Queue("jobs", { connection: redis, prefix }));
  await declareSchedules(before!, { timezone: "UTC" });
  await stranger!.add("pull-exports", {});
  const worker = new Worker("jobs", undefined, { connection: redis.duplicate(), prefix: old });
  await worker.waitUntilReady();

  const queues = testQueues(settings);
  await declareSchedules(queues.jobs, { timezone: "UTC" });
  const own = await countKeys(keyPrefix(settings.lakeUrl));
  expect(await removeUntagged(queues, settings.lakeUrl, silent)).toBe(false);
  expect(await countKeys(old)).toBeGreaterThan(10);

  await worker.close();
  await before!.close();
  expect(await removeUntagged(queues, settings.lakeUrl, silent)).toBe(true);
  expect(await countKeys(old)).toBe(0);
  expect([await countKeys(other) > 0, await countKeys(keyPrefix(settings.lakeUrl))]).toEqual([true, own]);
  await stranger!.obliterate({ force: true });
  await stranger!.close();
  redis.disconnect();
});
