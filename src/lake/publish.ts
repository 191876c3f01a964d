import { sha256OfFile } from "../storage/file-digest.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { WrittenObject } from "./landing/export-manifest.ts";

/** Puts a local file at its place in the lake and says what a manifest has to know of it. */
export async function publishFile(store: ObjectStore, key: string, file: string): Promise<WrittenObject> {
  const sha256 = await sha256OfFile(file);
  const { etag, size } = await store.replace(key, { file });
  return { key, etag, size, sha256 };
}
