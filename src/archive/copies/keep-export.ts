import { join } from "node:path";
import { LedgerError } from "../../ledger/errors.ts";
import type { Retention } from "../../storage/object-locks.ts";
import type { Download, ObjectStore } from "../../storage/object-store.ts";
import { createLocked } from "./create-locked.ts";
import type { RetentionPromise } from "./receipt.ts";

/** The write-once copy of an export. */
export interface ArchivedExport extends Download {
  key: string;
  /** Null where the store keeps it no longer than anybody wants. */
  retention: RetentionPromise | null;
}

/**
 * Keeps an export object, or what is to be kept of it, byte for byte. The first copy under a key stays: the same bytes again are the same copy,
 * other bytes are refused.
 * @param file what is kept.
 * @param workspace local folder for comparing with a copy that is there already.
 * @param asked until when it is to be locked, where the archive can lock; a copy that is there already stays as it is locked.
 */
export async function keepExport(
  archive: ObjectStore,
  file: string,
  { size, sha256 }: Pick<Download, "size" | "sha256">,
  key: string,
  workspace: string,
  asked: Retention | undefined,
): Promise<ArchivedExport> {
  const { entry: created, retention } = await createLocked(archive, key, { file }, asked);
  if (created !== undefined) return { key, etag: created.etag, size, sha256, retention };
  const copy = await archive.download(key, join(workspace, "archived"));
  if (copy.sha256 === sha256) return { key, etag: copy.etag, size, sha256, retention };
  throw new LedgerError("archive_conflict", `${archive.url}/${key} has SHA-256 ${copy.sha256}, the export ${sha256}`, {
    remedy: "two exports came under one name at once: run again, which tells them apart",
    retryable: true,
  });
}
