import type { JobHandler, JobHandlers } from "../src/queue/job-handler.ts";

/**
 * Loads a job's handler with the first such job. Together the handlers load the database, the reports and everything else. A worker that only waits
 * for jobs and takes hooks need not hold all of that in memory.
 */
function loading(load: () => Promise<JobHandler>): JobHandler {
  return async (data, tools) => await (await load())(data, tools);
}

/** The handler of each job, by the name that schedules and flows use. */
export const JOB_HANDLERS: JobHandlers = {
  "pull-exports": loading(async () => (await import("./pull-exports.ts")).handlePullExports),
  "ingest-export": loading(async () => (await import("./ingest-export.ts")).handleIngestExport),
  "nightly-export": loading(async () => (await import("./nightly-export.ts")).handleNightlyExport),
  "build-day": loading(async () => (await import("./build-day.ts")).handleBuildDay),
  "allocate-months": loading(async () => (await import("./allocate-months.ts")).handleAllocateMonths),
  "check-limits": loading(async () => (await import("./check-limits.ts")).handleCheckLimits),
  "month-to-date": loading(async () => (await import("./month-to-date.ts")).handleMonthToDate),
  "monthly-chargeback": loading(async () => (await import("./monthly-chargeback.ts")).handleMonthlyChargeback),
  "retention-archive": loading(async () => (await import("./retention-archive.ts")).handleRetentionArchive),
  "fetch-bills": loading(async () => (await import("./fetch-bills.ts")).handleFetchBills),
  "checkpoint-archive": loading(async () => (await import("./checkpoint-archive.ts")).handleCheckpointArchive),
};
