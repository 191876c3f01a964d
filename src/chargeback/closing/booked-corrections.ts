import { join } from "node:path";
import type { Correction } from "../corrections/correction.ts";
import { readCorrections } from "../corrections/read-corrections.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { findCorrections } from "../correct-months.ts";

/** Reads the corrections that are booked in a month, in order of corrected month, cause and row. */
export async function readBooked(lake: ObjectStore, month: string): Promise<Correction[]> {
  const table = (await findCorrections(lake, month))?.table ?? null;
  if (table === null) return [];
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "corrections.parquet");
    await downloadWritten(lake, table, file);
    return await withDuckDb({ temporaryDirectory: workspace }, (duck) => readCorrections(duck, file));
  });
}
