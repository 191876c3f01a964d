import { archiveLayout } from "../../lake/layout.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { Retention } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { createLocked } from "./create-locked.ts";
import { loadVerifiedEvents } from "../chain/verified-events.ts";
import { loadDocument } from "../chain/read-document.ts";
import { reducedContent } from "../chain/reduced-content.ts";
import { canonicalBytes } from "../chain/canonical.ts";
import { signHeader } from "../chain/signed.ts";
import type { SigningKey } from "../chain/signing-key.ts";
import { isSameContent, receipt, type Receipt } from "./receipt.ts";

/** The contents of a receipt. */
export type Received = Omit<Receipt["header"], "format">;

/**
 * Creates the receipt of an archived export. An existing receipt stays: it was written when the export arrived.
 * Throws `archive_conflict` if it does not match the copy and no declared reduction explains the difference.
 * @param signingKey if undefined, the receipt is not signed. @param retention the lock to set, if the archive supports locks.
 */
export async function writeReceipt(archive: ObjectStore, received: Received, signingKey: SigningKey | undefined, retention?: Retention): Promise<void> {
  const key = archiveLayout.receipt(received.key);
  const header: Receipt["header"] = { format: 1, ...received };
  const { entry } = await createLocked(archive, key, canonicalBytes(await signHeader(header, signingKey)), retention);
  if (entry !== undefined) return;
  const before = await loadDocument(archive, key, receipt);
  if (before === undefined) throw new LedgerError("object_missing", `${archive.url}/${key} existed and is gone`, { remedy: "run again", retryable: true });
  const { kept } = before.document.header;
  if (isSameContent(kept, received.kept)) return;
  const reduced = reducedContent(received.key, await loadVerifiedEvents(archive, received.instance, signingKey?.publicKey));
  if (reduced !== undefined && isSameContent(reduced, received.kept)) return;
  throw new LedgerError(
    "archive_conflict",
    `${archive.url}/${received.key} has SHA-256 ${received.kept.sha256}, but its receipt ${key} says ${kept.sha256}`,
    { remedy: "the archive was altered: restore that object from a backup or from the export's source" },
  );
}
