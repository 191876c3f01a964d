import { LedgerError } from "../errors.ts";
import type { ObjectStore } from "./object-store.ts";

export interface StoreProbe {
  /** Whether a second create of the same key left the first object alone. */
  honoursCreateOnly: boolean;
}

/** Writes, reads, creates again and deletes an object of that key, which nobody else uses. Throws what the store throws. */
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
    await store.remove(key);
  }
}
