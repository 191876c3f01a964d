import { join } from "node:path";
import type { Job } from "bullmq";
import { expect, test } from "vitest";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { PROTOTYPE_NAMES } from "../hostile/hostile-ledger.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { queueSettings, testQueues, testWorker, untilIdle } from "./test-queue.ts";

test("every job does its work on names of prototypes' members, and leaves the prototypes as they are", async () => {
  const folder = temporaryFolder();
  writeRequests(join(folder, "exports"), PROTOTYPE_NAMES.map((name) => ({ by: name, at: "2026-10-05T12:00:00Z", model: name, session: name, agent: name, repo: name })));
  const untouched = Reflect.ownKeys(Object.prototype);
  const settings = queueSettings({ attempts: 1 });
  const queues = testQueues(settings);
  const ledger = testLedger(new FsStore(join(folder, "exports")), new FsStore(join(folder, "lake")));
  testWorker({ queues, settings, ledger, clock: () => new Date("2026-11-01T06:00:00Z") });
  for (const name of ["pull-exports", "nightly-export", "monthly-chargeback", "retention-archive"]) {
    await queues.jobs.add(name, {});
    await untilIdle(queues);
  }
  const failed: Job[] = await queues.jobs.getFailed();
  expect(failed.map(({ name, failedReason }) => [name, failedReason])).toEqual([]);
  const page = Buffer.from(await ledger.stores.lake.read("reports/2026-10/chargeback.html")).toString("utf8");
  for (const name of PROTOTYPE_NAMES) expect(page).toContain(`<bdi>${name}</bdi>`);
  expect(Reflect.ownKeys(Object.prototype)).toEqual(untouched);
});

test.each(["constructor", "__proto__", "toString"])("a job called %s is none that a worker knows", async (name) => {
  const settings = queueSettings({ attempts: 1 });
  const queues = testQueues(settings);
  testWorker({ queues, settings });
  await queues.jobs.add(name, {});
  await untilIdle(queues);
  const [failed] = (await queues.jobs.getFailed()) as Job[];
  expect(failed?.failedReason).toBe(`this version has no job ${name}`);
});
