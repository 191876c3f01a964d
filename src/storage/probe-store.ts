import { LedgerError } from "../errors.ts";
import type { ObjectStore } from "./object-store.ts";

export interface StoreProbe {
  /** Whether a second create of the same key left the first object alone. */
  honoursCreateOnly: boolean;
}

/** Writes, reads, creates again and deletes an object of that key, which nobody else uses; with all its versions, where that is allowed. Throws what the store throws. */
export async function probeStore(store: ObjectStore, key: string): Promise<StoreProbe> {
  const first = Buffer.from("first");
  await store.create(key, first);
  try {
    const again = await store.create(key, Buffer.from("second"));
    const kept = first.equals(await store.read(key));
    if (again === undefined && !kept) {
      throw new LedgerError("storage_refused", `${store.url} gives back other bytes than were written`, {
        remedy: "something between here and the store changes contents; use another endpoint",
      });
    }
    return { honoursCreateOnly: again === undefined && kept };
  } finally {
    await cleanUp(store, key);
  }
}

/** A removal would leave the object behind as an earlier version. */
async function cleanUp(store: ObjectStore, key: string): Promise<void> {
  try {
    if (store.locks !== undefined) return await store.locks.erase(key);
  } catch (error) {
    // Who may not see versions, or writes to a bucket that locks whatever comes, can only hide it.
    if (!(error instanceof LedgerError) || (error.code !== "storage_denied" && error.code !== "object_locked")) throw error;
  }
  await store.remove(key);
}
