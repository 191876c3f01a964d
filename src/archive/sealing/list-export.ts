import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pMap from "p-map";
import { acceptanceOf } from "../chain/acceptance.ts";
import type { ListedExport } from "../chain/digest.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import { loadDocument, readDocument, type StoredDocument, whole } from "../chain/read-document.ts";
import { reducedContent } from "../chain/reduced-content.ts";
import { isSignatureGood } from "../chain/signed.ts";
import { type Content, isSameContent, receipt as receiptShape, type Receipt } from "../copies/receipt.ts";
import { UNVOUCHED, type UnvouchedReason, whyUnvouched } from "../copies/unvouched.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import { type ExportManifest, exportManifest } from "../../lake/landing/export-manifest.ts";
import { readDerived } from "../../lake/json-object.ts";
import { archiveLayout, layout, parseArchiveKey } from "../../lake/layout.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Ledger } from "../../open/ledger.ts";
import { type SoundChain, acceptCommand } from "./find-chain.ts";

/** `listExport` for many exports. */
export async function listExports(ledger: Pick<Ledger, "stores" | "telling">, entries: readonly ObjectEntry[], state: LedgerState, chain: SoundChain): Promise<ListedExport[]> {
  ledger.telling.progress.begin("listing exports", entries.length);
  return await pMap(
    entries,
    async (entry) => {
      const listed = await listExport(ledger, entry, state, chain);
      ledger.telling.progress.step();
      return listed;
    },
    { concurrency: READS_AT_ONCE },
  );
}

/** A copy is written before its receipt: a missing receipt is read again after a second. */
const LOOKS_FOR_RECEIPT = 3;
const BETWEEN_LOOKS_MS = 1000;

/**
 * The entry of an archived export in a digest. Reads its bytes only if its size and ETag do not match a known copy. Throws
 * `archive_broken` if the bytes do not match its receipt or a checkpoint, and if no trusted key vouches for it although one does for
 * earlier exports.
 */
async function listExport({ stores: { archive, lake } }: Pick<Ledger, "stores">, entry: ObjectEntry, state: LedgerState, chain: SoundChain): Promise<ListedExport> {
  const { key, etag, size } = entry;
  const manifest = await findManifest(lake, key, state);
  const seen = await findReceipt(archive, key, chain.receipts);
  const promised = contentPromised(key, chain.verified, seen, manifest);
  const isVouchedFor = promised !== undefined && manifest?.archive.etag === etag && manifest.archive.sha256 === promised.sha256 && size === promised.size;
  const content = isVouchedFor ? promised : await hashCopy(archive, entry);
  const receipt = await waitForReceipt(archive, key, chain, seen);
  const expected = promised ?? contentPromised(key, chain.verified, receipt, manifest) ?? content;
  if (!isSameContent(content, expected)) throw broken(archive, key, `it has ${formatContent(content)}, but ${formatContent(expected)} were expected`);
  checkCheckpoint(archive, key, { content, receipt }, chain);
  const unvouched = whyUnvouched(receipt?.document, chain.trusted);
  if (unvouched !== undefined) {
    const isReduced = reducedContent(key, chain.verified) !== undefined;
    if (manifest !== undefined && !isReduced && manifest.archive.sha256 !== content.sha256) throw broken(archive, key, `it has ${formatContent(content)}, but its manifest says ${formatContent(manifest.archive)}`);
    if (chain.hasReceipts && !isAccepted(key, { content, receipt }, chain.verified)) throw refused(archive, key, { reason: unvouched, isIngested: manifest !== undefined });
  }
  const header = receipt?.document.header;
  const arrived = header?.arrived ?? null;
  return {
    key,
    ...content,
    etag,
    arrived: arrived === null || isSameContent(arrived, content) ? null : arrived,
    bodies: header?.bodies ?? "keep",
    records: manifest?.records ?? null,
    receipt: receipt?.sha256 ?? null,
    retention: header?.retention ?? null,
    ...(unvouched === undefined ? {} : { unvouched }),
  };
}

/** The content at a copy's key, and its receipt. */
interface Found {
  content: Content;
  receipt: StoredDocument<Receipt> | undefined;
}

/** The receipt of a copy that is just arriving is written after the copy. */
async function waitForReceipt(archive: ObjectStore, key: string, { hasReceipts }: SoundChain, seen: Found["receipt"]): Promise<Found["receipt"]> {
  let found = seen ?? (await findReceipt(archive, key, new Map()));
  for (let looks = 1; found === undefined && hasReceipts && looks < LOOKS_FOR_RECEIPT; looks++) {
    await delay(BETWEEN_LOOKS_MS);
    found = await findReceipt(archive, key, new Map());
  }
  return found;
}

/** Throws `archive_broken` if the copy or its receipt differs from a checkpoint and no declared reduction explains it. */
function checkCheckpoint(archive: ObjectStore, key: string, { content, receipt }: Found, { checkpointed, verified }: SoundChain): void {
  const before = checkpointed.exports.get(key);
  if (before === undefined) return;
  const expected = reducedContent(key, verified) ?? before;
  if (!isSameContent(content, expected)) throw broken(archive, key, `it has ${formatContent(content)}, but a checkpoint lists it with ${formatContent(expected)}`);
  if (before.receipt === null || before.receipt === receipt?.sha256) return;
  throw broken(archive, archiveLayout.receipt(key), `it has SHA-256 ${receipt?.sha256 ?? "none"}, but a checkpoint lists it with ${before.receipt}`);
}

function isAccepted(key: string, { content, receipt }: Found, events: readonly ArchiveEvent[]): boolean {
  const parts = [{ key, sha256: content.sha256 }, { key: archiveLayout.receipt(key), sha256: receipt?.sha256 ?? null }];
  return parts.every((part) => acceptanceOf(events, part) !== undefined);
}

/** An ingested export had a receipt, and no run writes a second one. */
function refused({ url }: ObjectStore, key: string, { reason, isIngested }: { reason: UnvouchedReason; isIngested: boolean }): LedgerError {
  const restore = `restore ${archiveLayout.receipt(key)} from a backup; if it never had one, `;
  const write = "if a crash left it without one and the export is still at its source, aperture-ledger run writes it; otherwise ";
  const first = reason !== "no_receipt" ? "" : isIngested ? restore : write;
  return new LedgerError("archive_broken", `${url}/${key}: ${UNVOUCHED[reason]}, but earlier exports of this gateway have one signed by a trusted key`, {
    remedy: `no digest lists it: ${first}find out who wrote it and remove it, or ${acceptCommand(key)}`,
    retryable: reason === "no_receipt" && !isIngested,
  });
}

/** The content expected of a copy: as in its receipt or, without one, its manifest, after the declared reductions. */
function contentPromised(
  key: string,
  events: readonly ArchiveEvent[],
  receipt: StoredDocument<Receipt> | undefined,
  manifest: ExportManifest | undefined,
): Content | undefined {
  const promised = reducedContent(key, events) ?? receipt?.document.header.kept ?? manifest?.archive;
  return promised && { size: promised.size, sha256: promised.sha256 };
}

/** The manifest of the export at that key; undefined if the export was not ingested, or from a different copy. */
async function findManifest(lake: ObjectStore, key: string, state: LedgerState): Promise<ExportManifest | undefined> {
  const parsed = parseArchiveKey(key);
  if (parsed === undefined) return undefined;
  const manifestKey = layout.exportManifest(parsed.instance, parsed.stem);
  // It may have been ingested after the state was loaded.
  if (!state.exports.has(manifestKey) && (await lake.head(manifestKey)) === undefined) return undefined;
  const manifest = await readDerived(lake, manifestKey, exportManifest);
  return manifest?.archive.key === key ? manifest : undefined;
}

/** Throws `archive_broken` if the receipt is invalid, belongs to a different export, or has an invalid signature. */
async function findReceipt(archive: ObjectStore, key: string, listed: ReadonlyMap<string, ObjectEntry>): Promise<StoredDocument<Receipt> | undefined> {
  const place = archiveLayout.receipt(key);
  const entry = listed.get(place);
  const found = entry === undefined ? await loadDocument(archive, place, receiptShape) : whole(archive, await readDocument(archive, entry, receiptShape));
  if (found === undefined) return undefined;
  if (found.document.header.key !== key) throw broken(archive, place, `it is the receipt of ${found.document.header.key}`);
  if (found.document.key !== null && !isSignatureGood(found.document)) throw broken(archive, place, "its signature is not valid");
  return found;
}

async function hashCopy(archive: ObjectStore, { key, etag }: ObjectEntry): Promise<Content> {
  const { size, sha256 } = await withWorkspace((workspace) => archive.download(key, join(workspace, "copy"), etag));
  return { size, sha256 };
}

function formatContent({ size, sha256 }: Content): string {
  return `${String(size)} bytes with SHA-256 ${sha256}`;
}

function broken({ url }: ObjectStore, key: string, problem: string): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key}: ${problem}`, {
    remedy: "no digest lists it: restore the object from a backup or from the export's source",
  });
}
