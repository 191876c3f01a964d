import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Job } from "bullmq";
import { afterEach, expect, test } from "vitest";
import { queueSettings, testQueues, until, untilIdle } from "./test-queue.ts";

let child: ChildProcess;
afterEach(() => void child.kill("SIGKILL"));

test("what a job started and nobody waits for fails that job alone; what is no job's ends the worker with 1", async () => {
  const settings = queueSettings({ attempts: 1 });
  const queues = testQueues(settings);
  child = spawn(process.execPath, [join(import.meta.dirname, "stray-worker.ts"), JSON.stringify(settings.redis), settings.lakeUrl], { stdio: ["ignore", "pipe", "inherit"] });
  let log = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (log += text));
  await until(() => log.includes("ready"), "the worker is there");

  for (const name of ["fine", "rejects", "throws", "fine"]) {
    await queues.jobs.add(name, {});
    await untilIdle(queues);
  }
  const failed = (await queues.jobs.getFailed()) as Job[];
  expect(failed.map(({ name, failedReason }) => [name, failedReason]).toSorted()).toEqual([["rejects", "nobody waits for this"], ["throws", "in a callback"]]);
  const completed = (await queues.jobs.getCompleted()) as Job[];
  expect(completed.map(({ returnvalue }): unknown => returnvalue)).toEqual(["done", "done"]);
  expect(log.match(/"code":"stray_failure"/g)).toHaveLength(2);
  expect(log).toContain('"code":"observer_failed"');
  expect(child.exitCode).toBeNull();

  child.kill("SIGUSR2");
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(1);
  expect(log).toMatch(/"code":"worker_failed".*a mistake of the worker's own/);
});
