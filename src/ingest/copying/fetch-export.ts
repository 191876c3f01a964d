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

/** An export that is in the archive, with a receipt; nothing is derived from it yet. */
export interface FetchedExport extends ExportIdentity, Pick<ExportReport, "sources">, CopyOrigin {
  /** The copy as a local file; everything is derived from it. */
  file: string;
  archive: ArchivedExport;
  time: Date;
}

/** Fetches the export as a local file. A new export is archived, with a receipt, before anything is derived from it. */
export async function fetchExport(task: ExportTask, workspace: string, ledger: Ledger): Promise<FetchedExport> {
  const { came, isSeen, ...fetched } = task.from === "archive" ? await fetchCopy(task, workspace, ledger) : await fetchNew(task, workspace, ledger);
  if (!fetched.known?.purged) await confirmReceipt(task.instance, fetched, { came, isSeen }, ledger);
  return fetched;
}

interface Arrival extends FetchedExport {
  /** The arrived export; null where there is only a copy. */
  came: Content | null;
  /** Whether the arrived export was compared with the copy: only then may a signed receipt confirm the arrival. */
  isSeen: boolean;
}

type TaskFrom<From extends ExportTask["from"]> = Extract<ExportTask, { from: From }>;

async function fetchCopy(task: TaskFrom<"archive">, workspace: string, ledger: Ledger): Promise<Arrival> {
  const { instance, first, stem, key, time, sources } = task;
  const file = join(workspace, "export");
  const { identity, before: told } = await identifyArchived(ledger.stores.lake, instance, stem, first);
  if (told?.purged) return purgedExport(told, { identity: { ...identity, known: told }, came: null, isSeen: false, file, sources });
  const archive = { key, ...(await ledger.stores.archive.download(key, file)), retention: null };
  const before = told && ((await syncManifest(ledger, told, archive)) ?? told);
  // Re-reading would yield fewer records than the first ingest.
  if (before?.reduced?.records) identity.known = before;
  const origin = await originOfCopy(ledger.stores.archive, archive, before);
  const came = await findArrival(task, archive, workspace, ledger);
  return { ...identity, ...origin, came: came ?? origin.arrived, isSeen: came !== undefined, file, archive, time, sources };
}

/** The origin of a copy without a receipt, where it still exists at its source: a process ended before it wrote the receipt. */
async function findArrival(task: TaskFrom<"archive">, { key, sha256 }: ArchivedExport, workspace: string, ledger: Ledger): Promise<Content | undefined> {
  const { atSource } = task;
  if (atSource === undefined || (await ledger.stores.archive.head(archiveLayout.receipt(key))) !== undefined) return undefined;
  const file = join(workspace, "arrived");
  const arrived = await sourceAt(atSource.url, task, ledger).download(atSource.key, file, atSource.etag);
  const made = await makeCopy({ file, ...arrived }, ledger.work.archiving.bodies, workspace);
  return made.sha256 === sha256 ? { size: arrived.size, sha256: arrived.sha256 } : undefined;
}

async function fetchNew(task: TaskFrom<"source">, workspace: string, ledger: Ledger): Promise<Arrival> {
  const { instance, first, time, url, object } = task;
  const file = join(workspace, "export");
  const sources = [{ url, key: object.key, etag: object.etag }];
  const download = await sourceAt(url, task, ledger).download(object.key, file, object.etag);
  const made = await makeCopy({ file, ...download }, ledger.work.archiving.bodies, workspace);
  const identity = await identifyExport(ledger.stores.lake, instance, first, { arrived: download.sha256, kept: made.sha256 });
  const { known, stem } = identity;
  const came = { size: download.size, sha256: download.sha256 };
  // Retention removed it, so it is not fetched again.
  if (known?.purged) return purgedExport(known, { identity, came, isSeen: false, file, sources });
  if (known !== undefined) return { ...identity, came, ...(await findCopy(ledger, known, { file, ...download }, made, workspace)), time: new Date(known.time), sources };
  const { file: copy, arrived, bodies, damage, ...content } = made;
  const archive = await archiveExport(ledger.stores.archive, copy, content, layout.archive(instance, time, stem), workspace, await retentionOfCopy(ledger, time));
  return { ...identity, came, isSeen: true, file: copy, arrived, bodies, damage, archive, time, sources };
}

function purgedExport({ arrived, bodies, archive, time }: ExportManifest, { identity, ...found }: Pick<Arrival, "came" | "isSeen" | "file" | "sources"> & { identity: ExportIdentity }): Arrival {
  return { ...identity, ...found, arrived, bodies, damage: null, archive: { ...archive, retention: null }, time: new Date(time) };
}

/** Writes the receipt for an arrived export. */
async function confirmReceipt(instance: string, { archive, bodies, damage, time }: FetchedExport, { came: arrived, isSeen }: Pick<Arrival, "came" | "isSeen">, ledger: Ledger): Promise<void> {
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
