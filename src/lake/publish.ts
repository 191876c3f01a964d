import { sha256OfFile } from "../storage/file-digest.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { WrittenObject } from "./landing/export-manifest.ts";

/** Writes a local file to its place in the lake; returns its description for a manifest. */
export async function publishFile(store: ObjectStore, key: string, file: string): Promise<WrittenObject> {
  const sha256 = await sha256OfFile(file);
  const { etag, size } = await store.replace(key, { file });
  return { key, etag, size, sha256 };
}
