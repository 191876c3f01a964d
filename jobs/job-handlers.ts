import { handleAllocateMonths } from "./allocate-months.ts";
import { handleBuildDay } from "./build-day.ts";
import { handleCheckLimits } from "./check-limits.ts";
import { handleCheckpointArchive } from "./checkpoint-archive.ts";
import { handleIngestExport } from "./ingest-export.ts";
import { handleMonthToDate } from "./month-to-date.ts";
import { handleMonthlyChargeback } from "./monthly-chargeback.ts";
import { handleNightlyExport } from "./nightly-export.ts";
import { handlePullExports } from "./pull-exports.ts";
import { handleRetentionArchive } from "./retention-archive.ts";
import type { JobHandlers } from "../src/queue/job-handler.ts";

/** The handler of each job, by the name that schedules and flows use. */
export const JOB_HANDLERS: JobHandlers = {
  "pull-exports": handlePullExports,
  "ingest-export": handleIngestExport,
  "nightly-export": handleNightlyExport,
  "build-day": handleBuildDay,
  "allocate-months": handleAllocateMonths,
  "check-limits": handleCheckLimits,
  "month-to-date": handleMonthToDate,
  "monthly-chargeback": handleMonthlyChargeback,
  "retention-archive": handleRetentionArchive,
  "checkpoint-archive": handleCheckpointArchive,
};
