import { ingestExport } from "../src/ingest/ingest-export.ts";
import { ingestSettings } from "../src/ingest/ingest-settings.ts";
import { LedgerError } from "../src/ledger/errors.ts";
import { exportJob } from "../src/queue/export-job.ts";
import type { JobHandler } from "../src/queue/job-handler.ts";
import { enqueueCheckpoint } from "./checkpoint-archive.ts";

export const handleIngestExport: JobHandler = async (data, { openLedger, observer, clock, queues, settings: { checkpointMilliseconds } }) => {
  const { task, settings } = exportJob.parse(data);
  const { instance, name, time } = task;
  const ledger = await openLedger("cached");
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
  return new LedgerError("settings_differ", `export ${name} was pulled by a worker with another version or configuration`, {
    remedy: "give every worker the same version and configuration; meanwhile another worker may take it",
    retryable: true,
  });
}
