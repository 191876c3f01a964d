import pMap from "p-map";
import { LedgerError } from "../errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { type CopyState, type DayManifest, dayManifest, type ExportSummary } from "./day-manifest.ts";
import { type ExportManifest, exportManifest, type LandedFile } from "./export-manifest.ts";
import { readDerived, type Unreadable } from "./json-object.ts";
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
  /** Manifests of days and exports that cannot be read, and are therefore not among these: what they tell of is derived again. */
  unreadable: Unreadable[];
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
  const unreadable: Unreadable[] = [];
  const read = await pMap(
    [...(dayKeys ?? new Map<string, string>()).keys()],
    async (key): Promise<[string, DayManifest][]> => {
      const manifest = await readDerived(store, key, dayManifest, (one) => void unreadable.push(one));
      return manifest === undefined ? [] : [[key, manifest]];
    },
    { concurrency: READS_AT_ONCE },
  );
  const days = new Map(read.flat());
  const exports = await knownExports(store, manifests ?? new Map<string, string>(), days, unreadable);
  return { exports, days, etags, unreadable: unreadable.sort((a, b) => (a.key < b.key ? -1 : 1)) };
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
  unreadable: Unreadable[],
): Promise<Map<string, KnownExport>> {
  const told = exportsToldByDays(days, ({ key, etag }) => manifests.get(key) === etag);
  const known = await pMap(
    manifests,
    async ([key, etag]): Promise<[string, KnownExport][]> => {
      const read = told.get(key) ?? (await readDerived(store, key, exportManifest, (one) => void unreadable.push(one)));
      if (read !== undefined) return [[key, "landing_files" in read ? read : summarise(read, key, etag)]];
      // What was removed from its copy is in no copy to read it from again: its days tell of it as it was.
      const before = exportsToldByDays(days, (manifest) => manifest.key === key).get(key);
      return before !== undefined && (before.copy === "partial" || before.copy === "purged") ? [[key, before]] : [];
    },
    { concurrency: READS_AT_ONCE },
  );
  return new Map(known.flat());
}

/** Throws `manifest_unreadable` where an export cannot be derived again: days that are built without it would lack its requests. */
export function refuseUnreadableExports({ unreadable, exports }: Pick<LedgerState, "unreadable" | "exports">, { url }: ObjectStore): void {
  const lost = unreadable.find(({ key }) => key.startsWith(EXPORT_MANIFESTS) && !exports.has(key));
  if (lost === undefined) return;
  throw new LedgerError("manifest_unreadable", lost.problem, { remedy: `restore ${url}/${lost.key} from a backup; where its copy is in the archive, aperture-ledger run writes it again`, retryable: true });
}

/** Exports whose manifest is the one that was summarised, and all of whose dates have been built since. */
function exportsToldByDays(
  days: ReadonlyMap<string, DayManifest>,
  counts: (manifest: ExportSummary["manifest"]) => boolean,
): Map<string, KnownExport> {
  const told = new Map<string, KnownExport>();
  for (const { date, instance, inputs } of days.values()) {
    for (const { export: summary, landing } of inputs) {
      const { key } = summary.manifest;
      if (!counts(summary.manifest)) continue;
      const known = told.get(key) ?? { ...summary, instance, landing: [] };
      known.landing.push({ ...landing, date });
      told.set(key, known);
    }
  }
  for (const [key, { landing, landing_files }] of told) if (landing.length !== landing_files) told.delete(key);
  return told;
}
