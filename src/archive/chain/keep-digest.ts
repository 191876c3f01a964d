import type { Retention } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { archiveLayout } from "../archive-layout.ts";
import { sha256Hex } from "./canonical.ts";
import type { Digest, DigestLink } from "./digest.ts";
import { documentBytes } from "./signed.ts";

/** Writes a digest, create-only; undefined where one of its day was there. @param retention the lock that is set on it. */
export async function keepDigest(archive: ObjectStore, digest: Digest, retention?: Retention): Promise<DigestLink | undefined> {
  const { instance, date, number } = digest.header;
  const bytes = documentBytes(digest);
  const created = await archive.create(archiveLayout.digest(instance, date), bytes, retention);
  return created && { instance, date, number, sha256: sha256Hex(bytes) };
}
