import { join } from "node:path";
import { DAY_MICROS } from "../ledger/durations.ts";
import { extractRecords } from "../aperture/reader/extract-records.ts";
import { readExport } from "../aperture/reader/read-export.ts";
import { RecordIdsWriter } from "../completeness/record-ids.ts";
import type { ReadableParts } from "../aperture/reader/check-record.ts";
import type { ExportReport, QuarantineFile } from "../lake/landing/commit-export.ts";
import { type LandedExport, LandingWriter } from "../lake/landing/landing-writer.ts";
import { type QuarantinedRecord, QuarantineWriter } from "../lake/landing/quarantine-writer.ts";
import { QuarantineSums } from "../lake/landing/quarantined-money.ts";
import { AlterationCounts, type AlteredValues, UnknownKeyCounts } from "../lake/landing/reading-notes.ts";
import { identifyCaller } from "../ledger/names/caller.ts";
import { erasedCaller, eraser } from "../ledger/names/erasure.ts";
import { headersWanted, normaliser, type NormalisingRules } from "./normaliser/normalise.ts";
import { NO_REMARKS, type RecordedRequest } from "../ledger/usage/recorded-request.ts";

/** An export as a local file, and a local folder for the results. Plain data, since it is passed to a thread. */
export interface LandTask extends LandedExport {
  /** Last part of the export object's key. */
  name: string;
  file: string;
  workspace: string;
  rules: NormalisingRules;
}

export type Landed = Pick<ExportReport, "files" | "quarantine" | "reading" | "versions" | "recordIds" | "unknownKeys">;

export type LandExport = (task: LandTask) => Promise<Landed>;

/** Reads the export and writes its records to local landing files and a local quarantine file. */
export async function landExport({ name, file, workspace, time, version, rules }: LandTask): Promise<Landed> {
  const landing = new LandingWriter(workspace, { time, version });
  const quarantined: QuarantinedRecord[] = [];
  const versions: VersionCounts = new Map();
  const ids = new RecordIdsWriter();
  const normalise = normaliser(name, rules);
  const erase = rules.erased === undefined ? (request: RecordedRequest) => request : eraser(rules.erased);
  const altered = new AlterationsByDay();
  const unknownKeys = new UnknownKeyCounts();
  const reading = await readExport(file, time, headersWanted(rules.dimensions), {
    accept(request, place) {
      countVersion(versions, request.version);
      ids.add(request.id, request.ts);
      if (request.remarks !== NO_REMARKS) {
        altered.add(request);
        unknownKeys.add(erase(request).remarks.unknownKeys);
      }
      landing.add(normalise(request), place.position);
    },
    reject(rejection, place, parts) {
      quarantined.push({ place, ...rejection, cost: parts.cost, caller: callerOf(parts, rules) });
      ids.add(parts.id, parts.ts);
    },
  });
  const quarantine = quarantined.length === 0 ? null : await copyQuarantined({ instance: rules.instance, export: name }, file, quarantined, workspace);
  const files = landing.finish().map((landed) => ({ ...landed, altered: altered.of(landed.date) }));
  return { files, quarantine, reading, versions: nameVersions(versions), recordIds: ids.finish(), unknownKeys: unknownKeys.list() };
}

/** By UTC date, like landing files. */
class AlterationsByDay {
  readonly #days = new Map<number, AlterationCounts>();

  add({ ts, remarks }: RecordedRequest): void {
    if (remarks.altered.length === 0) return;
    const day = Math.floor(ts / DAY_MICROS);
    const counts = this.#days.get(day) ?? new AlterationCounts();
    counts.add(remarks.altered);
    this.#days.set(day, counts);
  }

  of(date: string): AlteredValues[] {
    return this.#days.get((Date.parse(date) * 1000) / DAY_MICROS)?.list() ?? [];
  }
}

/** A longer login does not exist. */
const LONGEST_CALLER = 320;

/** The caller of a rejected request, where it is readable. An erasure also applies to a request without a readable time. */
function callerOf({ login, tags, ts }: ReadableParts, { erased }: NormalisingRules): string | null {
  const { caller, callerType } = identifyCaller(login, tags);
  if (callerType === "unknown" || caller.length > LONGEST_CALLER) return null;
  return erased === undefined ? caller : erasedCaller(caller, ts, erased);
}

/** Limit of separately counted versions, more than gateways have ever written: the counts are part of every manifest. */
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
): Promise<QuarantineFile> {
  const copy = join(workspace, "quarantine.ndjson");
  const writer = new QuarantineWriter(copy, origin);
  try {
    await extractRecords(file, quarantined, writer);
  } finally {
    writer.close();
  }
  const reasons = new Map<string, number>();
  const sums = new QuarantineSums();
  for (const { reason, cost, caller } of quarantined) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    sums.add(cost, caller);
  }
  return { file: copy, reasons: Object.fromEntries([...reasons].sort(byFirst)), readable: sums.finish() };
}

function byFirst([a]: [string, number], [b]: [string, number]): number {
  return a < b ? -1 : 1;
}
