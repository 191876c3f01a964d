import type { Job, Queue } from "bullmq";
import pMap from "p-map";
import type { ExportTask, Looking } from "../ingest/pull-exports.ts";
import { type ExportJob, exportJobId } from "./export-job.ts";

export interface EnqueuedExports {
  added: number;
  /** Already in the queue, or failed for a reason that only a change resolves. */
  left: number;
}

const REQUESTS_AT_ONCE = 16;
/** The clocks of two workers may differ by this much. */
const CLOCKS_AGREE_MS = 60_000;

/**
 * Adds one job per export. If several exports have one name, it adds only the first: the ledger must know the first one to see whether another
 * replaces it, so the others wait for the next pull.
 * @param looking a pull that looks at everything also retries jobs that failed for good, because the cause may be gone.
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

/** Removes the job of an earlier pull if it is over. Resolves to whether a new job may be added. */
async function clearFinished(job: Job, looking: Looking): Promise<boolean> {
  const state = await job.getState();
  const isOver = state === "completed" || (state === "failed" && (looking === "at everything" || mayPass(job)));
  if (isOver) await job.remove();
  return isOver || state === "unknown";
}

/** Whether a worker whose clock was ahead tried the job: it scheduled the next try by that clock, so the job would wait too long. */
function isOfTheFuture({ processedOn, timestamp }: Job, now: Date): boolean {
  return (processedOn ?? timestamp) > now.getTime() + CLOCKS_AGREE_MS;
}

/** Whether the job used up its tries. A job that failed for good has tries left. */
function mayPass({ attemptsMade, opts: { attempts = 1 }, failedReason }: Job): boolean {
  return attemptsMade >= attempts || failedReason.startsWith("job stalled");
}
