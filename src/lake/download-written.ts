import { rm } from "node:fs/promises";
import { objectChanged } from "../storage/object-errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { WrittenObject } from "./landing/export-manifest.ts";

/**
 * Copies an object that a manifest vouches for to a local file. Its digest decides, not its ETag: copying or restoring a
 * lake changes ETags. Throws `object_changed` when the bytes are not those of the manifest.
 */
export async function downloadWritten(store: ObjectStore, { key, sha256 }: Pick<WrittenObject, "key" | "sha256">, file: string): Promise<void> {
  if ((await store.download(key, file)).sha256 === sha256) return;
  await rm(file, { force: true });
  throw objectChanged(store.url, key);
}
