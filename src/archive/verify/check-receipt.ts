import type { ObjectStore } from "../../storage/object-store.ts";
import { archiveLayout } from "../archive-layout.ts";
import { sha256Hex } from "../chain/canonical.ts";
import { readDocument } from "../chain/read-document.ts";
import { isSignedByAny } from "../chain/signed.ts";
import { receipt, type Receipt } from "../receipt.ts";
import { type Finding, finding } from "./finding.ts";

/** Of a receipt, bytes. A larger one is none, and is not read. */
const LARGEST_RECEIPT = 2 ** 20;

/** The receipt of a listed export: the very bytes that were listed. @param size of what lies there, undefined where nothing does. */
export async function checkReceipt(
  archive: ObjectStore,
  { instance, exportKey, sha256, size }: { instance: string; exportKey: string; sha256: string; size: number | undefined },
): Promise<Finding | undefined> {
  const key = archiveLayout.receipt(exportKey);
  if (size === undefined) return finding("receipt_missing", { instance, key, what: "is not there", expected: sha256 });
  if (size > LARGEST_RECEIPT) return finding("receipt_altered", { instance, key, what: "is too large for a receipt", expected: sha256, found: `${String(size)} bytes` });
  const found = sha256Hex(await archive.read(key));
  return found === sha256 ? undefined : finding("receipt_altered", { instance, key, what: "is not the receipt that was listed", expected: sha256, found });
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
