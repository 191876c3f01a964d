import { expect, test } from "vitest";
import { runOnce } from "../../jobs/run-once.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import { FsStore } from "../../src/storage/fs-store.ts";
import { lakeBytes, temporaryFolder, testLedger } from "../test-ledger.ts";
import { queueSettings, testQueues, testWorker, untilIdle } from "./test-queue.ts";

async function source(): Promise<FsStore> {
  const store = new FsStore(temporaryFolder());
  for await (const { name, bytes } of simulateExports({ days: 3, records: 300, everySeconds: 7200 }).exports) await store.create(name, bytes);
  return store;
}

test.each([1, 2, 4])("%i workers leave the same bytes in the lake as one run", async (count) => {
  const from = await source();
  const alone = new FsStore(temporaryFolder());
  await runOnce(testLedger(from, alone));

  const lake = new FsStore(temporaryFolder());
  const settings = queueSettings();
  const queues = testQueues(settings);
  for (let worker = 0; worker < count; worker++) testWorker({ queues, settings, ledger: testLedger(from, lake) });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  await queues.jobs.add("nightly-export", {});
  await untilIdle(queues);
  expect(await queues.exports.getFailed()).toEqual([]);
  expect(await queues.jobs.getFailed()).toEqual([]);
  expect(await lakeBytes(lake)).toEqual(await lakeBytes(alone));
});
