import type { Queue } from "bullmq";
import { MINUTE_MS } from "../src/ledger/durations.ts";
import { findClockDoubt } from "../src/archive/timekeeping/find-doubt.ts";
import { checkpointArchive } from "../src/archive/seal-archive.ts";
import { loadLedgerState } from "../src/lake/ledger-state.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

/** How long after an export arrives it is proven at the latest, but for the time that the job itself takes. */
const CHECKPOINT_MS = 5 * MINUTE_MS;

/**
 * Has a checkpoint written at the end of this span of time, once for all that arrives in it: all workers give the job the same id.
 * What arrives while it is written belongs to the next span.
 * @param span milliseconds.
 */
export async function enqueueCheckpoint(jobs: Queue, now: Date, span = CHECKPOINT_MS): Promise<void> {
  const end = (Math.floor(now.getTime() / span) + 1) * span;
  await jobs.add("checkpoint-archive", {}, { jobId: `checkpoint--${String(end)}`, delay: end - now.getTime() });
}

/** Signs what came since the newest digests: until then nothing but receipts speaks for it. */
export const handleCheckpointArchive: JobHandler = async (_, { openLedger, clock }) => {
  const ledger = await openLedger("is as kept");
  if (ledger.work.archiving.signingKey === undefined) return { checkpoints: [] };
  const state = await loadLedgerState(ledger.stores.lake);
  const doubt = await findClockDoubt(ledger, state, clock(), "seal");
  if (doubt !== undefined) throw doubt.error;
  return { checkpoints: await checkpointArchive(ledger, state, clock()) };
};
