import pMap from "p-map";
import { LedgerError } from "../ledger/errors.ts";
import { READS_AT_ONCE } from "../storage/reads-at-once.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type CopyState, type DayManifest, dayManifest, type ExportSummary, tablesOf } from "./days/day-manifest.ts";
import { type ExportManifest, exportManifest, type LandedFile, type WrittenObject } from "./landing/export-manifest.ts";
import { readDerived, type Unreadable } from "./json-object.ts";
import { NOTHING_READABLE } from "./landing/quarantined-money.ts";
import { DAY_MANIFESTS, EXPORT_MANIFESTS, LANDING, QUARANTINE, ROLLUPS, TOOLS, USAGE } from "./layout.ts";
import { findRestored, type ListedObject } from "./same-bytes.ts";

/** An ingested export, with the facts that decide what is fresh. */
export interface KnownExport extends ExportSummary {
  instance: string;
  landing: LandedFile[];
}

/** Everything a run knows at its start: read from the lake, and trusted only where manifest and listing agree. */
export interface LedgerState {
  /** By key of the export's manifest. */
  exports: Map<string, KnownExport>;
  /** By key of the day's manifest. */
  days: Map<string, DayManifest>;
  /**
   * ETags of all existing landing files, quarantine files and tables, by key. For an object with the bytes but not the ETag of its manifest,
   * this is the manifest's ETag.
   */
  etags: Map<string, string>;
  /** Manifests of days and exports that cannot be read, and are therefore not in the maps: their objects are derived again. */
  unreadable: Unreadable[];
  /** ETags in the store of those objects. Empty unless the lake was copied or restored, or an object was written again. */
  restored: ReadonlyMap<string, string>;
}

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
 * Reads the ledger's state: one listing per 1,000 objects, one read per day, and one for each export that no day mentions. Objects whose
 * ETag differs from their manifest are read too: their bytes decide.
 */
export async function loadLedgerState(store: ObjectStore): Promise<LedgerState> {
  const [[manifests, dayKeys], listings] = await Promise.all([
    Promise.all([listEtags(store, EXPORT_MANIFESTS), listEtags(store, DAY_MANIFESTS)]),
    Promise.all([LANDING, QUARANTINE, USAGE, ROLLUPS, TOOLS].map((prefix) => listObjects(store, prefix))),
  ]);
  const listed = new Map(listings.flatMap((listing) => [...listing]));
  const unreadable: Unreadable[] = [];
  const read = await pMap(
    dayKeys.keys(),
    async (key): Promise<[string, DayManifest][]> => {
      const manifest = await readDerived(store, key, dayManifest, (one) => void unreadable.push(one));
      return manifest === undefined ? [] : [[key, manifest]];
    },
    { concurrency: READS_AT_ONCE },
  );
  const days = new Map(read.flat());
  const exports = await knownExports(store, manifests, days, unreadable);
  const tables = [...days.values()].flatMap(tablesOf);
  const written = [...tables, ...[...exports.values()].flatMap(({ landing }) => landing), ...(await doubtfulQuarantine(store, exports.values(), listed))];
  const restored = await findRestored(store, listed, written);
  const etags = new Map([...listed].map(([key, { etag }]) => [key, etag]));
  for (const { key, etag } of written) if (restored.has(key)) etags.set(key, etag);
  return { exports, days, etags, restored, unreadable: unreadable.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

/** Summaries of exports have no digests of these: where the ETag differs, the export's manifest has it. */
async function doubtfulQuarantine(store: ObjectStore, exports: Iterable<KnownExport>, listed: ReadonlyMap<string, ListedObject>): Promise<WrittenObject[]> {
  const doubtful = [...exports].filter(({ quarantine }) => quarantine !== null && listed.has(quarantine.key) && listed.get(quarantine.key)?.etag !== quarantine.etag);
  const manifests = await pMap(doubtful, ({ manifest }) => readDerived(store, manifest.key, exportManifest), { concurrency: READS_AT_ONCE });
  return manifests.flatMap((manifest) => manifest?.quarantine ?? []);
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
  unreadable: Unreadable[],
): Promise<Map<string, KnownExport>> {
  const told = exportsToldByDays(days, ({ key, etag }) => manifests.get(key) === etag);
  const known = await pMap(
    manifests,
    async ([key, etag]): Promise<[string, KnownExport][]> => {
      const read = told.get(key) ?? (await readDerived(store, key, exportManifest, (one) => void unreadable.push(one)));
      if (read !== undefined) return [[key, "landing_files" in read ? read : summarise(read, key, etag)]];
      // Records that were removed from its copy cannot be read again: its days still have them.
      const before = exportsToldByDays(days, (manifest) => manifest.key === key).get(key);
      return before !== undefined && (before.copy === "partial" || before.copy === "purged") ? [[key, before]] : [];
    },
    { concurrency: READS_AT_ONCE },
  );
  return new Map(known.flat());
}

/** Throws `manifest_unreadable` where an export cannot be derived again: days built without it would lack its requests. */
export function refuseUnreadableExports({ unreadable, exports }: Pick<LedgerState, "unreadable" | "exports">, { url }: ObjectStore): void {
  const lost = unreadable.find(({ key }) => key.startsWith(EXPORT_MANIFESTS) && !exports.has(key));
  if (lost === undefined) return;
  throw new LedgerError("manifest_unreadable", lost.problem, { remedy: `restore ${url}/${lost.key} from a backup; where its copy is in the archive, aperture-ledger run writes it again`, retryable: true });
}

/** Exports whose summarised manifest is the current one, and whose dates have all been built since. */
function exportsToldByDays(
  days: ReadonlyMap<string, DayManifest>,
  counts: (manifest: ExportSummary["manifest"]) => boolean,
): Map<string, KnownExport> {
  const told = new Map<string, KnownExport>();
  for (const { date, instance, inputs } of days.values()) {
    for (const { export: summary, landing } of inputs) {
      const { key } = summary.manifest;
      if (!counts(summary.manifest) || summary.content === null) continue;
      const known = told.get(key) ?? { ...summary, instance, landing: [] };
      known.landing.push({ ...landing, date });
      told.set(key, known);
    }
  }
  for (const [key, { landing, landing_files }] of told) if (landing.length !== landing_files) told.delete(key);
  return told;
}
