import { join } from "node:path";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { DayManifest } from "./day-manifest.ts";
import { downloadWritten } from "../download-written.ts";

/** A local copy of the usage of one day of one gateway. */
export interface FetchedUsage {
  instance: string;
  file: string;
}

/** Local copies of the usage of some days, in the order of the days. */
export async function fetchUsage(lake: ObjectStore, days: readonly DayManifest[], directory: string): Promise<FetchedUsage[]> {
  const fetched: FetchedUsage[] = [];
  for (const [index, { instance, usage }] of days.entries()) {
    const file = join(directory, `usage-${String(index)}.parquet`);
    await downloadWritten(lake, usage, file);
    fetched.push({ instance, file });
  }
  return fetched;
}
