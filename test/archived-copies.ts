import { kindOfArchived } from "../src/lake/layout.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { keysOf } from "./keys-of.ts";

/** Keys of the archived exports, without what is kept of them. */
export async function copiesOf(archive: ObjectStore): Promise<string[]> {
  return (await keysOf(archive, "archive/")).filter((key) => kindOfArchived(key).kind === "export");
}
