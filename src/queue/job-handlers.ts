import { handleAllocateMonths, handleBuildDay, handleCheckLimits, handleNightlyExport } from "./handle-days.ts";
import { handleIngestExport, handlePullExports } from "./handle-exports.ts";
import { handleRetentionArchive } from "./handle-retention.ts";
import { handleMonthlyChargeback } from "./handle-chargeback.ts";
import { handleCheckpointArchive } from "./handle-checkpoint.ts";
import type { JobHandlers } from "./job-handler.ts";

/** The job functions by the name that the schedules and flows give them. */
export const JOB_HANDLERS: JobHandlers = {
  "pull-exports": handlePullExports,
  "ingest-export": handleIngestExport,
  "nightly-export": handleNightlyExport,
  "build-day": handleBuildDay,
  "allocate-months": handleAllocateMonths,
  "check-limits": handleCheckLimits,
  "monthly-chargeback": handleMonthlyChargeback,
  "retention-archive": handleRetentionArchive,
  "checkpoint-archive": handleCheckpointArchive,
};
