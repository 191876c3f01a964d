import pMap from "p-map";
import type { ObjectStore } from "../storage/object-store.ts";
import { type CopyState, type DayManifest, dayManifest, type ExportSummary } from "./day-manifest.ts";
import { type ExportManifest, exportManifest, type LandedFile } from "./export-manifest.ts";
import { readJson } from "./json-object.ts";
import { NOTHING_READABLE } from "./quarantined-money.ts";
import { DAY_MANIFESTS, EXPORT_MANIFESTS, LANDING, QUARANTINE, ROLLUPS, USAGE } from "./layout.ts";

/** An ingested export, as far as telling what is fresh needs it. */
export interface KnownExport extends ExportSummary {
  instance: string;
  landing: LandedFile[];
}

/** Everything a run knows before it starts: read from the lake, trusted only where manifest and listing agree. */
export interface LedgerState {
  /** By key of the export's manifest. */
  exports: Map<string, KnownExport>;
  /** By key of the day's manifest. */
  days: Map<string, DayManifest>;
  /** ETags of all landing files, quarantine files and tables there are, by key. */
  etags: Map<string, string>;
}

/** Requests under way at once. */
const READS_AT_ONCE = 16;

export function summarise(manifest: ExportManifest, key: string, etag: string): KnownExport {
  return {
    manifest: { key, etag },
    instance: manifest.instance,
    name: manifest.name,
    stem: manifest.stem,
    time: manifest.time,
    sources: manifest.sources,
    archive: manifest.archive.key,
    copy: copyStateOf(manifest),
    quarantine: manifest.quarantine && { key: manifest.quarantine.key, etag: manifest.quarantine.etag },
    settings: manifest.settings,
    erasures: manifest.erasures,
    records: manifest.records,
    versions: manifest.versions,
    record_ids: manifest.record_ids,
    readable: manifest.quarantine?.readable ?? NOTHING_READABLE,
    unknown_keys: manifest.unknown_keys,
    damaged: manifest.damage !== null,
    landing_files: manifest.landing.length,
    landing: manifest.landing,
  };
}

function copyStateOf({ purged, reduced }: ExportManifest): CopyState {
  if (purged !== null) return "purged";
  if (reduced === null) return "whole";
  return reduced.records > 0 ? "partial" : "reduced";
}

/** Reads the ledger's state: one listing per 1,000 objects, one read a day, and one for each export no day tells of. */
export async function loadLedgerState(store: ObjectStore): Promise<LedgerState> {
  const [manifests, dayKeys, ...listings] = await Promise.all(
    [EXPORT_MANIFESTS, DAY_MANIFESTS, LANDING, QUARANTINE, USAGE, ROLLUPS].map((prefix) => listEtags(store, prefix)),
  );
  const etags = new Map(listings.flatMap((listing) => [...listing]));
  const days = new Map(
    await pMap(
      [...(dayKeys ?? new Map<string, string>()).keys()],
      async (key): Promise<[string, DayManifest]> => [key, await readJson(store, key, dayManifest)],
      { concurrency: READS_AT_ONCE },
    ),
  );
  const exports = await knownExports(store, manifests ?? new Map<string, string>(), days);
  return { exports, days, etags };
}

export async function listEtags(store: ObjectStore, prefix: string): Promise<Map<string, string>> {
  const etags = new Map<string, string>();
  for await (const { key, etag } of store.list(prefix)) etags.set(key, etag);
  return etags;
}

async function knownExports(
  store: ObjectStore,
  manifests: ReadonlyMap<string, string>,
  days: ReadonlyMap<string, DayManifest>,
): Promise<Map<string, KnownExport>> {
  const told = exportsToldByDays(manifests, days);
  const known = await pMap(
    manifests,
    async ([key, etag]): Promise<[string, KnownExport]> => [
      key,
      told.get(key) ?? summarise(await readJson(store, key, exportManifest), key, etag),
    ],
    { concurrency: READS_AT_ONCE },
  );
  return new Map(known);
}

/** Exports whose manifest is the one that was summarised, and all of whose dates have been built since. */
function exportsToldByDays(
  manifests: ReadonlyMap<string, string>,
  days: ReadonlyMap<string, DayManifest>,
): Map<string, KnownExport> {
  const told = new Map<string, KnownExport>();
  for (const { date, instance, inputs } of days.values()) {
    for (const { export: summary, landing } of inputs) {
      const { key, etag } = summary.manifest;
      if (manifests.get(key) !== etag) continue;
      const known = told.get(key) ?? { ...summary, instance, landing: [] };
      known.landing.push({ ...landing, date });
      told.set(key, known);
    }
  }
  for (const [key, { landing, landing_files }] of told) if (landing.length !== landing_files) told.delete(key);
  return told;
}
