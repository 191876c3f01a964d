import { z } from "zod";
import { ingestExport } from "../../jobs/ingest-export.ts";
import { refuseHidden } from "../../jobs/archive/erasure/read-erasures.ts";
import { ingestSettings } from "../../jobs/exports/ingest-settings.ts";
import { settleCopies } from "../../jobs/exports/settle-copies.ts";
import { pullExports, refuseUnlistable } from "../../jobs/pull-exports.ts";
import { loadSettledState } from "../../jobs/settle-restored.ts";
import { LedgerError } from "../errors.ts";
import { enqueueExports } from "./enqueue-exports.ts";
import { exportJob } from "./export-job.ts";
import { enqueueCheckpoint } from "./handle-checkpoint.ts";
import type { JobHandler } from "./job-handler.ts";

const pullJob = z.object({ looking: z.enum(["at everything", "at what is new"]).default("at what is new") });

export const handlePullExports: JobHandler = async (data, { openLedger, queues, observer, clock }) => {
  const { looking } = pullJob.parse(data);
  const ledger = await openLedger("is asked");
  const state = await loadSettledState(ledger);
  const { seen, known, tasks, withoutCopy, archived, read, unlistable } = await pullExports(ledger, state, looking);
  const { altered } = await settleCopies(ledger, state, archived);
  for (const [instance, count] of known) observer.exportsSeen(instance, count);
  const settingsOf = ({ instance, time }: { instance: string; time: Date }): string => ingestSettings(ledger.rulesAt(instance, time));
  const enqueued = await enqueueExports(queues.exports, tasks, settingsOf, looking, clock());
  ledger.log.info({ looking, seen, ...enqueued, without_copy: withoutCopy.length, altered_copies: altered.length }, "exports pulled");
  refuseHidden(ledger.archive, read);
  refuseUnlistable(unlistable);
  return { seen, ...enqueued };
};

export const handleIngestExport: JobHandler = async (data, { openLedger, observer, clock, queues, settings: { checkpointMilliseconds } }) => {
  const { task, settings } = exportJob.parse(data);
  const { instance, name, time } = task;
  const ledger = await openLedger("is as kept");
  if (ingestSettings(ledger.rulesAt(instance, time)) !== settings) throw settingsDiffer(name);
  ledger.progress.begin(`ingesting ${name} of ${instance}`, 1);
  const { records, damage, archive } = await ingestExport(task, ledger);
  ledger.progress.step();
  const log = ledger.log.child({ instance, export: name });
  log[damage === null ? "info" : "warn"]({ records, damage }, "export ingested");
  const lagSeconds = Math.max(0, (clock().getTime() - time.getTime()) / 1000);
  if (ledger.archiving.signingKey !== undefined) await enqueueCheckpoint(queues.jobs, clock(), checkpointMilliseconds);
  observer.exportIngested({ instance, ...records, damaged: damage !== null, bytes: archive.size, lagSeconds });
  return { instance, export: name, records, damage };
};

function settingsDiffer(name: string): LedgerError {
  return new LedgerError("settings_differ", `export ${name} was pulled by a worker that reads exports otherwise than this one`, {
    remedy: "give every worker the same version and configuration; meanwhile another worker may take it",
    retryable: true,
  });
}
