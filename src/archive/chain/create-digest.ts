import type { ObjectStore } from "../../storage/object-store.ts";
import { createLocked, type LockRule, retentionFrom } from "../copies/create-locked.ts";
import { canonicalBytes, sha256Hex } from "./canonical.ts";
import type { Digest, DigestLink } from "./digest.ts";

/** Creates a digest; undefined if its day already has one. @param key where to store it. @param lock set on it if the archive supports locks. */
export async function createDigest(archive: ObjectStore, key: string, digest: Digest, lock: LockRule | undefined): Promise<DigestLink | undefined> {
  const { instance, date, number, sealed_at: sealedAt } = digest.header;
  const bytes = canonicalBytes(digest);
  const { entry } = await createLocked(archive, key, bytes, retentionFrom(lock, new Date(sealedAt)));
  return entry && { instance, date, number, sha256: sha256Hex(bytes) };
}
