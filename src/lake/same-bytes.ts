import { rm } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectEntry, ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { WrittenObject } from "./landing/export-manifest.ts";

/** What a listing shows about an object's bytes. */
export type ListedObject = Pick<ObjectEntry, "size" | "etag">;

const READS_AT_ONCE = 8;

/** Digests of a store's objects by key and ETag, so that a process reads each object once. */
const digests = new WeakMap<ObjectStore, Map<string, string>>();

/**
 * Finds objects whose ETag differs from their manifest but whose bytes match it: a copied or restored lake has such ETags
 * throughout. An object of a different size is not read. Resolves to their ETags in the store, by key. Most calls read nothing.
 */
export async function findRestored(store: ObjectStore, listed: ReadonlyMap<string, ListedObject>, written: Iterable<WrittenObject>): Promise<Map<string, string>> {
  const doubtful = [...written].flatMap((object) => {
    const there = listed.get(object.key);
    return there === undefined || there.etag === object.etag || there.size !== object.size ? [] : [{ ...object, etag: there.etag }];
  });
  const found = await hashObjects(store, doubtful);
  return new Map(doubtful.filter(({ key, sha256 }) => found.get(key) === sha256).map(({ key, etag }) => [key, etag]));
}

/** SHA-256 of listed objects, by key. Objects that changed or disappeared since the listing are left out. */
export async function hashObjects(store: ObjectStore, entries: readonly Pick<ObjectEntry, "key" | "etag">[]): Promise<Map<string, string>> {
  if (entries.length === 0) return new Map();
  const known = digests.get(store) ?? new Map<string, string>();
  digests.set(store, known);
  return await withWorkspace(async (workspace) => {
    const hash = async ({ key, etag }: Pick<ObjectEntry, "key" | "etag">, index: number): Promise<[string, string][]> => {
      const name = JSON.stringify([key, etag]);
      const sha256 = known.get(name) ?? (await hashAs(store, { key, etag }, join(workspace, `object-${String(index)}`)));
      if (sha256 === undefined) return [];
      known.set(name, sha256);
      return [[key, sha256]];
    };
    return new Map((await pMap(entries, hash, { concurrency: READS_AT_ONCE })).flat());
  });
}

async function hashAs(store: ObjectStore, { key, etag }: Pick<ObjectEntry, "key" | "etag">, file: string): Promise<string | undefined> {
  try {
    const found = await store.download(key, file);
    await rm(file, { force: true });
    return found.etag === etag ? found.sha256 : undefined;
  } catch (error) {
    if (error instanceof LedgerError && error.code === "object_missing") return undefined;
    throw error;
  }
}

/** Whether an object is the one that a manifest vouches for. It is read only where its ETag differs. */
export async function isAsWritten(store: ObjectStore, written: WrittenObject): Promise<boolean> {
  const there = await store.head(written.key);
  if (there === undefined) return false;
  return there.etag === written.etag || (await findRestored(store, new Map([[written.key, there]]), [written])).has(written.key);
}
