import { z } from "zod";
import { refuseHidden } from "../src/archive/erasing/read-erasures.ts";
import { retryDeliveries } from "../src/chargeback/deliver-month.ts";
import { checkHealth, checkHealthEvenSo } from "../src/health/check-health.ts";
import { copyProblems } from "../src/ingest/copying/copy-problems.ts";
import { ingestSettings } from "../src/ingest/ingest-settings.ts";
import { settleCopies } from "../src/ingest/copying/settle-copies.ts";
import { pullExports, refuseUnlistable } from "../src/ingest/pull-exports.ts";
import { loadSettledState } from "../src/ingest/settle-restored.ts";
import { enqueueExports } from "../src/queue/enqueue-exports.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

const pullJob = z.object({ looking: z.enum(["at everything", "at what is new"]).default("at what is new") });

export const handlePullExports: JobHandler = async (data, { openLedger, queues, observer, clock }) => {
  const { looking } = pullJob.parse(data);
  const ledger = await openLedger("refresh");
  const state = await loadSettledState(ledger);
  const { seen, known, tasks, withoutCopy, archived, read, unlistable } = await pullExports(ledger, state, looking).catch(async (error: unknown) => {
    await checkHealthEvenSo(ledger, () => Promise.resolve({ exports: [...state.exports.values()], waiting: [] }), clock());
    throw error;
  });
  const { altered } = await settleCopies(ledger, state, archived);
  for (const [instance, count] of known) observer.exportsSeen(instance, count);
  const settingsOf = ({ instance, time }: { instance: string; time: Date }): string => ingestSettings(ledger.rules.normalisingAt(instance, time));
  const enqueued = await enqueueExports(queues.exports, tasks, settingsOf, looking, clock());
  ledger.telling.log.info({ looking, seen, ...enqueued, without_copy: withoutCopy.length, altered_copies: altered.length }, "exports pulled");
  // Reports are retried before errors are thrown: a source that cannot be listed for weeks must not hold reports back.
  await retryDeliveries(ledger);
  await checkHealth(ledger, { exports: [...state.exports.values()], waiting: tasks, copies: copyProblems(altered, withoutCopy, state.exports.values()) }, clock());
  refuseHidden(ledger.stores.archive, read);
  refuseUnlistable(unlistable);
  return { seen, ...enqueued };
};
