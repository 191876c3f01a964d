import type { Protection } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** Whether objects of that store can be locked. */
export async function canLock({ locks }: ObjectStore): Promise<boolean> {
  return (await locks?.isEnabled()) ?? false;
}

/** What keeps an object from being removed; undefined where the store cannot lock. Throws `object_missing`. */
export async function protectionOf(archive: ObjectStore, key: string): Promise<Protection | undefined> {
  return (await canLock(archive)) ? await archive.locks?.protectionOf(key) : undefined;
}
