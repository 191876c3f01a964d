import { archiveLayout } from "../../lake/layout.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { createLocked, retentionFrom, type LockRule } from "../copies/create-locked.ts";
import type { ArchiveEvent } from "./event.ts";
import { canonicalBytes } from "./canonical.ts";
import { signHeader } from "./signed.ts";
import type { SigningKey } from "./signing-key.ts";

/** Signs an event and creates its object; returns its key. @param lock set on it if the archive supports locks. */
export async function recordEvent(archive: ObjectStore, event: ArchiveEvent, signingKey: SigningKey, lock: LockRule | undefined): Promise<string> {
  const key = archiveLayout.event(event.instance, event);
  const { entry } = await createLocked(archive, key, canonicalBytes(await signHeader(event, signingKey)), retentionFrom(lock, new Date(event.at)));
  if (entry !== undefined) return key;
  throw new LedgerError("archive_conflict", `${archive.url}/${key} already exists`, { remedy: "two events have the same id: try again", retryable: true });
}
