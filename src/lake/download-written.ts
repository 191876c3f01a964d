import { rm } from "node:fs/promises";
import { objectChanged } from "../storage/object-errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { WrittenObject } from "./landing/export-manifest.ts";

/**
 * Copies an object that a manifest names to a local file. The digest decides, not the ETag, which differs where the lake was copied or
 * restored. Throws `object_changed` when the bytes are not the ones that were written.
 */
export async function downloadWritten(store: ObjectStore, { key, sha256 }: Pick<WrittenObject, "key" | "sha256">, file: string): Promise<void> {
  if ((await store.download(key, file)).sha256 === sha256) return;
  await rm(file, { force: true });
  throw objectChanged(store.url, key);
}
