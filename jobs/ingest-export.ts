import { join } from "node:path";
import { exportStem } from "../src/aperture/export-name.ts";
import { extractRecords } from "../src/aperture/extract-records.ts";
import { readExport } from "../src/aperture/read-export.ts";
import { type ArchivedExport, keepExport } from "../src/archive/keep-export.ts";
import { commitExport, type ExportReport } from "../src/lake/commit-export.ts";
import type { ExportManifest } from "../src/lake/export-manifest.ts";
import { LandingWriter } from "../src/lake/landing-writer.ts";
import { archiveKeys } from "../src/lake/layout.ts";
import { type QuarantinedRecord, QuarantineWriter } from "../src/lake/quarantine-writer.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import { headersWanted, type NormalisingRules, normaliseRequest } from "../src/usage/normalise.ts";
import { ingestSettings } from "./ingest-settings.ts";
import type { LedgerContext } from "./ledger-context.ts";
import type { ExportTask } from "./pull-exports.ts";

/**
 * Ingests one export: archive, landing, quarantine, and the manifest that commits them.
 * A crash anywhere leaves the export stale; the next run does it again and arrives at the same bytes.
 */
export async function ingestExport(task: ExportTask, ledger: LedgerContext): Promise<ExportManifest> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "export");
    const { stem, archive } = await fetchExport(task, file, workspace, ledger);
    const rules = ledger.rulesAt(task.instance, task.time);
    const landed = await landExport(task, file, workspace, rules);
    return await commitExport(ledger.lake, {
      instance: task.instance,
      name: task.name,
      stem,
      time: task.time.toISOString(),
      source: task.from === "source" ? { url: task.source.url, key: task.object.key, etag: task.object.etag } : null,
      archive,
      settings: ingestSettings(rules),
      ...landed,
    });
  });
}

/** Brings the export to a local file; a new one is kept in the archive before anything is derived from it. */
async function fetchExport(
  task: ExportTask,
  file: string,
  workspace: string,
  { archive }: LedgerContext,
): Promise<{ stem: string; archive: ArchivedExport }> {
  if (task.from === "archive") {
    const { archive: key, stem } = task.known;
    return { stem, archive: { key, ...(await archive.download(key, file)) } };
  }
  const download = await task.source.download(task.object.key, file, task.object.etag);
  const stem = exportStem(task.name);
  const keys = archiveKeys(task.instance, task.time, stem, download.sha256);
  const kept = await keepExport(archive, file, download, [keys.first.archive, keys.variant.archive], workspace);
  return { stem: kept.key === keys.first.archive ? keys.first.stem : keys.variant.stem, archive: kept };
}

type Landed = Pick<ExportReport, "files" | "quarantine" | "reading" | "versions">;

/** Reads the export and writes what it holds to local landing files and a local quarantine file. */
async function landExport(task: ExportTask, file: string, workspace: string, rules: NormalisingRules): Promise<Landed> {
  const landing = new LandingWriter(workspace, task.time);
  const quarantined: QuarantinedRecord[] = [];
  const versions = new Map<string, number>();
  const reading = await readExport(file, task.time, headersWanted(rules.dimensions), {
    accept(request, place) {
      const version = String(request.version ?? "none");
      versions.set(version, (versions.get(version) ?? 0) + 1);
      landing.add(normaliseRequest(request, task.name, rules), place.position);
    },
    reject: (rejection, place) => void quarantined.push({ place, ...rejection }),
  });
  const quarantine = quarantined.length === 0 ? null : await copyQuarantined(task, file, quarantined, workspace);
  return { files: landing.finish(), quarantine, reading, versions: Object.fromEntries([...versions].sort(byFirst)) };
}

async function copyQuarantined(
  { instance, name }: ExportTask,
  file: string,
  quarantined: readonly QuarantinedRecord[],
  workspace: string,
): Promise<NonNullable<Landed["quarantine"]>> {
  const copy = join(workspace, "quarantine.ndjson");
  const writer = new QuarantineWriter(copy, { instance, export: name });
  try {
    await extractRecords(file, quarantined, writer);
  } finally {
    writer.close();
  }
  const reasons = new Map<string, number>();
  for (const { reason } of quarantined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return { file: copy, reasons: Object.fromEntries([...reasons].sort(byFirst)) };
}

function byFirst([a]: [string, number], [b]: [string, number]): number {
  return a < b ? -1 : 1;
}
