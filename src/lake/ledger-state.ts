import pMap from "p-map";
import type { ObjectStore } from "../storage/object-store.ts";
import { type CopyState, type DayManifest, dayManifest, type ExportSummary } from "./day-manifest.ts";
import { type ExportManifest, exportManifest, type LandedFile, type WrittenObject } from "./export-manifest.ts";
import { readJson } from "./json-object.ts";
import { NOTHING_READABLE } from "./quarantined-money.ts";
import { DAY_MANIFESTS, EXPORT_MANIFESTS, LANDING, QUARANTINE, ROLLUPS, USAGE } from "./layout.ts";
import { findRestored, type ListedObject } from "./same-bytes.ts";

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
  /**
   * ETags of all landing files, quarantine files and tables there are, by key. An object that has the bytes of its manifest under
   * another ETag has that of the manifest here.
   */
  etags: Map<string, string>;
  /** ETags in the store of those objects. Empty unless the lake was copied or restored, or an object was written again. */
  restored: ReadonlyMap<string, string>;
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
    content: contentOf(manifest.archive),
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

function contentOf({ etag, size, sha256 }: WrittenObject): KnownExport["content"] {
  return { etag, size, sha256 };
}

function copyStateOf({ purged, reduced }: ExportManifest): CopyState {
  if (purged !== null) return "purged";
  if (reduced === null) return "whole";
  return reduced.records > 0 ? "partial" : "reduced";
}

/**
 * Reads the ledger's state: one listing per 1,000 objects, one read a day, and one for each export no day tells of. Objects that have
 * another ETag than their manifests say are read as well: their bytes decide.
 */
export async function loadLedgerState(store: ObjectStore): Promise<LedgerState> {
  const [[manifests, dayKeys], listings] = await Promise.all([
    Promise.all([listEtags(store, EXPORT_MANIFESTS), listEtags(store, DAY_MANIFESTS)]),
    Promise.all([LANDING, QUARANTINE, USAGE, ROLLUPS].map((prefix) => listObjects(store, prefix))),
  ]);
  const listed = new Map(listings.flatMap((listing) => [...listing]));
  const days = new Map(
    await pMap(dayKeys.keys(), async (key): Promise<[string, DayManifest]> => [key, await readJson(store, key, dayManifest)], { concurrency: READS_AT_ONCE }),
  );
  const exports = await knownExports(store, manifests, days);
  const tables = [...days.values()].flatMap(({ usage, rollups }) => [usage, rollups]);
  const written = [...tables, ...[...exports.values()].flatMap(({ landing }) => landing), ...(await doubtfulQuarantine(store, exports.values(), listed))];
  const restored = await findRestored(store, listed, written);
  const etags = new Map([...listed].map(([key, { etag }]) => [key, etag]));
  for (const { key, etag } of written) if (restored.has(key)) etags.set(key, etag);
  return { exports, days, etags, restored };
}

/** The summaries of exports have no digests of these: where the ETag is another one, the export's manifest says it. */
async function doubtfulQuarantine(store: ObjectStore, exports: Iterable<KnownExport>, listed: ReadonlyMap<string, ListedObject>): Promise<WrittenObject[]> {
  const doubtful = [...exports].filter(({ quarantine }) => quarantine !== null && listed.has(quarantine.key) && listed.get(quarantine.key)?.etag !== quarantine.etag);
  const manifests = await pMap(doubtful, ({ manifest }) => readJson(store, manifest.key, exportManifest), { concurrency: READS_AT_ONCE });
  return manifests.flatMap(({ quarantine }) => quarantine ?? []);
}

export async function listObjects(store: ObjectStore, prefix: string): Promise<Map<string, ListedObject>> {
  const objects = new Map<string, ListedObject>();
  for await (const { key, size, etag } of store.list(prefix)) objects.set(key, { size, etag });
  return objects;
}

export async function listEtags(store: ObjectStore, prefix: string): Promise<Map<string, string>> {
  return new Map([...(await listObjects(store, prefix))].map(([key, { etag }]) => [key, etag]));
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

/** Exports whose manifest is the one that was summarised, all of it, and all of whose dates have been built since. */
function exportsToldByDays(
  manifests: ReadonlyMap<string, string>,
  days: ReadonlyMap<string, DayManifest>,
): Map<string, KnownExport> {
  const told = new Map<string, KnownExport>();
  for (const { date, instance, inputs } of days.values()) {
    for (const { export: summary, landing } of inputs) {
      const { key, etag } = summary.manifest;
      if (manifests.get(key) !== etag || summary.content === null) continue;
      const known = told.get(key) ?? { ...summary, instance, landing: [] };
      known.landing.push({ ...landing, date });
      told.set(key, known);
    }
  }
  for (const [key, { landing, landing_files }] of told) if (landing.length !== landing_files) told.delete(key);
  return told;
}
