import { join } from "node:path";
import { unpackObjects, writeObjects } from "../packed-objects.ts";

/** Puts the objects of the earlier version's lake into a folder. */
export function unpackLake(folder: string): void {
  writeObjects(folder, unpackObjects(join(import.meta.dirname, "lake.json.zst")));
}
