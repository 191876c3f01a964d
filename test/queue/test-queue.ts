import { changeLedger } from "../change-ledger.ts";
import { randomUUID } from "node:crypto";
import pino from "pino";
import { afterEachTest } from "../tidy-up.ts";
import type { JobObserver } from "../../src/run/job-observer.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import type { JobHandlers } from "../../src/queue/job-handler.ts";
import { JOB_HANDLERS } from "../../jobs/job-handlers.ts";
import { type LedgerQueues, openQueues, type QueueSettings } from "../../src/queue/open-queues.ts";
import { type LedgerWorker, startWorker, type WorkerSettings } from "../../src/queue/start-worker.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";

export const silent = pino({ level: "silent" });

/** Settings whose pauses are short: a test waits for what happens, not for how long it takes. */
export function queueSettings(changes: Partial<QueueSettings> = {}): QueueSettings {
  return { redis: SHARED_REDIS, lakeUrl: `file:///${randomUUID()}`, attempts: 4, backoffMilliseconds: 20, checkpointMilliseconds: 50, ...changes };
}

const open: { close(): Promise<void> }[] = [];
afterEachTest(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

export function testQueues(settings: QueueSettings): LedgerQueues {
  const queues = openQueues(settings, silent);
  open.push({
    async close() {
      for (const queue of [queues.jobs, queues.exports]) await queue.obliterate({ force: true });
      await queues.close();
    },
  });
  return queues;
}

export interface TestWorker {
  queues: LedgerQueues;
  settings: QueueSettings;
  ledger?: Ledger;
  handlers?: JobHandlers;
  observer?: Partial<JobObserver>;
  worker?: Partial<WorkerSettings>;
  clock?: () => Date;
}

/** A worker in this process, on the given ledger. */
export function testWorker({ queues, settings, ledger, handlers = JOB_HANDLERS, observer, worker, clock }: TestWorker): LedgerWorker {
  const nothing = (): void => undefined;
  const started = startWorker(
    handlers,
    { exportsAtOnce: 3, lockMilliseconds: 2000, ...worker },
    {
      openLedger: (services) => (ledger === undefined ? Promise.reject(new Error("no ledger here")) : Promise.resolve(changeLedger(ledger, { telling: services }))),
      queues,
      settings,
      observer: { jobFinished: nothing, exportsSeen: nothing, exportIngested: nothing, ...observer },
      timezone: "UTC",
      clock: clock ?? ((): Date => new Date()),
      log: silent,
    },
  );
  open.push(started);
  return started;
}

/** Waits until what is asked for is so; fails after two minutes, which a slow machine takes for none of it. */
export async function until(isSo: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Jobs of both queues that are not over yet. */
export async function unfinished({ jobs, exports }: LedgerQueues): Promise<number> {
  const counts = await Promise.all([jobs, exports].map((queue) => queue.getJobCountByTypes("active", "waiting", "delayed", "waiting-children", "prioritized")));
  return counts.reduce((sum, count) => sum + count, 0);
}

export async function untilIdle(queues: LedgerQueues): Promise<void> {
  await until(async () => (await unfinished(queues)) === 0, "no job is left");
}
