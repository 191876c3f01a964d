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
  /** The name's own stem: exports that share it wait for each other. */
  first: string;
  time: Date;
  /** What the gateway's records go through; left out where nobody was erased. */
  erasures?: readonly KnownErasure[];
}

/**
 * An export to ingest: a new object at a source, or one in the archive of which the lake does not hold what it should.
 * Plain data: a queue may carry it.
 */
export type ExportTask =
  | (TaskOfExport & { from: "source"; url: string; object: ObjectEntry })
  | (TaskOfExport & { from: "archive"; key: string; stem: string; sources: SourceObject[]; reason: StaleExportReason; atSource?: SourceObject });

export interface PulledExports {
  /** Export objects at the sources, and how many of them need nothing. */
  seen: number;
  skipped: number;
  /** Export objects of each gateway that there are or have been at its source, as far as is known. */
  known: ReadonlyMap<string, number>;
  /** Of exports under one name those in the archive come first: they are the ones that were replaced. */
  tasks: ExportTask[];
  /** Of gateways of which it cannot be told who was erased there is no task: nothing of them is read meanwhile. */
  read: ReadErasures;
  /** Ingested exports whose copy is neither in the archive nor at a source any more. */
  withoutCopy: KnownExport[];
  /** What could not be listed at sources and in the archive, and was passed over: nothing of it is taken to be missing. */
  unlistable: UnlistablePlace[];
  /** What the archive held but for receipts, by key, in order of keys. */
  archived: ReadonlyMap<string, ObjectEntry>;
}

export interface UnlistablePlace extends Unlistable {
  /** Of the store. */
  url: string;
}

/** Throws `listing_incomplete` where something could not be listed. The rest is done by then. */
export function refuseUnlistable([first, ...others]: readonly UnlistablePlace[]): void {
  if (first === undefined) return;
  const more = others.length === 0 ? "" : `, and ${String(others.length)} other places could not be listed`;
  throw new LedgerError("listing_incomplete", `${first.url}: ${JSON.stringify(first.key)} could not be listed: ${first.problem}${more}`, {
    remedy: "what could be listed is ingested: make it readable, or move what does not belong there elsewhere",
  });
}

/** `at what is new`: from where each source last was, with a look-back for objects that appear late. */
export type Looking = "at everything" | "at what is new";

/** Lists the sources and the archive and says which exports have to be ingested. Nothing is written. */
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
      // What retention left out of a copy does not come back from the source.
      if (before === undefined || (before.copy === "whole" && withoutCopy.delete(before))) fresh.push(newExport(source, object));
      else if (!staleKeys.has(before.archive)) skipped++;
    }
    counts.set(instance, count);
  }
  const tasks = withErasures([...findLost(archived, known, fresh), ...stale, ...fresh], erasures);
  return { seen, skipped, known: counts, read, tasks: tasks.filter(({ instance }) => !hidden.has(instance)), withoutCopy: [...withoutCopy], archived, unlistable: unlistable.filter(isOfExports) };
}

/** What is neither a file nor a folder and is not called an export is nobody's export. */
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
 * Archived exports without a manifest: it was lost, or a process ended before it wrote it. An export whose name does
 * not tell its time has that of the object at the source, where there still is one: the copy is younger.
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
 * Those of which records were removed are never read again: less would come out of them than did. Who was erased is taken out of
 * their rows as they lie.
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

/** Whether somebody is in rows that are not derived again and can be read as they are. */
function whyRowsAreStale({ landing, settings, erasures }: KnownExport, { etags }: LedgerState, named: readonly string[]): StaleExportReason | null {
  const areThere = isLandingReadable(settings) && landing.every(({ key }) => etags.has(key));
  return areThere && !named.every((id) => erasures.includes(id)) ? "erased" : null;
}
