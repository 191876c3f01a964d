import type { ObjectStore } from "../src/storage/object-store.ts";

/** Keys of the archived exports, without what is kept of them. */
export async function copiesOf(archive: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of archive.list("archive/")) if (key.endsWith(".cbor.zstd")) keys.push(key);
  return keys;
}
