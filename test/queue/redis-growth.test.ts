import { afterAll, beforeAll, expect, test } from "vitest";
import { Redis } from "ioredis";
import { startRedis } from "../services/redis.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import { queueSettings, testQueues, testWorker, untilIdle } from "./test-queue.ts";

const JOBS = 10_000;
const BATCH = 1000;

let services: ServiceProcesses;
let url: string;
beforeAll(async () => {
  services = new ServiceProcesses();
  url = await startRedis(services);
});
afterAll(() => services.stop());

test("10,000 jobs, half of which fail, leave no more keys and memory in Redis than the first 3,000", async () => {
  const settings = queueSettings({ redis: url, attempts: 1 });
  const queues = testQueues(settings);
  const handlers = {
    "ingest-export": async (data: unknown) => {
      if ((data as { index: number }).index % 2 === 0) throw new Error("fails");
      return await Promise.resolve({ done: true });
    },
  };
  testWorker({ queues, settings, handlers, worker: { exportsAtOnce: 16 } });
  const redis = new Redis(url);
  const sizes: { keys: number; bytes: number }[] = [];
  for (let done = 0; done < JOBS; done += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => ({ name: "ingest-export", data: { index, filler: "x".repeat(300) }, opts: { jobId: `export-${done + index}` } }));
    await queues.exports.addBulk(batch);
    await untilIdle(queues);
    sizes.push({ keys: await redis.dbsize(), bytes: Number(/used_memory_dataset:(\d+)/.exec(await redis.info("memory"))![1]) });
  }
  redis.disconnect();
  expect(await queues.exports.getCompletedCount()).toBeLessThanOrEqual(200);
  expect(await queues.exports.getFailedCount()).toBeLessThanOrEqual(1000);
  const [before, after] = [sizes[2]!, sizes.at(-1)!];
  expect(after.keys).toBeLessThanOrEqual(before.keys + 5);
  expect(after.bytes).toBeLessThan(before.bytes * 1.1);
}, 600_000);
