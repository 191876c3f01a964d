import { setTimeout as delay } from "node:timers/promises";
import { type Job, UnrecoverableError, WaitingError, Worker } from "bullmq";
import { z } from "zod";
import type { Logger } from "pino";
import { LedgerError } from "../ledger/errors.ts";
import type { Ledger } from "../open/ledger.ts";
import type { LedgerServices } from "../open/ledger-services.ts";
import type { JobHandlers, JobTools } from "./job-handler.ts";
import { recordProgress } from "./job-progress.ts";
import { guardObserver, runInScope } from "./job-scope.ts";
import { EXPORTS_QUEUE, JOBS_QUEUE } from "./open-queues.ts";
import type { RedisClient } from "./redis-client.ts";
import { connectRedis, disconnectRedis, keyPrefix } from "./redis-connection.ts";

export interface WorkerSettings {
  exportsAtOnce: number;
  /** Lock duration: after this long without a heartbeat the job goes to another worker. */
  lockMilliseconds: number;
  /** How long running jobs may go on after a stop, before they are handed back; 7 s by default. */
  graceMilliseconds?: number;
}

export type WorkerTools = Omit<JobTools, "openLedger"> & {
  openLedger: (services: Pick<LedgerServices, "log" | "progress">, gateway: Parameters<JobTools["openLedger"]>[0]) => Promise<Ledger>;
  log: Logger;
};

export interface LedgerWorker {
  /** Takes no more jobs, lets running jobs finish, and hands back the others; all within 10 seconds. */
  close(): Promise<void>;
}

/** Two, so that a pull does not wait for the build of a day, and at most two builds need memory. */
const JOBS_AT_ONCE = 2;
/** A job that brought down this many workers fails for good; the next pull that looks at everything tries it again. */
const MOST_STALLS = 20;
const GRACE_MILLISECONDS = 7000;
const HANDING_BACK_MILLISECONDS = 2000;

/** Takes jobs of both queues until it is closed. */
export function startWorker(handlers: JobHandlers, settings: WorkerSettings, tools: WorkerTools): LedgerWorker {
  const observer = guardObserver(tools.observer, tools.log);
  /** Hands back the running jobs. */
  const underWay = new Set<() => void>();
  let isStopping = false;
  const workers = [
    open(EXPORTS_QUEUE, settings.exportsAtOnce),
    open(JOBS_QUEUE, JOBS_AT_ONCE),
  ];
  return {
    async close() {
      const finished = Promise.allSettled(workers.map(({ worker }) => worker.close()));
      await Promise.race([finished, delay(settings.graceMilliseconds ?? GRACE_MILLISECONDS, undefined, { ref: false })]);
      isStopping = true;
      for (const handBack of underWay) handBack();
      await Promise.race([finished, delay(HANDING_BACK_MILLISECONDS, undefined, { ref: false })]);
      for (const { connection } of workers) disconnectRedis(connection);
    },
  };

  function open(queue: string, concurrency: number): { worker: Worker; connection: RedisClient } {
    const connection = connectRedis(tools.settings.redis, "waits", tools.log);
    const { telemetry, lakeUrl } = tools.settings;
    const worker = new Worker(queue, (job: Job<unknown>, token?: string) => processJob(job, token), {
      connection,
      prefix: keyPrefix(lakeUrl),
      concurrency,
      lockDuration: settings.lockMilliseconds,
      stalledInterval: settings.lockMilliseconds,
      maxStalledCount: MOST_STALLS,
      ...(telemetry === undefined ? {} : { telemetry }),
    });
    worker.on("error", (err) => tools.log.debug({ queue, err }, "worker error"));
    worker.on("stalled", (id) => tools.log.warn({ queue, id }, "job taken over: its worker sent no heartbeat"));
    return { worker, connection };
  }

  async function processJob(job: Job<unknown>, token: string | undefined): Promise<unknown> {
    const start = performance.now();
    const log = tools.log.child({ job: job.name, id: job.id, attempt: job.attemptsMade + 1 });
    const finish = (outcome: "completed" | "failed" | "handed back"): void =>
      observer.jobFinished({ name: job.name, outcome, seconds: (performance.now() - start) / 1000 });
    const { promise: handedBack, reject } = Promise.withResolvers<never>();
    const handBack = (): void => reject(new Error("the worker is stopping"));
    underWay.add(handBack);
    try {
      const result = await Promise.race([runInScope({ log, fail: reject }, () => handle(job, log)), handedBack]);
      finish("completed");
      return result;
    } catch (error) {
      if (isStopping) {
        await job.moveToWait(token);
        finish("handed back");
        log.info("handed back: this worker is stopping");
        throw new WaitingError();
      }
      finish("failed");
      log.error({ err: error, ...namesOf(job) }, "job failed");
      throw jobFailure(error);
    } finally {
      underWay.delete(handBack);
    }
  }

  async function handle(job: Job<unknown>, log: Logger): Promise<unknown> {
    const handler = Object.hasOwn(handlers, job.name) ? handlers[job.name] : undefined;
    if (handler === undefined) throw new Error(`this version has no job ${job.name}`);
    const services = { log, progress: recordProgress(job) };
    return await handler(job.data, { ...tools, observer, openLedger: (gateway) => tools.openLedger(services, gateway) });
  }
}

const named = z.looseObject({ instance: z.string(), name: z.string().optional(), date: z.string().optional() });
const about = z.union([z.looseObject({ task: named }).transform(({ task }) => task), named]).catch({ instance: "" });

/** Gateway, export or day of the job, for its log lines. */
function namesOf(job: Job<unknown>): Record<string, string | undefined> {
  const { instance, name, date } = about.parse(job.data);
  return instance === "" ? {} : { instance, export: name, date };
}

/**
 * Turns a failure into the error that BullMQ expects. A retryable error is tried again, and so is an error that is not a `LedgerError`,
 * because nobody knows whether it lasts. Any other fails at once. The job keeps the reason: message, code and remedy.
 */
function jobFailure(error: unknown): Error {
  if (!(error instanceof LedgerError)) return error instanceof Error ? error : new Error(String(error));
  const reason = `${error.message} [${error.code}] ${error.remedy}`;
  return error.retryable ? new Error(reason, { cause: error }) : new UnrecoverableError(reason);
}
