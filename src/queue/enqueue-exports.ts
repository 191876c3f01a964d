import type { Job, Queue } from "bullmq";
import pMap from "p-map";
import type { ExportTask, Looking } from "../../jobs/pull-exports.ts";
import { type ExportJob, exportJobId } from "./export-job.ts";

export interface EnqueuedExports {
  added: number;
  /** In the queue already, or failed for a reason that does not pass by itself. */
  left: number;
}

const REQUESTS_AT_ONCE = 16;

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
): Promise<EnqueuedExports> {
  const firsts = Map.groupBy(tasks, ({ instance, first }) => `${instance}/${first}`).values();
  const added = await pMap(
    firsts,
    async ([task]) => task !== undefined && (await enqueue(queue, { task, settings: settingsOf(task) }, looking)),
    { concurrency: REQUESTS_AT_ONCE },
  );
  const count = added.filter(Boolean).length;
  return { added: count, left: tasks.length - count };
}

async function enqueue(queue: Queue, data: ExportJob, looking: Looking): Promise<boolean> {
  const jobId = exportJobId(data);
  const before = (await queue.getJob(jobId)) as Job | undefined;
  if (before !== undefined && !(await clearFinished(before, looking))) return false;
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

/** A job that failed for good was not tried as often as it might have been. */
function mayPass({ attemptsMade, opts: { attempts = 1 }, failedReason }: Job): boolean {
  return attemptsMade >= attempts || failedReason.startsWith("job stalled");
}
