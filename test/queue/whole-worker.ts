import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { stringify } from "yaml";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { call } from "../cli/call.ts";
import { findings, of } from "../cli/findings.ts";
import { startWorkerProcess, type WorkerProcess } from "../cli/worker-process.ts";
import { ask } from "../http/start-http.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { until } from "./test-queue.ts";

export interface WholeWorker {
  worker: WorkerProcess;
  lake: FsStore;
  /** What `doctor` says of the same configuration's Redis. */
  doctor: string;
}

/**
 * A worker as users start it, on that `redis:`, does everything once: schedules, a pull, exports, the night's flow; its page,
 * metrics and readiness answer, and so do `schedule` and `doctor`.
 */
export async function expectWholeWorker(redis: unknown, env: Record<string, string> = {}): Promise<WholeWorker> {
  const [source, lake, folder] = [new FsStore(temporaryFolder()), new FsStore(temporaryFolder()), temporaryFolder()];
  for await (const { name, bytes } of simulateExports({ days: 2, records: 20, everySeconds: 43_200 }).exports) await source.create(name, bytes);
  const schedule = { pull: "* * * * * *", nightly: "*/2 * * * * *" };
  const yaml = stringify({ sources: [{ name: "prod", url: source.url }], lake: lake.url, redis, schedule, worker: { lock_seconds: 3, backoff_seconds: 0.1 } });
  const config = join(folder, "ledger.yaml");
  writeFileSync(config, yaml);
  const worker = startWorkerProcess(["worker", "--schedule", "--port", "0", "--config", config], env);
  await worker.hasSaid("worker started");
  const door = /"http":"(http:[^"]+)"/.exec(worker.log())![1]!;
  await until(async () => (await keysOf(lake, "allocations/")).length > 0, "the month is allocated");

  expect((await ask(door, "/readyz")).status).toBe(200);
  const metrics = (await ask(door, "/metrics")).body;
  expect(metrics).toMatch(/^aperture_ledger_jobs\{queue="exports",state="completed"\} [1-9]/m);
  expect(metrics).toContain('aperture_ledger_queue_read_failed{queue="jobs"} 0');
  const board = JSON.parse((await ask(door, "/jobs/api/queues")).body) as { queues: { name: string; counts: Record<string, number> }[] };
  expect(board.queues.map(({ name }) => name).toSorted()).toEqual(["exports", "jobs"]);
  expect(board.queues.find(({ name }) => name === "exports")?.counts["completed"]).toBeGreaterThan(0);
  const scheduled = await call(["schedule", "--json", "--config", config], { env });
  expect([scheduled.code, scheduled.stderr]).toEqual([0, expect.not.stringContaining("older version")]);
  expect(worker.log()).not.toMatch(/job failed|worker error|NOPERM|CROSSSLOT/);
  const { found } = await findings(yaml, env);
  return { worker, lake, doctor: of(found, "redis").finding };
}

export async function keysOf(store: FsStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
