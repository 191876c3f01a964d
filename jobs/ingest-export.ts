import { join } from "node:path";
import { keepExport } from "../src/archive/keep-export.ts";
import { LedgerError } from "../src/errors.ts";
import { addSources, commitExport, type ExportReport } from "../src/lake/commit-export.ts";
import type { ExportManifest } from "../src/lake/export-manifest.ts";
import { type ExportIdentity, identifyArchived, identifyExport } from "../src/lake/identify-export.ts";
import { layout } from "../src/lake/layout.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import { findCopy } from "./exports/find-copy.ts";
import { ingestSettings } from "./exports/ingest-settings.ts";
import { type CopyOrigin, makeCopy, originOfCopy } from "./exports/make-copy.ts";
import type { LedgerContext } from "./ledger-context.ts";
import { erasing } from "./archive/read-erasures.ts";
import type { ExportTask } from "./pull-exports.ts";

/**
 * Ingests one export: archive, landing, quarantine, and the manifest that commits them.
 * A crash anywhere leaves the export stale; the next run does it again and arrives at the same bytes.
 */
export async function ingestExport(task: ExportTask, ledger: LedgerContext): Promise<ExportManifest> {
  return await withWorkspace(async (workspace) => {
    const { known, file, damage, ...fetched } = await fetchExport(task, workspace, ledger);
    const rules = { ...ledger.rulesAt(task.instance, fetched.time), ...erasing(task, ledger) };
    const settings = ingestSettings(rules);
    if (known?.settings === settings) return await addSources(ledger.lake, known, fetched);
    const { instance, name } = task;
    const erasures = (task.erasures ?? []).map(({ id }) => id).sort();
    const landed = await ledger.land({ name, file, workspace, time: fetched.time, version: fetched.version, rules });
    const reading = { ...landed.reading, damage: damage ?? landed.reading.damage };
    return await commitExport(ledger.lake, { instance, name, settings, erasures, ...fetched, ...landed, reading, time: fetched.time.toISOString() });
  });
}

interface Fetched extends ExportIdentity, Pick<ExportReport, "archive" | "sources">, CopyOrigin {
  /** The copy, which everything is derived from. */
  file: string;
  time: Date;
}

/** Brings the export to a local file; a new one is kept in the archive before anything is derived from it. */
async function fetchExport(task: ExportTask, workspace: string, ledger: LedgerContext): Promise<Fetched> {
  const { instance, first, time } = task;
  const file = join(workspace, "export");
  if (task.from === "archive") {
    const archive = { key: task.key, ...(await ledger.archive.download(task.key, file)) };
    const { identity, before } = await identifyArchived(ledger.lake, instance, task.stem, first);
    const origin = await originOfCopy(ledger.archive, archive, before);
    return { ...identity, ...origin, file, archive, time, sources: task.sources };
  }
  const { url, object } = task;
  const sources = [{ url, key: object.key, etag: object.etag }];
  const download = await sourceAt(url, task, ledger).download(object.key, file, object.etag);
  const made = await makeCopy({ file, ...download }, ledger.archiving.bodies, workspace);
  const identity = await identifyExport(ledger.lake, instance, first, { arrived: download.sha256, kept: made.sha256 });
  const { known, stem } = identity;
  if (known !== undefined) {
    const { archive, ...copy } = await findCopy(ledger, known, { file, ...download }, made, workspace);
    return { ...identity, ...copy, archive, time: new Date(known.time), sources };
  }
  const { file: copy, arrived, bodies, damage, ...content } = made;
  const archive = await keepExport(ledger.archive, copy, content, layout.archive(instance, time, stem), workspace);
  return { ...identity, file: copy, arrived, bodies, damage, archive, time, sources };
}

function sourceAt(url: string, { instance, name }: ExportTask, { sources }: LedgerContext): ObjectStore {
  const source = sources.find((one) => one.instance === instance && one.store.url === url);
  if (source !== undefined) return source.store;
  throw new LedgerError("config_invalid", `export ${name} lies at ${url}, which is no source of ${instance} here`, {
    remedy: "give every worker the same sources in aperture-ledger.yaml",
  });
}
