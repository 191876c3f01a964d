import type { Job } from "bullmq";
import { afterEach, beforeEach, expect, test } from "vitest";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { type Fault, type Proxy, startProxy } from "../contract/s3-proxy.ts";
import { freshStores } from "../services/s3-stores.ts";
import { testLedger } from "../test-ledger.ts";
import { queueSettings, testQueues, testWorker, untilIdle } from "./test-queue.ts";

let names: string[];
let behind: { source: ObjectStore; lake: ObjectStore };
let proxy: Proxy;
/** Decides about requests for the first export's object alone. */
let faultOf: () => Fault | undefined;

beforeEach(async () => {
  const { place, storeAt } = await freshStores();
  const source = await storeAt("exports");
  names = [];
  for await (const { name, bytes } of simulateExports({ days: 1, records: 40, everySeconds: 14_400 }).exports) {
    await source.create(name, bytes);
    names.push(name);
  }
  proxy = await startProxy(place.location.endpoint, ({ method, url }) => (method === "GET" && url.includes(`/exports/${names[0]!}`) ? faultOf() : undefined));
  behind = { source: await storeAt("exports", proxy.endpoint), lake: await storeAt("lake", proxy.endpoint) };
});
afterEach(async () => await proxy.close());

interface PulledJobs {
  done: Job[];
  failed: Job[];
}

async function pull(): Promise<PulledJobs> {
  const settings = queueSettings();
  const queues = testQueues(settings);
  testWorker({ queues, settings, ledger: testLedger(behind.source, behind.lake) });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  return { done: await queues.exports.getCompleted(), failed: await queues.exports.getFailed() };
}

test.each<[string, Fault]>([
  ["SlowDown", { status: 503 }],
  ["a failure of the server", { status: 500 }],
  ["a connection that is reset", { reset: true }],
  ["a body that breaks off", { cutAfter: 100 }],
])("%s outlasting the client's own retries costs the job a retry", async (_, fault) => {
  let requests = 0;
  // More than the client tries by itself, fewer than the job does.
  faultOf = () => (++requests <= 6 ? fault : undefined);
  const { done, failed } = await pull();
  expect(failed).toEqual([]);
  expect(done).toHaveLength(names.length);
  const tries = done.map(({ attemptsMade }) => attemptsMade).toSorted();
  expect(tries.at(-1)).toBeGreaterThan(1);
  expect(tries.slice(0, -1).every((made) => made === 1)).toBe(true);
});

test("a refusal fails its job once, with the reason, and the others go on", async () => {
  faultOf = () => ({ status: 403 });
  const { done, failed } = await pull();
  expect(done).toHaveLength(names.length - 1);
  expect(failed.map(({ attemptsMade }) => attemptsMade)).toEqual([1]);
  expect(failed[0]!.failedReason).toContain("[storage_denied]");
});
