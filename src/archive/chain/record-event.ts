import { LedgerError } from "../../errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { archiveLayout } from "../archive-layout.ts";
import type { ArchiveEvent } from "./event.ts";
import { documentBytes, signHeader } from "./signed.ts";
import type { SigningKey } from "./signing-key.ts";

/** Keeps an event, create-only and signed; returns its key. */
export async function recordEvent(archive: ObjectStore, event: ArchiveEvent, signingKey: SigningKey): Promise<string> {
  const key = archiveLayout.event(event.instance, event);
  if ((await archive.create(key, documentBytes(signHeader(event, signingKey)))) !== undefined) return key;
  throw new LedgerError("archive_conflict", `${archive.url}/${key} exists`, { remedy: "two events have one id: do it again", retryable: true });
}
