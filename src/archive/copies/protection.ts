import type { Protection } from "../../storage/object-locks.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** Whether the store can lock objects. */
export async function canLock({ locks }: ObjectStore): Promise<boolean> {
  return (await locks?.isEnabled()) ?? false;
}

/** The lock and legal hold of an object; undefined if the store cannot lock. Throws `object_missing`. */
export async function protectionOf(archive: ObjectStore, key: string): Promise<Protection | undefined> {
  return (await canLock(archive)) ? await archive.locks?.protectionOf(key) : undefined;
}
