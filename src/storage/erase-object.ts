import type { ObjectStore } from "./object-store.ts";

/** Removes an object so that no version of it is left; nothing happens when there is none. Throws `object_locked`. */
export async function eraseObject(store: ObjectStore, key: string): Promise<void> {
  if (store.locks === undefined) await store.remove(key);
  else await store.locks.erase(key);
}
