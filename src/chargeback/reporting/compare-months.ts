import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { subMonths } from "date-fns/subMonths";
import type { ComparedItems } from "../insights/describe-teams.ts";
import { sumItems, type TeamItem } from "../insights/sum-items.ts";
import { boundMonth, type Month } from "../../ledger/months.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { Ledger } from "../../open/ledger.ts";
import { allocateUsedMonth } from "../../allocation/allocate-months.ts";

interface Comparing {
  month: Month;
  state: LedgerState;
  /** Items of the month itself. */
  now: readonly TeamItem[];
  /** Existing folder. */
  workspace: string;
}

/** What was owed for each model of each team in the month before; null where the ledger has nothing of it. */
export async function compareMonths(
  duck: DuckDBConnection,
  ledger: Pick<Ledger, "stores" | "rules" | "telling">,
  { month: { name, timezone }, state, now, workspace }: Comparing,
): Promise<ComparedItems | null> {
  const before = boundMonth(subMonths(new Date(`${name}-15T12:00:00Z`), 1).toISOString().slice(0, 7), timezone);
  const manifest = await allocateUsedMonth(ledger, before, [...state.days.values()]);
  if (manifest === null) return null;
  const table = join(workspace, "allocations-before.parquet");
  await downloadWritten(ledger.stores.lake, manifest.allocations, table);
  const { rows, items } = await sumItems(duck, table);
  return rows === 0 ? null : { month: before.name, before: items, now };
}
