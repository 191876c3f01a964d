import { join } from "node:path";
import { LedgerError } from "../../ledger/errors.ts";
import type { Retention } from "../../storage/object-locks.ts";
import type { Download, ObjectStore } from "../../storage/object-store.ts";
import { createLocked } from "./create-locked.ts";
import type { RetentionPromise } from "./receipt.ts";

/** The write-once copy of an export. */
export interface ArchivedExport extends Download {
  key: string;
  /** Null if the store does not lock it. */
  retention: RetentionPromise | null;
}

/**
 * Archives an export object, whole or without the bodies that are not kept. The first copy under a key stays: archiving the same bytes
 * again changes nothing, different bytes are refused.
 * @param file the bytes to archive.
 * @param workspace local folder for comparing with an existing copy.
 * @param asked the lock to set, if the archive supports locks.
 */
export async function archiveExport(
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
  throw new LedgerError("archive_conflict", `${archive.url}/${key} has SHA-256 ${copy.sha256}, but the export has ${sha256}`, {
    remedy: "two exports with the same name arrived at the same time: run again, which distinguishes them",
    retryable: true,
  });
}
