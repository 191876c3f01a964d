import { LedgerError } from "../ledger/errors.ts";
import type { ObjectStore } from "./object-store.ts";

/**
 * A small object; undefined where it exceeds the limit. Without the limit, anyone who can write to the store could exhaust the memory of
 * every process that reads it. Throws `object_missing`.
 * @param most bytes.
 */
export async function readBounded(store: ObjectStore, key: string, most: number): Promise<Uint8Array | undefined> {
  const bytes = await store.read(key, { first: 0, last: most });
  return bytes.byteLength > most ? undefined : bytes;
}

/** As `readBounded`; throws `object_too_large`. */
export async function requireBounded(store: ObjectStore, key: string, most: number): Promise<Uint8Array> {
  const bytes = await readBounded(store, key, most);
  if (bytes !== undefined) return bytes;
  throw new LedgerError("object_too_large", `${store.url}/${key} is larger than ${String(most)} bytes; the ledger never writes such a large object there`, {
    remedy: "find out who wrote it, and restore the object from a backup or remove it",
  });
}
