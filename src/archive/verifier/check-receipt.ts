import { archiveLayout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readBounded } from "../../storage/read-bounded.ts";
import { sha256Hex } from "../chain/canonical.ts";
import { readDocument } from "../chain/read-document.ts";
import { isSignedByAny } from "../chain/signed.ts";
import { receipt, type Receipt } from "../copies/receipt.ts";
import { type UnvouchedReason, whyUnvouched } from "../copies/unvouched.ts";
import { type Finding, finding } from "./finding.ts";

/** Size limit in bytes: anything larger is not a receipt and is not read. */
const LARGEST_RECEIPT = 2 ** 20;

/**
 * Checks that the receipt of a listed export has the listed bytes. Returns a finding, or why no trusted key vouches for the export.
 * @param size size of the receipt, undefined if it is missing.
 */
export async function checkReceipt(
  archive: ObjectStore,
  { instance, exportKey, sha256, size, trusted }: { instance: string; exportKey: string; sha256: string; size: number | undefined; trusted: ReadonlySet<string> },
): Promise<Finding | UnvouchedReason | undefined> {
  const key = archiveLayout.receipt(exportKey);
  if (size === undefined) return finding("receipt_missing", { instance, key, what: "is missing", expected: sha256 });
  if (size > LARGEST_RECEIPT) return finding("receipt_altered", { instance, key, what: "is too large for a receipt", expected: sha256, found: `${String(size)} bytes` });
  const read = await readDocument(archive, { key, etag: "" }, receipt);
  const found = "problem" in read ? await hashOf(archive, key) : read.sha256;
  if (found !== sha256) return finding("receipt_altered", { instance, key, what: "is not the receipt that was listed", expected: sha256, found });
  return whyUnvouched("problem" in read ? undefined : read.document, trusted);
}

/** The object may have grown after it was listed. */
async function hashOf(archive: ObjectStore, key: string): Promise<string> {
  const bytes = await readBounded(archive, key, LARGEST_RECEIPT);
  return bytes === undefined ? `more than ${String(LARGEST_RECEIPT)} bytes` : sha256Hex(bytes);
}

/** The receipt of an export that no digest lists; undefined unless it has one that a trusted key signed. */
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
