import type { Queue } from "bullmq";
import { MINUTE_MS } from "../src/ledger/durations.ts";
import { findClockDoubt } from "../src/archive/timekeeping/find-clock-doubt.ts";
import { checkpointArchive } from "../src/archive/seal-archive.ts";
import { loadLedgerState } from "../src/lake/ledger-state.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

/** An export is covered by a signature at most this long after it arrives, plus the time the job takes. */
const CHECKPOINT_MS = 5 * MINUTE_MS;

/**
 * Adds a job that writes one checkpoint at the end of the current span, for everything that arrives in that span: all workers use the
 * same job id. What arrives while the checkpoint is written belongs to the next span.
 * @param span milliseconds.
 */
export async function enqueueCheckpoint(jobs: Queue, now: Date, span = CHECKPOINT_MS): Promise<void> {
  const end = (Math.floor(now.getTime() / span) + 1) * span;
  // A completed job that is kept would swallow a job that reaches Redis after the end of its span.
  await jobs.add("checkpoint-archive", {}, { jobId: `checkpoint--${String(end)}`, delay: end - now.getTime(), removeOnComplete: true });
}

/** Signs what arrived since the newest digests; until then only receipts vouch for it. */
export const handleCheckpointArchive: JobHandler = async (_, { openLedger, clock }) => {
  const ledger = await openLedger("cached");
  if (ledger.work.archiving.signingKey === undefined) return { checkpoints: [] };
  const state = await loadLedgerState(ledger.stores.lake);
  const doubt = await findClockDoubt(ledger, state, clock(), "seal");
  if (doubt !== undefined) throw doubt.error;
  return { checkpoints: await checkpointArchive(ledger, state, clock()) };
};
