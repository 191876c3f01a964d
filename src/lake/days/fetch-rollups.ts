import { join } from "node:path";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { DayManifest } from "./day-manifest.ts";
import { downloadWritten } from "../download-written.ts";

/** Local copies of the rollups of some days, in the order of the days. */
export async function fetchRollups(
  lake: ObjectStore,
  days: readonly DayManifest[],
  directory: string,
): Promise<string[]> {
  const files: string[] = [];
  for (const [index, { rollups }] of days.entries()) {
    const file = join(directory, `rollups-${String(index)}.parquet`);
    await downloadWritten(lake, rollups, file);
    files.push(file);
  }
  return files;
}
