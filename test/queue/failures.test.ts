import { changeLedger } from "../change-ledger.ts";
import type { Job } from "bullmq";
import { expect, test } from "vitest";
import { LedgerError } from "../../src/ledger/errors.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import { HookedStore } from "../hooked-store.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { queueSettings, testQueues, testWorker, until, untilIdle } from "./test-queue.ts";

async function someExports(): Promise<FsStore> {
  const store = new FsStore(temporaryFolder());
  for await (const { name, bytes } of simulateExports({ days: 1, records: 60, everySeconds: 14_400 }).exports) await store.create(name, bytes);
  return store;
}

function passing(): LedgerError {
  return new LedgerError("storage_unavailable", "the server says SlowDown (HTTP 503)", { remedy: "try again", retryable: true });
}

function lasting(): LedgerError {
  return new LedgerError("storage_denied", "no access to the bucket", { remedy: "check the credentials" });
}

test("what can pass is tried again, with pauses that grow and vary, until it has passed", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  const source = await someExports();
  let refused = 0;
  const busy = new HookedStore(source, (operation) => {
    if (operation === "download" && refused++ < 3) throw passing();
  });
  const lake = new FsStore(temporaryFolder());
  testWorker({ queues, settings, ledger: testLedger(busy, lake), worker: { exportsAtOnce: 1 } });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  expect(await queues.exports.getFailed()).toEqual([]);
  const done: Job[] = await queues.exports.getCompleted();
  expect(done.map(({ attemptsMade }) => attemptsMade).reduce((sum, made) => sum + made, 0)).toBe(done.length + 3);
  expect(done[0]!.opts).toMatchObject({ attempts: 4, backoff: { type: "exponential", delay: 20, jitter: 0.5 } });
});

test("what cannot pass fails once, with its reason, and the rest goes on", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  const source = await someExports();
  const names: string[] = [];
  for await (const { key } of source.list("")) names.push(key);
  const closed = new HookedStore(source, (operation, key) => {
    if (operation === "download" && key === names[0]) throw lasting();
  });
  const lake = new FsStore(temporaryFolder());
  testWorker({ queues, settings, ledger: testLedger(closed, lake) });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  const failed: Job[] = await queues.exports.getFailed();
  expect(failed).toHaveLength(1);
  expect(failed[0]).toMatchObject({ attemptsMade: 1, failedReason: "no access to the bucket [storage_denied] check the credentials" });
  expect(await queues.exports.getCompletedCount()).toBe(names.length - 1);

  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  expect((await queues.exports.getFailed())[0]?.timestamp).toBe(failed[0]!.timestamp);
  await queues.jobs.add("pull-exports", { looking: "at everything" });
  await untilIdle(queues);
  expect((await queues.exports.getFailed())[0]?.timestamp).toBeGreaterThan(failed[0]!.timestamp);
});

test("a damaged export is ingested as far as it can be read, once, and its job says where it breaks off", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  const source = await someExports();
  const names: string[] = [];
  for await (const { key } of source.list("")) names.push(key);
  const bytes = await source.read(names[0]!);
  await source.replace(names[0]!, bytes.subarray(0, bytes.length - 20));
  testWorker({ queues, settings, ledger: testLedger(source, new FsStore(temporaryFolder())) });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  const done: Job<unknown, { export: string; damage: { code: string } | null }>[] = await queues.exports.getCompleted();
  expect(done).toHaveLength(names.length);
  const damaged = done.filter(({ returnvalue }) => returnvalue.damage !== null);
  expect(damaged.map(({ returnvalue, attemptsMade }) => [returnvalue.export, attemptsMade])).toEqual([[names[0], 1]]);
});

test("an error that nobody expected is tried again as often as any, and no job data or reason holds more than names", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  const handlers = { "pull-exports": () => Promise.reject(new TypeError("nobody expected this")) };
  testWorker({ queues, settings, handlers });
  await queues.jobs.add("pull-exports", {});
  await until(async () => (await queues.jobs.getFailedCount()) === 1, "the job has failed");
  expect((await queues.jobs.getFailed())[0]).toMatchObject({ attemptsMade: 4, failedReason: "nobody expected this" });
});

test("a worker that would read exports otherwise leaves them to another", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  const source = await someExports();
  const ledger = testLedger(source, new FsStore(temporaryFolder()));
  const other = changeLedger(ledger, { rules: { normalisingAt: (instance) => ({ instance, gateway: [], dimensions: new Map([["team", "X-Team"]]) }) } });
  const pulling = testWorker({ queues, settings, ledger });
  await queues.exports.pause();
  await queues.jobs.add("pull-exports", {});
  await until(async () => (await queues.jobs.getCompletedCount()) === 1, "the pull is done");
  await pulling.close();
  testWorker({ queues, settings, ledger: other });
  await queues.exports.resume();
  await until(async () => (await queues.exports.getFailedCount()) > 0, "a job has failed");
  const [failed] = (await queues.exports.getFailed()) as Job[];
  expect(failed).toMatchObject({ attemptsMade: 4, failedReason: expect.stringContaining("[settings_differ]") as string });
});
