import { archiveLayout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readBounded } from "../../storage/read-bounded.ts";
import { sha256Hex } from "../chain/canonical.ts";
import { readDocument } from "../chain/read-document.ts";
import { isSignedByAny } from "../chain/signed.ts";
import { receipt, type Receipt } from "../copies/receipt.ts";
import { type UnvouchedReason, whyUnvouched } from "../copies/unvouched.ts";
import { type Finding, finding } from "./finding.ts";

/** Of a receipt, bytes. A larger one is none, and is not read. */
const LARGEST_RECEIPT = 2 ** 20;

/**
 * The receipt of a listed export: the very bytes that were listed; and why no trusted key vouches for it, where none does.
 * @param size of what lies there, undefined where nothing does.
 */
export async function checkReceipt(
  archive: ObjectStore,
  { instance, exportKey, sha256, size, trusted }: { instance: string; exportKey: string; sha256: string; size: number | undefined; trusted: ReadonlySet<string> },
): Promise<Finding | UnvouchedReason | undefined> {
  const key = archiveLayout.receipt(exportKey);
  if (size === undefined) return finding("receipt_missing", { instance, key, what: "is not there", expected: sha256 });
  if (size > LARGEST_RECEIPT) return finding("receipt_altered", { instance, key, what: "is too large for a receipt", expected: sha256, found: `${String(size)} bytes` });
  const read = await readDocument(archive, { key, etag: "" }, receipt);
  const found = "problem" in read ? await hashOf(archive, key) : read.sha256;
  if (found !== sha256) return finding("receipt_altered", { instance, key, what: "is not the receipt that was listed", expected: sha256, found });
  return whyUnvouched("problem" in read ? undefined : read.document, trusted);
}

/** What lies there may have grown since it was listed. */
async function hashOf(archive: ObjectStore, key: string): Promise<string> {
  const bytes = await readBounded(archive, key, LARGEST_RECEIPT);
  return bytes === undefined ? `more than ${String(LARGEST_RECEIPT)} bytes` : sha256Hex(bytes);
}

/** What a trusted key signed of an export that no digest lists; undefined where there is no such receipt. */
export async function readSignedReceipt(
  archive: ObjectStore,
  exportKey: string,
  size: number | undefined,
  trusted: ReadonlySet<string>,
): Promise<Receipt["header"] | undefined> {
  if (size === undefined || size > LARGEST_RECEIPT) return undefined;
  const read = await readDocument(archive, { key: archiveLayout.receipt(exportKey), etag: "" }, receipt);
  if ("problem" in read) return undefined;
  const { document } = read;
  return document.header.key === exportKey && isSignedByAny(document, trusted) ? document.header : undefined;
}
