import { beforeEach, expect, test } from "vitest";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import { enqueueCheckpoint } from "../../jobs/checkpoint-archive.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { seal, signingWith } from "../archive/sealing.ts";
import { copiesOf } from "../archived-copies.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { queueSettings, testQueues, testWorker, until, untilIdle } from "./test-queue.ts";

let source: string;
let lake: FsStore;

beforeEach(() => {
  [source, lake] = [temporaryFolder(), new FsStore(temporaryFolder())];
});

async function checkpoints(): Promise<{ keys: string[]; signers: Set<string | null> }> {
  const events = (await loadEvents(lake, "prod")).flatMap(({ document }) => (document.header.kind === "checkpoint" ? [{ ...document, header: document.header }] : []));
  return { keys: events.flatMap(({ header }) => header.exports.map(({ key }) => key)), signers: new Set(events.map(({ key }) => key)) };
}

test("what a worker ingests is in a signed checkpoint soon after, once", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  writeRequests(source, ["2026-10-29", "2026-10-30", "2026-10-31"].map((day) => ({ by: "ann@example.com", at: `${day}T12:00:00Z` })));
  const ledger = testLedger(new FsStore(source), lake, signingWith());
  testWorker({ queues, settings, ledger });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  await until(async () => (await checkpoints()).keys.length === 3, "all exports are in checkpoints");
  expect((await checkpoints()).keys.toSorted()).toEqual(await copiesOf(lake));
  expect([...(await checkpoints()).signers]).toEqual([ledger.work.archiving.signingKey?.publicKey]);
  const today = new Date().toISOString();
  await seal(ledger, today);
  await queues.jobs.add("checkpoint-archive", {});
  await untilIdle(queues);
  expect((await checkpoints()).keys).toHaveLength(3);
});

test("a worker without a key writes none", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  writeRequests(source, [{ by: "ann@example.com", at: "2026-10-29T12:00:00Z" }]);
  testWorker({ queues, settings, ledger: testLedger(new FsStore(source), lake) });
  await queues.jobs.add("pull-exports", {});
  await untilIdle(queues);
  await queues.jobs.add("checkpoint-archive", {});
  await untilIdle(queues);
  expect(await loadEvents(lake, "prod")).toEqual([]);
  expect((await queues.jobs.getCompleted()).filter(({ name }) => name === "checkpoint-archive")).toHaveLength(1);
});

test("a job that is added for a span whose checkpoint was written already runs as well", async () => {
  const settings = queueSettings();
  const queues = testQueues(settings);
  testWorker({ queues, settings, ledger: testLedger(new FsStore(source), lake, signingWith()) });
  const now = new Date();
  for (const day of ["2026-10-29", "2026-10-30"]) {
    writeRequests(source, [{ by: "ann@example.com", at: `${day}T12:00:00Z` }]);
    await runOnce(testLedger(new FsStore(source), lake, signingWith()));
    const before = (await checkpoints()).keys.length;
    await enqueueCheckpoint(queues.jobs, now, 1);
    await until(async () => (await checkpoints()).keys.length === before + 1, `the export of ${day} is in a checkpoint`);
    await untilIdle(queues);
  }
  expect((await checkpoints()).keys.toSorted()).toEqual(await copiesOf(lake));
});

test("all that arrives in one span of time is one job, what arrives later another", async () => {
  const queues = testQueues(queueSettings());
  const minute = 60_000;
  for (const at of [1, 30, 59, 60, 61]) await enqueueCheckpoint(queues.jobs, new Date(minute * 1000 + at * 1000), minute);
  const jobs = await queues.jobs.getDelayed();
  expect(jobs.map(({ id, delay }) => [id, delay]).toSorted()).toEqual([[`checkpoint--${String(minute * 1001)}`, 59_000], [`checkpoint--${String(minute * 1002)}`, 60_000]]);
});
