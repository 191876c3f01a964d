import type { Queue } from "bullmq";
import type { Looking } from "../src/ingest/pull-exports.ts";

/** Key in the configuration's `schedule` section, and id of the job scheduler. */
type ScheduleId = "pull" | "pull_all" | "nightly" | "month_to_date" | "chargeback" | "retention" | "bills";

type ScheduledJob =
  | { job: "pull-exports"; data: { looking: Looking } }
  | { job: "nightly-export" | "month-to-date" | "monthly-chargeback" | "retention-archive" | "fetch-bills"; data: Record<string, never> };

/** Which job runs when, unless the configuration says otherwise; null: never. `allocate-months` and `check-limits` follow each nightly export. */
const DEFAULT_SCHEDULES: Readonly<Record<ScheduleId, ScheduledJob & { pattern: string | null }>> = {
  pull: { pattern: "*/15 * * * *", job: "pull-exports", data: { looking: "at what is new" } },
  pull_all: { pattern: "45 0 * * *", job: "pull-exports", data: { looking: "at everything" } },
  nightly: { pattern: "30 1 * * *", job: "nightly-export", data: {} },
  month_to_date: { pattern: null, job: "month-to-date", data: {} },
  chargeback: { pattern: "0 6 1 * *", job: "monthly-chargeback", data: {} },
  retention: { pattern: "0 4 * * *", job: "retention-archive", data: {} },
  bills: { pattern: "15 5 * * *", job: "fetch-bills", data: {} },
};
const IDS = ["pull", "pull_all", "nightly", "month_to_date", "chargeback", "retention", "bills"] as const satisfies readonly ScheduleId[];

/** Cron patterns by schedule. `false` switches a schedule off; one that is left out keeps its usual pattern. */
type SchedulePatterns = { readonly [Id in ScheduleId]?: string | false | undefined };

interface Scheduled {
  id: ScheduleId;
  pattern: string;
  scheduled: ScheduledJob;
}

/** The schedules that are not switched off, each with its configured or its usual pattern. */
function listSchedules(configured: SchedulePatterns): Scheduled[] {
  return IDS.flatMap((id) => {
    const { pattern: usual, ...scheduled } = DEFAULT_SCHEDULES[id];
    const pattern = configured[id] ?? usual;
    return pattern === null || pattern === false ? [] : [{ id, pattern, scheduled }];
  });
}

export interface ScheduleSettings extends SchedulePatterns {
  /** IANA time zone of the patterns. */
  timezone: string;
}

export interface DeclaredSchedules {
  declared: { id: string; pattern: string; next: Date }[];
  /** Ids of schedules that were in Redis and are switched off now. */
  removed: string[];
}

/** Brings the schedules in Redis in line with the configuration. Repeating it changes nothing. */
export async function declareSchedules(jobs: Queue, { timezone, ...patterns }: ScheduleSettings): Promise<DeclaredSchedules> {
  const wanted = listSchedules(patterns);
  for (const { id, pattern, scheduled } of wanted) {
    await jobs.upsertJobScheduler(id, { pattern, tz: timezone }, { name: scheduled.job, data: scheduled.data });
  }
  const next = new Map((await jobs.getJobSchedulers()).map((scheduler) => [scheduler.key, scheduler.next]));
  const declared = wanted.map(({ id, pattern }) => ({ id, pattern, next: new Date(next.get(id) ?? NaN) }));
  const removed = [...next.keys()].filter((key) => !wanted.some(({ id }) => id === key));
  for (const id of removed) await jobs.removeJobScheduler(id);
  return { declared, removed };
}
