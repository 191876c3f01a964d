import { expect, test } from "vitest";
import type { ExportTask } from "../../src/ingest/pull-exports.ts";
import { enqueueExports } from "../../src/queue/enqueue-exports.ts";
import { exportJobId } from "../../src/queue/export-job.ts";
import { queueSettings, testQueues } from "./test-queue.ts";

const NOW = new Date();
const HOURS = 12 * 3_600_000;

function task(name: string): ExportTask {
  const object = { key: name, size: 1, etag: name, lastModified: NOW };
  return { instance: "prod", name, first: name, time: NOW, from: "source", url: "file:///exports", object };
}

test("an export whose next try was set by a clock that was ahead is tried now, another one when its pause is over", async () => {
  const { exports } = testQueues(queueSettings());
  const tasks = ["ahead", "ordinary"].map(task);
  for (const [index, timestamp] of [NOW.getTime() + HOURS, NOW.getTime()].entries()) {
    const data = { task: tasks[index]!, settings: "some" };
    await exports.add("ingest-export", data, { jobId: exportJobId(data), timestamp, delay: HOURS });
  }
  expect(await exports.getDelayedCount()).toBe(2);
  expect(await enqueueExports(exports, tasks, () => "some", "at what is new", NOW)).toEqual({ added: 0, left: 2 });
  expect([await exports.getWaiting(), await exports.getDelayed()].map((jobs) => jobs.map(({ data }) => (data as { task: ExportTask }).task.name))).toEqual([["ahead"], ["ordinary"]]);
});
