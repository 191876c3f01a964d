import { join } from "node:path";
import { extractRecords } from "../../src/aperture/extract-records.ts";
import { readExport } from "../../src/aperture/read-export.ts";
import { RecordIdsWriter } from "../../src/completeness/record-ids.ts";
import type { ExportReport } from "../../src/lake/commit-export.ts";
import { type LandedExport, LandingWriter } from "../../src/lake/landing-writer.ts";
import { type QuarantinedRecord, QuarantineWriter } from "../../src/lake/quarantine-writer.ts";
import { headersWanted, normaliser, type NormalisingRules } from "../../src/usage/normalise.ts";

/** An export as a local file, and a local folder for what becomes of it. Plain data: it may go to another thread. */
export interface LandTask extends LandedExport {
  /** Last part of the export object's key. */
  name: string;
  file: string;
  workspace: string;
  rules: NormalisingRules;
}

export type Landed = Pick<ExportReport, "files" | "quarantine" | "reading" | "versions" | "recordIds">;

export type LandExport = (task: LandTask) => Promise<Landed>;

/** Reads the export and writes what it holds to local landing files and a local quarantine file. */
export async function landExport({ name, file, workspace, time, version, rules }: LandTask): Promise<Landed> {
  const landing = new LandingWriter(workspace, { time, version });
  const quarantined: QuarantinedRecord[] = [];
  const versions: VersionCounts = new Map();
  const ids = new RecordIdsWriter();
  const normalise = normaliser(name, rules);
  const reading = await readExport(file, time, headersWanted(rules.dimensions), {
    accept(request, place) {
      countVersion(versions, request.version);
      ids.add(request.id, request.ts);
      landing.add(normalise(request), place.position);
    },
    reject(rejection, place, { id, ts }) {
      quarantined.push({ place, ...rejection });
      ids.add(id, ts);
    },
  });
  const quarantine = quarantined.length === 0 ? null : await copyQuarantined({ instance: rules.instance, export: name }, file, quarantined, workspace);
  return { files: landing.finish(), quarantine, reading, versions: nameVersions(versions), recordIds: ids.finish() };
}

/** More versions than a gateway has ever written are counted together: the counts go into every manifest. */
const MOST_VERSIONS = 16;

/** Records by schema version; null for those without one. */
type VersionCounts = Map<number | null | "other", { records: number }>;

function countVersion(versions: VersionCounts, version: number | null): void {
  const counted = versions.get(version) ?? versions.get(versions.size < MOST_VERSIONS ? version : "other");
  if (counted === undefined) versions.set(versions.size < MOST_VERSIONS ? version : "other", { records: 1 });
  else counted.records++;
}

function nameVersions(versions: VersionCounts): Record<string, number> {
  return Object.fromEntries([...versions].map(([version, { records }]): [string, number] => [String(version ?? "none"), records]).sort(byFirst));
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
