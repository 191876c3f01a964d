import type { Looking } from "../src/ingest/pull-exports.ts";

/** Key in the configuration's `schedule` section, and id of the job scheduler. */
type ScheduleId = "pull" | "pull_all" | "nightly" | "chargeback" | "retention";

type ScheduledJob =
  | { job: "pull-exports"; data: { looking: Looking } }
  | { job: "nightly-export" | "monthly-chargeback" | "retention-archive"; data: Record<string, never> };

/** What runs and when, unless the configuration says otherwise. `allocate-months` and `check-limits` follow each nightly export. */
const SCHEDULE: Readonly<Record<ScheduleId, ScheduledJob & { pattern: string }>> = {
  pull: { pattern: "*/15 * * * *", job: "pull-exports", data: { looking: "at what is new" } },
  pull_all: { pattern: "45 0 * * *", job: "pull-exports", data: { looking: "at everything" } },
  nightly: { pattern: "30 1 * * *", job: "nightly-export", data: {} },
  chargeback: { pattern: "0 6 1 * *", job: "monthly-chargeback", data: {} },
  retention: { pattern: "0 4 * * *", job: "retention-archive", data: {} },
};
const IDS = ["pull", "pull_all", "nightly", "chargeback", "retention"] as const satisfies readonly ScheduleId[];

export type SchedulePatterns = { readonly [Id in ScheduleId]?: string | undefined };

export interface Scheduled {
  id: ScheduleId;
  pattern: string;
  scheduled: ScheduledJob;
}

/** What is to be scheduled: what the configuration names, or all of it where it names nothing. */
export function listSchedules(configured: SchedulePatterns): Scheduled[] {
  const usual = IDS.every((id) => configured[id] === undefined);
  return IDS.flatMap((id) => {
    const { pattern, ...scheduled } = SCHEDULE[id];
    const wanted = usual ? pattern : configured[id];
    return wanted === undefined ? [] : [{ id, pattern: wanted, scheduled }];
  });
}
