import { rm } from "node:fs/promises";
import { objectChanged } from "../storage/object-errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { WrittenObject } from "./landing/export-manifest.ts";

/**
 * Copies an object that a manifest vouches for to a local file. Its digest decides and not its ETag, which is another one where the
 * lake was copied or restored. Throws `object_changed` when the bytes are not the ones that were written.
 */
export async function downloadWritten(store: ObjectStore, { key, sha256 }: Pick<WrittenObject, "key" | "sha256">, file: string): Promise<void> {
  if ((await store.download(key, file)).sha256 === sha256) return;
  await rm(file, { force: true });
  throw objectChanged(store.url, key);
}
