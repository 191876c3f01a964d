import { join } from "node:path";
import { extractRecords } from "../src/aperture/extract-records.ts";
import { readExport } from "../src/aperture/read-export.ts";
import { keepExport } from "../src/archive/keep-export.ts";
import { addSources, commitExport, type ExportReport } from "../src/lake/commit-export.ts";
import type { ExportManifest } from "../src/lake/export-manifest.ts";
import { type ExportIdentity, identifyArchived, identifyExport } from "../src/lake/identify-export.ts";
import { LandingWriter } from "../src/lake/landing-writer.ts";
import { layout } from "../src/lake/layout.ts";
import { type QuarantinedRecord, QuarantineWriter } from "../src/lake/quarantine-writer.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import { headersWanted, normaliser, type NormalisingRules } from "../src/usage/normalise.ts";
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
    const { known, ...fetched } = await fetchExport(task, file, workspace, ledger);
    const rules = ledger.rulesAt(task.instance, fetched.time);
    const settings = ingestSettings(rules);
    if (known?.settings === settings) return await addSources(ledger.lake, known, fetched);
    const landed = await landExport(task.name, fetched, file, workspace, rules);
    const { instance, name } = task;
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
  const { source, object } = task;
  const sources = [{ url: source.url, key: object.key, etag: object.etag }];
  const download = await source.download(object.key, file, object.etag);
  const identity = await identifyExport(ledger.lake, instance, first, download.sha256);
  const { known, stem } = identity;
  const made = known === undefined ? time : new Date(known.time);
  const key = known?.archive.key ?? layout.archive(instance, made, stem);
  const archive = await keepExport(ledger.archive, file, download, key, workspace);
  return { ...identity, archive, time: made, sources };
}

type Landed = Pick<ExportReport, "files" | "quarantine" | "reading" | "versions">;

/** Reads the export and writes what it holds to local landing files and a local quarantine file. */
async function landExport(
  name: string,
  { version, time }: Fetched,
  file: string,
  workspace: string,
  rules: NormalisingRules,
): Promise<Landed> {
  const landing = new LandingWriter(workspace, { time, version });
  const quarantined: QuarantinedRecord[] = [];
  const versions = new Map<string, number>();
  const normalise = normaliser(name, rules);
  const reading = await readExport(file, time, headersWanted(rules.dimensions), {
    accept(request, place) {
      countVersion(versions, request.version);
      landing.add(normalise(request), place.position);
    },
    reject: (rejection, place) => void quarantined.push({ place, ...rejection }),
  });
  const quarantine = quarantined.length === 0 ? null : await copyQuarantined({ instance: rules.instance, export: name }, file, quarantined, workspace);
  return { files: landing.finish(), quarantine, reading, versions: Object.fromEntries([...versions].sort(byFirst)) };
}

/** More versions than a gateway has ever written are counted together: the counts go into every manifest. */
const MOST_VERSIONS = 16;

function countVersion(versions: Map<string, number>, version: number | null): void {
  const name = String(version ?? "none");
  const counted = versions.has(name) || versions.size < MOST_VERSIONS ? name : "other";
  versions.set(counted, (versions.get(counted) ?? 0) + 1);
}

async function copyQuarantined(
  origin: { instance: string; export: string },
  file: string,
  quarantined: readonly QuarantinedRecord[],
  workspace: string,
): Promise<NonNullable<Landed["quarantine"]>> {
  const copy = join(workspace, "quarantine.ndjson");
  const writer = new QuarantineWriter(copy, origin);
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
