import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { subMonths } from "date-fns/subMonths";
import type { ComparedItems } from "../insights/describe-teams.ts";
import { sumItems, type TeamItem } from "../insights/sum-items.ts";
import { boundMonth, type Month } from "../../ledger/months.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { AllocateMonth } from "../../allocation/allocate-months.ts";

interface Comparing {
  lake: ObjectStore;
  allocate: AllocateMonth;
  /** Existing folder. */
  workspace: string;
}

/** What was owed for each model of each team in the month before; null where the ledger has nothing of it. */
export async function compareMonths(duck: DuckDBConnection, { lake, allocate, workspace }: Comparing, { name, timezone }: Month, state: LedgerState, now: readonly TeamItem[]): Promise<ComparedItems | null> {
  const before = boundMonth(subMonths(new Date(`${name}-15T12:00:00Z`), 1).toISOString().slice(0, 7), timezone);
  const allocations = await allocate(before, state);
  if (allocations === null) return null;
  const table = join(workspace, "allocations-before.parquet");
  await downloadWritten(lake, allocations, table);
  const { rows, items } = await sumItems(duck, table);
  return rows === 0 ? null : { month: before.name, before: items, now };
}
