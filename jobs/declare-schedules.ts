import type { Queue } from "bullmq";
import { listSchedules, type SchedulePatterns } from "./schedule.ts";

export interface ScheduleSettings extends SchedulePatterns {
  /** IANA time zone of the patterns. */
  timezone: string;
}

export interface DeclaredSchedules {
  declared: { id: string; pattern: string; next: Date }[];
  /** Ids of schedules that were in Redis and are no longer wanted. */
  removed: string[];
}

/** Makes the schedules in Redis those of the configuration; doing it again changes nothing. */
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
