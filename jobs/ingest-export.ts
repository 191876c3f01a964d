import { join } from "node:path";
import { keepExport } from "../src/archive/keep-export.ts";
import { LedgerError } from "../src/errors.ts";
import { addSources, commitExport, type ExportReport } from "../src/lake/commit-export.ts";
import type { ExportManifest } from "../src/lake/export-manifest.ts";
import { type ExportIdentity, identifyArchived, identifyExport } from "../src/lake/identify-export.ts";
import { layout } from "../src/lake/layout.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import { ingestSettings } from "./exports/ingest-settings.ts";
import type { LedgerContext } from "./ledger-context.ts";
import type { ExportTask } from "./pull-exports.ts";

/**
 * Ingests one export: archive, landing, quarantine, and the manifest that commits them.
 * A crash anywhere leaves the export stale; the next run does it again and arrives at the same bytes.
 */
export async function ingestExport(task: ExportTask, ledger: LedgerContext): Promise<ExportManifest> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "export");
    const { known, ...fetched } = await fetchExport(task, file, workspace, ledger);
    const rules = ledger.rulesAt(task.instance, fetched.time);
    const settings = ingestSettings(rules);
    if (known?.settings === settings || known?.purged || known?.reduced?.records) return await addSources(ledger.lake, known, fetched);
    const { instance, name } = task;
    const landed = await ledger.land({ name, file, workspace, time: fetched.time, version: fetched.version, rules });
    return await commitExport(ledger.lake, { instance, name, settings, ...fetched, ...landed, time: fetched.time.toISOString() });
  });
}

interface Fetched extends ExportIdentity, Pick<ExportReport, "archive" | "sources"> {
  time: Date;
}

/** Brings the export to a local file; a new one is kept in the archive before anything is derived from it. */
async function fetchExport(task: ExportTask, file: string, workspace: string, ledger: LedgerContext): Promise<Fetched> {
  const { instance, first, time } = task;
  if (task.from === "archive") {
    const archive = { key: task.key, ...(await ledger.archive.download(task.key, file)) };
    return { ...(await identifyArchived(ledger.lake, instance, task.stem, first)), archive, time, sources: task.sources };
  }
  const { url, object } = task;
  const sources = [{ url, key: object.key, etag: object.etag }];
  const download = await sourceAt(url, task, ledger).download(object.key, file, object.etag);
  const identity = await identifyExport(ledger.lake, instance, first, download.sha256);
  const { known, stem } = identity;
  const made = known === undefined ? time : new Date(known.time);
  // Retention left less of it, or nothing, and that stays.
  if (known?.purged || known?.reduced) return { ...identity, archive: known.archive, time: made, sources };
  const key = known?.archive.key ?? layout.archive(instance, made, stem);
  const archive = await keepExport(ledger.archive, file, download, key, workspace);
  return { ...identity, archive, time: made, sources };
}

function sourceAt(url: string, { instance, name }: ExportTask, { sources }: LedgerContext): ObjectStore {
  const source = sources.find((one) => one.instance === instance && one.store.url === url);
  if (source !== undefined) return source.store;
  throw new LedgerError("config_invalid", `export ${name} lies at ${url}, which is no source of ${instance} here`, {
    remedy: "give every worker the same sources in aperture-ledger.yaml",
  });
}
