import { beforeAll, expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { compareLakes } from "../chaos/compare-lakes.ts";
import { freshStores } from "../services/s3-stores.ts";
import { testLedger } from "../test-ledger.ts";
import { queueSettings, testQueues, testWorker, untilIdle } from "./test-queue.ts";

let storeAt: (name: string) => Promise<ObjectStore>;
let source: ObjectStore;
let alone: ObjectStore;
beforeAll(async () => {
  ({ storeAt } = await freshStores());
  [source, alone] = [await storeAt("exports"), await storeAt("alone")];
  for await (const { name, bytes } of simulateExports({ days: 3, records: 300, everySeconds: 7200 }).exports) await source.create(name, bytes);
  await runOnce(testLedger(source, alone));
});

test.each([1, 2, 4])("%i workers leave the same bytes in the lake as one run", async (count) => {
  const lake = await storeAt(`lake-${String(count)}`);
  const settings = queueSettings();
  const queues = testQueues(settings);
  for (let worker = 0; worker < count; worker++) testWorker({ queues, settings, ledger: testLedger(source, lake) });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  await queues.jobs.add("nightly-export", {});
  await untilIdle(queues);
  expect(await queues.exports.getFailed()).toEqual([]);
  expect(await queues.jobs.getFailed()).toEqual([]);
  expect(await compareLakes(alone, lake)).toEqual({ lost: 0, duplicated: 0, differing: [] });
});
