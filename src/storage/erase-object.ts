import type { ObjectStore } from "./object-store.ts";

/** Removes an object with all its versions; does nothing where it does not exist. Throws `object_locked`. */
export async function eraseObject(store: ObjectStore, key: string): Promise<void> {
  if (store.locks === undefined) await store.remove(key);
  else await store.locks.erase(key);
}
