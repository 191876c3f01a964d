import { join } from "node:path";
import { type ArchivedExport, archiveExport } from "../../archive/copies/archive-export.ts";
import type { Content } from "../../archive/copies/receipt.ts";
import { writeReceipt } from "../../archive/copies/write-receipt.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ExportManifest } from "../../lake/landing/export-manifest.ts";
import type { ExportReport } from "../../lake/landing/commit-export.ts";
import { type ExportIdentity, identifyArchived, identifyExport } from "../../lake/landing/identify-export.ts";
import { archiveLayout, layout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { syncManifest } from "../../archive/erasing/sync-manifest.ts";
import { retentionOfCopy } from "../../archive/purging/retention-of-copy.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { ExportTask } from "../pull-exports.ts";
import { findCopy } from "./find-copy.ts";
import { type CopyOrigin, makeCopy, originOfCopy } from "./make-copy.ts";

/** An export whose copy is in the archive, with a receipt. */
interface FetchedCopy extends Pick<ExportIdentity, "stem" | "version">, Pick<ExportReport, "sources">, CopyOrigin {
  /** The copy as a local file; everything is derived from it. */
  file: string;
  archive: ArchivedExport;
  time: Date;
}

/**
 * What to do with a fetched export:
 * - `new`: nothing was derived from this copy yet, or all of it is derived again.
 * - `known`: it was ingested before. It is read again only if the settings changed.
 * - `expired`: retention removed records from the copy, or all of it. Reading it again would yield fewer records than the first ingest,
 *   so what was derived stays.
 */
export type FetchedExport = FetchedCopy & ({ outcome: "new" } | { outcome: "known" | "expired"; known: ExportManifest });

/** The known facts about an export's arrival, for its receipt. */
interface Arrival {
  /** What arrived; null if only a copy is left. */
  content: Content | null;
  /** Whether what arrived was compared with the copy. If not, the receipt vouches for the copy only. */
  isSeen: boolean;
}

interface Fetched {
  fetched: FetchedExport;
  /** Null for an export that retention removed: it gets no receipt. */
  arrival: Arrival | null;
}

/** Brings an export to a local file. A new one is kept in the archive and gets a receipt before anything is derived from it. */
export async function fetchExport(task: ExportTask, workspace: string, ledger: Ledger): Promise<FetchedExport> {
  const { fetched, arrival } = task.from === "archive" ? await fetchCopy(task, workspace, ledger) : await fetchNew(task, workspace, ledger);
  if (arrival !== null) await confirmReceipt(task.instance, fetched, arrival, ledger);
  return fetched;
}

type TaskFrom<From extends ExportTask["from"]> = Extract<ExportTask, { from: From }>;

async function fetchCopy(task: TaskFrom<"archive">, workspace: string, ledger: Ledger): Promise<Fetched> {
  const { instance, first, stem, key, time, sources } = task;
  const file = join(workspace, "export");
  const { identity, before: manifest } = await identifyArchived(ledger.stores.lake, instance, stem, first);
  if (manifest?.purged) return { fetched: purgedExport(manifest, { file, sources }), arrival: null };
  const archive = { key, ...(await ledger.stores.archive.download(key, file)), retention: null };
  const before = manifest && ((await syncManifest(ledger, manifest, archive)) ?? manifest);
  const origin = await originOfCopy(ledger.stores.archive, archive, before);
  const content = await findArrival(task, archive, workspace, ledger);
  const outcome = before?.reduced?.records ? ({ outcome: "expired", known: before } as const) : ({ outcome: "new" } as const);
  return {
    fetched: { ...identity, ...origin, ...outcome, file, archive, time, sources },
    arrival: { content: content ?? origin.arrived, isSeen: content !== undefined },
  };
}

/** What a copy without a receipt was made from, if that is still at its source. There is such a copy if a process ended before it wrote the receipt. */
async function findArrival(task: TaskFrom<"archive">, { key, sha256 }: ArchivedExport, workspace: string, ledger: Ledger): Promise<Content | undefined> {
  const { atSource } = task;
  if (atSource === undefined || (await ledger.stores.archive.head(archiveLayout.receipt(key))) !== undefined) return undefined;
  const file = join(workspace, "arrived");
  const arrived = await sourceAt(atSource.url, task, ledger).download(atSource.key, file, atSource.etag);
  const made = await makeCopy({ file, ...arrived }, ledger.work.archiving.bodies, workspace);
  return made.sha256 === sha256 ? { size: arrived.size, sha256: arrived.sha256 } : undefined;
}

async function fetchNew(task: TaskFrom<"source">, workspace: string, ledger: Ledger): Promise<Fetched> {
  const { instance, first, time, url, object } = task;
  const file = join(workspace, "export");
  const sources = [{ url, key: object.key, etag: object.etag }];
  const download = await sourceAt(url, task, ledger).download(object.key, file, object.etag);
  const made = await makeCopy({ file, ...download }, ledger.work.archiving.bodies, workspace);
  const { known: manifest, ...identity } = await identifyExport(ledger.stores.lake, instance, first, { arrived: download.sha256, kept: made.sha256 });
  const content = { size: download.size, sha256: download.sha256 };
  if (manifest?.purged) return { fetched: purgedExport(manifest, { file, sources }), arrival: null };
  if (manifest !== undefined) {
    const { known, isSeen, ...copy } = await findCopy(ledger, manifest, { file, ...download }, made, workspace);
    const outcome = known.purged || known.reduced?.records ? "expired" : "known";
    return { fetched: { ...identity, ...copy, outcome, known, time: new Date(manifest.time), sources }, arrival: known.purged ? null : { content, isSeen } };
  }
  const { file: copy, arrived, bodies, damage, ...kept } = made;
  const archive = await archiveExport(ledger.stores.archive, copy, kept, layout.archive(instance, time, identity.stem), workspace, await retentionOfCopy(ledger, time));
  return { fetched: { ...identity, outcome: "new", file: copy, arrived, bodies, damage, archive, time, sources }, arrival: { content, isSeen: true } };
}

/** What retention removed stays removed, wherever it comes from again. */
function purgedExport(known: ExportManifest, found: Pick<FetchedCopy, "file" | "sources">): FetchedExport {
  const { stem, version, arrived, bodies, archive, time } = known;
  return { outcome: "expired", known, stem, version, ...found, arrived, bodies, damage: null, archive: { ...archive, retention: null }, time: new Date(time) };
}

/** Writes the receipt, which says that the export arrived. */
async function confirmReceipt(instance: string, { archive, bodies, damage, time }: FetchedCopy, { content: arrived, isSeen }: Arrival, ledger: Ledger): Promise<void> {
  const { key, size, sha256, retention } = archive;
  const received = { instance, key, received_at: ledger.work.clock().toISOString(), arrived, kept: { size, sha256 }, bodies, damage, retention, ...(isSeen ? {} : { seen_arriving: false as const }) };
  await writeReceipt(ledger.stores.archive, received, ledger.work.archiving.signingKey, await retentionOfCopy(ledger, time));
}

function sourceAt(url: string, { instance, name }: ExportTask, { stores: { sources } }: Ledger): ObjectStore {
  const source = sources.find((one) => one.instance === instance && one.store.url === url);
  if (source !== undefined) return source.store;
  throw new LedgerError("config_invalid", `export ${name} is at ${url}, which is not a configured source of ${instance}`, {
    remedy: "give every worker the same sources in aperture-ledger.yaml",
  });
}
