import type { Job, Queue } from "bullmq";
import pMap from "p-map";
import type { ExportTask, Looking } from "../ingest/pull-exports.ts";
import { type ExportJob, exportJobId } from "./export-job.ts";

export interface EnqueuedExports {
  added: number;
  /** In the queue already, or failed for a reason that does not pass by itself. */
  left: number;
}

const REQUESTS_AT_ONCE = 16;
/** Clocks of workers that differ by less are all taken for right. */
const CLOCKS_AGREE_MS = 60_000;

/**
 * One job per export. Of exports under one name only the first: which of them replaced which is told by what is known
 * of the name, so the others are left to the next pull.
 * @param looking a pull that looks at everything also tries again what failed for good: somebody may have changed something.
 */
export async function enqueueExports(
  queue: Queue,
  tasks: readonly ExportTask[],
  settingsOf: (task: ExportTask) => string,
  looking: Looking,
  now: Date,
): Promise<EnqueuedExports> {
  const firsts = Map.groupBy(tasks, ({ instance, first }) => `${instance}/${first}`).values();
  const added = await pMap(
    firsts,
    async ([task]) => task !== undefined && (await enqueue(queue, { task, settings: settingsOf(task) }, { looking, now })),
    { concurrency: REQUESTS_AT_ONCE },
  );
  const count = added.filter(Boolean).length;
  return { added: count, left: tasks.length - count };
}

async function enqueue(queue: Queue, data: ExportJob, { looking, now }: { looking: Looking; now: Date }): Promise<boolean> {
  const jobId = exportJobId(data);
  const before = (await queue.getJob(jobId)) as Job | undefined;
  if (before !== undefined && !(await clearFinished(before, looking))) {
    if (isOfTheFuture(before, now) && (await before.isDelayed())) await before.promote();
    return false;
  }
  await queue.add("ingest-export", data, { jobId });
  return true;
}

/** Whether the job of an earlier pull is out of the way. */
async function clearFinished(job: Job, looking: Looking): Promise<boolean> {
  const state = await job.getState();
  const isOver = state === "completed" || (state === "failed" && (looking === "at everything" || mayPass(job)));
  if (isOver) await job.remove();
  return isOver || state === "unknown";
}

/** A worker whose clock was ahead tried it, and gave the next try a time by that clock: nobody would come to it for as long. */
function isOfTheFuture({ processedOn, timestamp }: Job, now: Date): boolean {
  return (processedOn ?? timestamp) > now.getTime() + CLOCKS_AGREE_MS;
}

/** A job that failed for good was not tried as often as it might have been. */
function mayPass({ attemptsMade, opts: { attempts = 1 }, failedReason }: Job): boolean {
  return attemptsMade >= attempts || failedReason.startsWith("job stalled");
}
