import { join } from "node:path";
import { LedgerError } from "../errors.ts";
import type { Download, ObjectEntry, ObjectStore } from "../storage/object-store.ts";

/** The write-once copy of an export. */
export interface ArchivedExport extends Download {
  key: string;
}

/**
 * Keeps an export object byte for byte. The first copy under a key stays: the same bytes again are the same copy,
 * and other bytes under the same name (an object that was replaced at its source) are kept under the next key,
 * so that neither is lost.
 * @param file the export as it was downloaded, `download` what is known of it.
 * @param keys in order; the last one is named after the bytes themselves.
 * @param workspace local folder for comparing with a copy that is there already.
 */
export async function keepExport(
  archive: ObjectStore,
  file: string,
  { size, sha256 }: Download,
  keys: readonly string[],
  workspace: string,
): Promise<ArchivedExport> {
  for (const key of keys) {
    const kept = (await archive.create(key, { file })) ?? (await findSame(archive, key, { size, sha256 }, workspace));
    if (kept !== undefined) return { key, etag: kept.etag, size, sha256 };
  }
  throw new LedgerError("archive_conflict", `${archive.url}/${String(keys.at(-1))} has other bytes than its name says`, {
    remedy: "the archive was altered: compare that object with the export at its source",
  });
}

async function findSame(
  archive: ObjectStore,
  key: string,
  wanted: { size: number; sha256: string },
  workspace: string,
): Promise<ObjectEntry | undefined> {
  const entry = await archive.head(key);
  if (entry?.size !== wanted.size) return undefined;
  const { sha256 } = await archive.download(key, join(workspace, "archived"), entry.etag);
  return sha256 === wanted.sha256 ? entry : undefined;
}
