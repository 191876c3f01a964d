import { exportStem, exportTime, isExportKey, lastPart } from "../aperture/reader/export-name.ts";
import { listWithoutReceipts } from "../archive/copies/list-archive.ts";
import type { SourceObject } from "../lake/landing/export-manifest.ts";
import { decodeKeyPart, encodeKeyPart, firstStem, parseArchiveKey } from "../lake/layout.ts";
import type { KnownExport, LedgerState } from "../lake/ledger-state.ts";
import { findIngested, type StaleExportReason, whyExportIsStale } from "../lake/days/stale.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectEntry, ObjectStore, Unlistable } from "../storage/object-store.ts";
import { tellingStore } from "../storage/telling-store.ts";
import { type KnownErasure, type NamedErasure, type ReadErasures, readErasures } from "../archive/erasing/read-erasures.ts";
import { ingestSettings, isLandingReadable } from "./ingest-settings.ts";
import type { ExportSource, Ledger } from "../open/ledger.ts";
import { whereToListFrom } from "./copying/where-to-list-from.ts";

interface TaskOfExport {
  instance: string;
  /** Last part of the object's key. */
  name: string;
  /** The stem of its name: exports with the same stem are ingested one after the other. */
  first: string;
  time: Date;
  /** Erasures that apply to the gateway's records; absent where nobody was erased. */
  erasures?: readonly KnownErasure[];
}

/**
 * An export to ingest: a new object at a source, or an archived one whose derived files are missing or stale in the lake.
 * Plain data, since a queue may carry it.
 */
export type ExportTask =
  | (TaskOfExport & { from: "source"; url: string; object: ObjectEntry })
  | (TaskOfExport & { from: "archive"; key: string; stem: string; sources: SourceObject[]; reason: StaleExportReason; atSource?: SourceObject });

export interface PulledExports {
  /** Number of export objects at the sources, and of those that are up to date. */
  seen: number;
  skipped: number;
  /** Known number of export objects of each gateway, present and past. */
  known: ReadonlyMap<string, number>;
  /** Among exports with the same name the archived ones come first, since they were replaced. */
  tasks: ExportTask[];
  /** Gateways whose erasures are unreadable have no tasks: their exports are not read meanwhile. */
  read: ReadErasures;
  /** Ingested exports that are no longer in the archive or at a source. */
  withoutCopy: KnownExport[];
  /** Objects that could not be listed at the sources and in the archive. They were skipped and do not count as missing. */
  unlistable: UnlistablePlace[];
  /** The archive's objects other than receipts, by key, in order of keys. */
  archived: ReadonlyMap<string, ObjectEntry>;
}

export interface UnlistablePlace extends Unlistable {
  /** Url of the store. */
  url: string;
}

/** Throws `listing_incomplete` where something could not be listed; everything else is done by then. */
export function refuseUnlistable([first, ...others]: readonly UnlistablePlace[]): void {
  if (first === undefined) return;
  const more = others.length === 0 ? "" : `, and ${String(others.length)} other places could not be listed`;
  throw new LedgerError("listing_incomplete", `${first.url}: ${JSON.stringify(first.key)} could not be listed: ${first.problem}${more}`, {
    remedy: "everything else was ingested: make it readable, or move foreign files elsewhere",
  });
}

/** `at what is new`: from where each source last was, with a look-back for objects that appear late. */
export type Looking = "at everything" | "at what is new";

/** Lists the sources and the archive and returns the exports to ingest. Writes nothing. */
export async function pullExports(
  ledger: Pick<Ledger, "stores" | "rules" | "work">,
  state: LedgerState,
  looking: Looking = "at everything",
): Promise<PulledExports> {
  const unlistable: UnlistablePlace[] = [];
  const telling = (store: ObjectStore): ObjectStore => tellingStore(store, (place) => void unlistable.push({ ...place, url: store.url }));
  const archived = await listArchive(telling(ledger.stores.archive));
  const unseen = unlistable.map(({ key }) => key);
  const known = [...state.exports.values()];
  const withoutCopy = new Set(known.filter(({ archive, copy }) => copy !== "purged" && !archived.has(archive) && !unseen.some((place) => isWithin(archive, place))));
  const read = await readErasures(ledger.stores.archive, archived.values(), ledger.work.archiving.signingKey?.publicKey);
  const { erasures, hidden } = read;
  const stale = staleExports(ledger, known.filter((one) => !withoutCopy.has(one)), state, erasures);
  const staleKeys = new Set(stale.map(({ key }) => key));

  const ingested = findIngested(known);
  const fresh: SourceTask[] = [];
  const counts = new Map<string, number>();
  let seen = 0;
  let skipped = 0;
  for (const source of ledger.stores.sources) {
    const { instance, store } = source;
    let count = known.filter((one) => one.instance === instance && one.sources.some(({ url }) => url === store.url)).length;
    const after = looking === "at what is new" ? whereToListFrom(source, known) : undefined;
    for await (const object of listExports({ instance, store: telling(store) }, after)) {
      seen++;
      const before = ingested(instance, store.url, object);
      if (before === undefined) count++;
      // Retention removed parts of the copy; they must not return from the source.
      if (before === undefined || (before.copy === "whole" && withoutCopy.delete(before))) fresh.push(newExport(source, object));
      else if (!staleKeys.has(before.archive)) skipped++;
    }
    counts.set(instance, count);
  }
  const tasks = withErasures([...findLost(archived, known, fresh), ...stale, ...fresh], erasures);
  return { seen, skipped, known: counts, read, tasks: tasks.filter(({ instance }) => !hidden.has(instance)), withoutCopy: [...withoutCopy], archived, unlistable: unlistable.filter(isOfExports) };
}

/** Ignores what is neither a file nor a folder and does not have the name of an export. */
function isOfExports({ key, isOdd }: UnlistablePlace): boolean {
  return isOdd !== true || isExportKey(key);
}

function isWithin(key: string, place: string): boolean {
  return key === place || key.startsWith(place.endsWith("/") ? place : `${place}/`);
}

async function* listExports({ store }: ExportSource, after: string | undefined): AsyncIterable<ObjectEntry> {
  for await (const object of store.list("", after)) if (isExportKey(object.key)) yield object;
}

async function listArchive(archive: ObjectStore): Promise<Map<string, ObjectEntry>> {
  const archived = new Map<string, ObjectEntry>();
  for await (const object of listWithoutReceipts(archive)) archived.set(object.key, object);
  return archived;
}

function newExport({ instance, store }: ExportSource, object: ObjectEntry): SourceTask {
  const name = lastPart(object.key);
  const first = encodeKeyPart(exportStem(name));
  return { from: "source", instance, name, first, time: exportTime(name, object.lastModified), url: store.url, object };
}

type ArchiveTask = Extract<ExportTask, { from: "archive" }>;
type SourceTask = Extract<ExportTask, { from: "source" }>;

/**
 * Archived exports without a manifest: it was lost, or a process ended before it wrote it. If an export's name does not
 * contain its time, the time of the object at the source counts, where it still exists: the copy is newer.
 */
function findLost(
  archived: ReadonlyMap<string, ObjectEntry>,
  known: readonly KnownExport[],
  fresh: readonly SourceTask[],
): ArchiveTask[] {
  const named = new Set(known.map(({ instance, stem }) => `${instance}/${stem}`));
  return [...archived.values()].flatMap(({ key, lastModified }): ArchiveTask[] => {
    const parsed = parseArchiveKey(key);
    if (parsed === undefined || named.has(`${parsed.instance}/${parsed.stem}`)) return [];
    const { instance, stem } = parsed;
    const first = firstStem(stem);
    const name = `${decodeKeyPart(first)}.cbor.zstd`;
    const atSource = fresh.find((task) => task.instance === instance && task.first === first);
    const time = atSource?.time ?? exportTime(name, lastModified);
    return [{ from: "archive", instance, name, first, time, key, stem, sources: [], reason: "manifest_missing", ...(atSource === undefined ? {} : { atSource: { url: atSource.url, key: atSource.object.key, etag: atSource.object.etag } }) }];
  });
}

function withErasures(tasks: ExportTask[], named: ReadonlyMap<string, readonly NamedErasure[]>): ExportTask[] {
  if (named.size === 0) return tasks;
  const known = new Map([...named].map(([instance, all]) => [instance, all.map(({ id, pseudonym, until }): KnownErasure => ({ id, pseudonym, until }))]));
  return tasks.map((task) => {
    const erasures = known.get(task.instance);
    return erasures === undefined ? task : { ...task, erasures };
  });
}

/** Ids of a gateway's erasures, by the key of the copies that they name. */
function idsByCopy(erasures: readonly NamedErasure[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { id, exports } of erasures) {
    for (const key of exports) {
      const before = ids.get(key);
      if (before === undefined) ids.set(key, [id]);
      else before.push(id);
    }
  }
  return ids;
}

/**
 * Exports that lost records are never read again: re-reading would yield fewer records than the first ingest. Erased callers are
 * removed from their existing rows.
 */
function staleExports(
  ledger: Pick<Ledger, "rules">,
  known: readonly KnownExport[],
  state: LedgerState,
  erasures: ReadonlyMap<string, readonly NamedErasure[]>,
): ArchiveTask[] {
  const named = new Map([...erasures].map(([instance, all]) => [instance, idsByCopy(all)]));
  return known.flatMap((one): ArchiveTask[] => {
    const { instance, name, stem, sources, archive: key } = one;
    const time = new Date(one.time);
    const ids = named.get(instance)?.get(key) ?? [];
    const isKept = one.copy === "partial" || one.copy === "purged";
    const reason = isKept ? whyRowsAreStale(one, state, ids) : whyExportIsStale(one, ingestSettings(ledger.rules.normalisingAt(instance, time)), state.etags, ids);
    return reason === null ? [] : [{ from: "archive", instance, name, first: firstStem(stem), time, key, stem, sources, reason }];
  });
}

/** Whether an erased caller is in readable rows that are not derived again. */
function whyRowsAreStale({ landing, settings, erasures }: KnownExport, { etags }: LedgerState, named: readonly string[]): StaleExportReason | null {
  const areThere = isLandingReadable(settings) && landing.every(({ key }) => etags.has(key));
  return areThere && !named.every((id) => erasures.includes(id)) ? "erased" : null;
}
