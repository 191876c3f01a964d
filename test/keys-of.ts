import { createHash } from "node:crypto";
import type { ObjectStore } from "../src/storage/object-store.ts";

export async function keysOf(store: ObjectStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** SHA-256 of all there is below a prefix, by key. */
export async function contentsOf(store: ObjectStore, prefix: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const key of await keysOf(store, prefix)) contents[key] = createHash("sha256").update(await store.read(key)).digest("hex");
  return contents;
}
