import { z } from "zod";
import { ingestExport } from "../src/ingest/ingest-export.ts";
import { refuseHidden } from "../src/archive/erasing/read-erasures.ts";
import { ingestSettings } from "../src/ingest/ingest-settings.ts";
import { settleCopies } from "../src/ingest/copying/settle-copies.ts";
import { pullExports, refuseUnlistable } from "../src/ingest/pull-exports.ts";
import { loadSettledState } from "../src/ingest/settle-restored.ts";
import { LedgerError } from "../src/ledger/errors.ts";
import { enqueueExports } from "../src/queue/enqueue-exports.ts";
import { exportJob } from "../src/queue/export-job.ts";
import { enqueueCheckpoint } from "./checkpoint-archive.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";

const pullJob = z.object({ looking: z.enum(["at everything", "at what is new"]).default("at what is new") });

export const handlePullExports: JobHandler = async (data, { openLedger, queues, observer, clock }) => {
  const { looking } = pullJob.parse(data);
  const ledger = await openLedger("is asked");
  const state = await loadSettledState(ledger);
  const { seen, known, tasks, withoutCopy, archived, read, unlistable } = await pullExports(ledger, state, looking);
  const { altered } = await settleCopies(ledger, state, archived);
  for (const [instance, count] of known) observer.exportsSeen(instance, count);
  const settingsOf = ({ instance, time }: { instance: string; time: Date }): string => ingestSettings(ledger.rules.normalisingAt(instance, time));
  const enqueued = await enqueueExports(queues.exports, tasks, settingsOf, looking, clock());
  ledger.telling.log.info({ looking, seen, ...enqueued, without_copy: withoutCopy.length, altered_copies: altered.length }, "exports pulled");
  refuseHidden(ledger.stores.archive, read);
  refuseUnlistable(unlistable);
  return { seen, ...enqueued };
};

export const handleIngestExport: JobHandler = async (data, { openLedger, observer, clock, queues, settings: { checkpointMilliseconds } }) => {
  const { task, settings } = exportJob.parse(data);
  const { instance, name, time } = task;
  const ledger = await openLedger("is as kept");
  if (ingestSettings(ledger.rules.normalisingAt(instance, time)) !== settings) throw settingsDiffer(name);
  ledger.telling.progress.begin(`ingesting ${name} of ${instance}`, 1);
  const { records, damage, archive } = await ingestExport(task, ledger);
  ledger.telling.progress.step();
  const log = ledger.telling.log.child({ instance, export: name });
  log[damage === null ? "info" : "warn"]({ records, damage }, "export ingested");
  const lagSeconds = Math.max(0, (clock().getTime() - time.getTime()) / 1000);
  if (ledger.work.archiving.signingKey !== undefined) await enqueueCheckpoint(queues.jobs, clock(), checkpointMilliseconds);
  observer.exportIngested({ instance, ...records, damaged: damage !== null, bytes: archive.size, lagSeconds });
  return { instance, export: name, records, damage };
};

function settingsDiffer(name: string): LedgerError {
  return new LedgerError("settings_differ", `export ${name} was pulled by a worker that reads exports otherwise than this one`, {
    remedy: "give every worker the same version and configuration; meanwhile another worker may take it",
    retryable: true,
  });
}
