import { handleAllocateMonths, handleBuildDay, handleCheckLimits, handleNightlyExport } from "./build-days.ts";
import { handleIngestExport, handlePullExports } from "./pull-exports.ts";
import { handleRetentionArchive } from "./retention-archive.ts";
import { handleMonthlyChargeback } from "./monthly-chargeback.ts";
import { handleCheckpointArchive } from "./checkpoint-archive.ts";
import type { JobHandlers } from "../src/queue/job-handler.ts";

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
