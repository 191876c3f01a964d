import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type ExportManifest, exportManifest, type LandedFile, type SourceObject, type WrittenObject } from "./export-manifest.ts";
import { readDerived, replaceJson } from "../json-object.ts";
import type { LandingFile } from "./date-file.ts";
import { layout } from "../layout.ts";
import { publishFile } from "../publish.ts";

/** The result of an ingestion before it is written to the lake. */
export interface ExportReport extends Pick<ExportManifest, "instance" | "name" | "stem" | "version" | "time" | "archive" | "arrived" | "bodies" | "settings" | "erasures" | "versions"> {
  /** Where this ingestion saw the export. */
  sources: readonly SourceObject[];
  reading: {
    read: number;
    accepted: number;
    rejected: number;
    contentBytes: number;
    damage: ExportManifest["damage"];
  };
  recordIds: NonNullable<ExportManifest["record_ids"]>;
  files: readonly (LandingFile & Pick<LandedFile, "altered">)[];
  unknownKeys: ExportManifest["unknown_keys"];
  quarantine: QuarantineFile | null;
}

/** A local quarantine file with its description for the manifest. */
export interface QuarantineFile extends Pick<NonNullable<ExportManifest["quarantine"]>, "reasons" | "readable"> {
  file: string;
}

/** Publishes landing files and quarantine, commits them with the export's manifest, and removes the files that it replaced. */
export async function commitExport(lake: ObjectStore, report: ExportReport): Promise<ExportManifest> {
  const { instance, stem, reading } = report;
  const key = layout.exportManifest(instance, stem);
  const before = await readManifest(lake, key);
  if (before !== undefined && before.archive.sha256 !== report.archive.sha256) throw archiveAltered(report, before);

  const landing = await publishLanding(lake, report);
  const quarantine = await publishQuarantine(lake, report);
  // Parsed, so that the order of its fields does not depend on how the export arrived.
  const manifest = exportManifest.parse({
    format: 1,
    instance,
    name: report.name,
    stem,
    version: report.version,
    time: report.time,
    sources: mergeSources(before?.sources ?? [], report.sources),
    archive: report.archive,
    arrived: report.arrived,
    bodies: report.bodies,
    reduced: before?.reduced ?? null,
    purged: before?.purged ?? null,
    settings: report.settings,
    erasures: report.erasures,
    records: { read: reading.read, accepted: reading.accepted, quarantined: reading.rejected },
    versions: report.versions,
    record_ids: report.recordIds,
    content_bytes: reading.contentBytes,
    damage: reading.damage,
    quarantine,
    unknown_keys: report.unknownKeys,
    landing,
  } satisfies ExportManifest);
  await replaceJson(lake, key, manifest);
  await removeReplaced(lake, before, manifest);
  return manifest;
}

/** Notes a further place or ETag of an ingested export, and the current copy in the archive. */
export async function addSources(
  lake: ObjectStore,
  known: ExportManifest,
  { archive, arrived, bodies, sources }: Pick<ExportReport, "archive" | "arrived" | "bodies" | "sources">,
): Promise<ExportManifest> {
  const manifest = exportManifest.parse({ ...known, archive, arrived, bodies, sources: mergeSources(known.sources, sources) } satisfies ExportManifest);
  await replaceJson(lake, layout.exportManifest(known.instance, known.stem), manifest);
  return manifest;
}

async function readManifest(lake: ObjectStore, key: string): Promise<ExportManifest | undefined> {
  const entry = await lake.head(key);
  return entry === undefined ? undefined : await readDerived(lake, key, exportManifest);
}

async function publishLanding(lake: ObjectStore, { instance, stem, files }: ExportReport): Promise<LandedFile[]> {
  const landed: LandedFile[] = [];
  for (const { date, file, rows, altered } of files) {
    landed.push({ date, ...(await publishFile(lake, layout.landing(date, instance, stem), file)), rows, altered });
  }
  return landed;
}

async function publishQuarantine(
  lake: ObjectStore,
  { instance, stem, quarantine }: ExportReport,
): Promise<ExportManifest["quarantine"]> {
  if (quarantine === null) return null;
  const published: WrittenObject = await publishFile(lake, layout.quarantine(instance, stem), quarantine.file);
  return { ...published, reasons: quarantine.reasons, readable: quarantine.readable };
}

/** An object seen again in the same place replaces the earlier note about that place. */
function mergeSources(before: readonly SourceObject[], now: readonly SourceObject[]): SourceObject[] {
  const elsewhere = before.filter(({ url, key }) => !now.some((source) => source.url === url && source.key === key));
  return [...elsewhere, ...now];
}

async function removeReplaced(lake: ObjectStore, before: ExportManifest | undefined, now: ExportManifest): Promise<void> {
  if (before === undefined) return;
  const kept = new Set([...now.landing.map(({ key }) => key), now.quarantine?.key]);
  for (const key of [...before.landing.map((file) => file.key), before.quarantine?.key]) {
    if (key !== undefined && !kept.has(key)) await lake.remove(key);
  }
}

function archiveAltered({ archive }: ExportReport, before: ExportManifest): LedgerError {
  return new LedgerError(
    "archive_conflict",
    `the archived export ${archive.key} has SHA-256 ${archive.sha256}, its manifest says ${before.archive.sha256}`,
    { remedy: "the archive was altered: restore that object from a backup or from the export's source" },
  );
}
