import { AsyncLocalStorage } from "node:async_hooks";
import type { Logger } from "pino";
import type { JobObserver } from "../run/job-observer.ts";

interface JobScope {
  log: Logger;
  /** Fails the job if it is still running. */
  fail: (error: unknown) => void;
}

const scopes = new AsyncLocalStorage<JobScope>();

/** Everything that the work starts belongs to the job, even a promise that nobody awaits. */
export function runInScope<Result>(scope: JobScope, work: () => Promise<Result>): Promise<Result> {
  return scopes.run(scope, work);
}

/**
 * An unhandled rejection or an exception in a callback fails the job that it came from and is logged as `stray_failure`; other jobs go on.
 * If it came from no job, the process itself is faulty: it logs `worker_failed` and ends with exit code 1.
 */
export function superviseJobs(log: Logger, end: (code: number) => void): void {
  const judge = (error: unknown): void => {
    const scope = scopes.getStore();
    if (scope === undefined) {
      log.fatal({ code: "worker_failed", err: error }, "this worker ends: it failed outside of any job");
      end(1);
      return;
    }
    scope.log.error({ code: "stray_failure", err: error }, "something that the job started and did not wait for failed");
    scope.fail(error);
  };
  process.on("unhandledRejection", judge);
  process.on("uncaughtException", judge);
}

/** Wraps an observer and logs its exceptions, so that a failure to measure never fails a job. */
export function guardObserver(observer: JobObserver, log: Logger): JobObserver {
  const guard = <Told extends readonly unknown[]>(tell: (...told: Told) => void): ((...told: Told) => void) =>
    (...told) => {
      try {
        tell(...told);
      } catch (error) {
        log.error({ code: "observer_failed", err: error }, "what a job did could not be measured");
      }
    };
  return {
    jobFinished: guard((job) => observer.jobFinished(job)),
    exportsSeen: guard((instance, seen) => observer.exportsSeen(instance, seen)),
    exportIngested: guard((ingested) => observer.exportIngested(ingested)),
  };
}
