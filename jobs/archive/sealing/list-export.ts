import { join } from "node:path";
import { archiveLayout } from "../../../src/archive/archive-layout.ts";
import type { ListedExport } from "../../../src/archive/chain/digest.ts";
import type { ArchiveEvent } from "../../../src/archive/chain/event.ts";
import { loadDocument, readDocument, type StoredDocument, whole } from "../../../src/archive/chain/read-document.ts";
import { reducedContent } from "../../../src/archive/chain/reduced-content.ts";
import { isSignatureGood } from "../../../src/archive/chain/signed.ts";
import { type Content, isSameContent, receipt as receiptShape, type Receipt } from "../../../src/archive/receipt.ts";
import { LedgerError } from "../../../src/errors.ts";
import { type ExportManifest, exportManifest } from "../../../src/lake/export-manifest.ts";
import { readJson } from "../../../src/lake/json-object.ts";
import { layout, parseArchiveKey } from "../../../src/lake/layout.ts";
import type { LedgerState } from "../../../src/lake/ledger-state.ts";
import type { ObjectEntry, ObjectStore } from "../../../src/storage/object-store.ts";
import { withWorkspace } from "../../../src/storage/workspace.ts";
import type { LedgerContext } from "../../ledger-context.ts";

interface Known {
  state: LedgerState;
  /** As they were listed, by key. */
  receipts: ReadonlyMap<string, ObjectEntry>;
  /** Of the export's gateway, in order of time. */
  events: readonly ArchiveEvent[];
}

/**
 * What a digest says of an archived export. Its bytes are looked at only where neither its size and ETag nor what is known of them
 * vouch for them. Throws `archive_broken` where they are not what its receipt says.
 */
export async function listExport({ archive, lake }: Pick<LedgerContext, "archive" | "lake">, entry: ObjectEntry, known: Known): Promise<ListedExport> {
  const { key, etag, size } = entry;
  const manifest = await findManifest(lake, key, known.state);
  const seen = await findReceipt(archive, key, known.receipts);
  const promised = contentPromised(key, known.events, seen, manifest);
  const isVouchedFor = promised !== undefined && manifest?.archive.etag === etag && manifest.archive.sha256 === promised.sha256 && size === promised.size;
  const content = isVouchedFor ? promised : await hashCopy(archive, entry);
  // A copy that is just arriving is there before its receipt: by now that may have come as well.
  const receipt = promised === undefined ? await findReceipt(archive, key, known.receipts) : seen;
  const expected = promised ?? contentPromised(key, known.events, receipt, manifest) ?? content;
  if (!isSameContent(content, expected)) throw broken(archive, key, `it has ${describe(content)}, and ought to have ${describe(expected)}`);
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
  };
}

/** What a copy ought to be: as its receipt has it, or its manifest where there is no receipt, less what was removed since. */
function contentPromised(
  key: string,
  events: readonly ArchiveEvent[],
  receipt: StoredDocument<Receipt> | undefined,
  manifest: ExportManifest | undefined,
): Content | undefined {
  const promised = reducedContent(key, events) ?? receipt?.document.header.kept ?? manifest?.archive;
  return promised && { size: promised.size, sha256: promised.sha256 };
}

/** The manifest of an export that lies there; undefined where it was not read, or another copy of it was. */
async function findManifest(lake: ObjectStore, key: string, state: LedgerState): Promise<ExportManifest | undefined> {
  const parsed = parseArchiveKey(key);
  if (parsed === undefined) return undefined;
  const manifestKey = layout.exportManifest(parsed.instance, parsed.stem);
  // It may have been read since the state was.
  if (!state.exports.has(manifestKey) && (await lake.head(manifestKey)) === undefined) return undefined;
  const manifest = await readJson(lake, manifestKey, exportManifest);
  return manifest.archive.key === key ? manifest : undefined;
}

/** Throws `archive_broken` where it is none, is not of that export, or its signature is not good. */
async function findReceipt(archive: ObjectStore, key: string, listed: ReadonlyMap<string, ObjectEntry>): Promise<StoredDocument<Receipt> | undefined> {
  const place = archiveLayout.receipt(key);
  const entry = listed.get(place);
  const found = entry === undefined ? await loadDocument(archive, place, receiptShape) : whole(archive, await readDocument(archive, entry, receiptShape));
  if (found === undefined) return undefined;
  if (found.document.header.key !== key) throw broken(archive, place, `it is the receipt of ${found.document.header.key}`);
  if (found.document.key !== null && !isSignatureGood(found.document)) throw broken(archive, place, "its signature is not good");
  return found;
}

async function hashCopy(archive: ObjectStore, { key, etag }: ObjectEntry): Promise<Content> {
  const { size, sha256 } = await withWorkspace((workspace) => archive.download(key, join(workspace, "copy"), etag));
  return { size, sha256 };
}

function describe({ size, sha256 }: Content): string {
  return `${String(size)} bytes with SHA-256 ${sha256}`;
}

function broken({ url }: ObjectStore, key: string, problem: string): LedgerError {
  return new LedgerError("archive_broken", `${url}/${key}: ${problem}`, {
    remedy: "no digest lists it: restore the object from a backup or from the export's source",
  });
}
