import type { DuckDBConnection } from "@duckdb/node-api";
import { type SpanAllocation, withAllocatedSpan } from "../../allocation/shares/allocate-span.ts";
import { type DayManifest, rowsOfDays } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { type FetchedUsage, fetchUsage } from "../../lake/days/fetch-usage.ts";
import { startOfDay } from "../../ledger/days.ts";
import { daysOfMonth, type Month, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import type { Ledger } from "../../open/ledger.ts";
import { withWorkspace } from "../../storage/workspace.ts";

/** A month in a database: its usage, and its allocation by day, in the tables of `withAllocatedSpan`. The pieces are the days. */
export interface MonthTables {
  duck: DuckDBConnection;
  month: Month;
  /** `YYYY-MM-DD` of each day, in order. */
  days: readonly string[];
  /** Beginnings of the days, and the end of the last. */
  borders: readonly Date[];
  allocation: SpanAllocation;
  /** Local copies of the usage of the UTC dates that the month touches. */
  usage: readonly FetchedUsage[];
  /** Existing folder. */
  workspace: string;
}

/** Measured: the process that reports a month of 1,000,000 requests then has 0.9 GB resident. More goes to the disk. */
const MOST_MEMORY_MIB = 500;

/** Allocates a month by day once for everything that a report, its teams and its FOCUS export say. */
export async function withMonthTables<Result>(
  { stores: { lake }, rules: { allocation: settings } }: Pick<Ledger, "stores" | "rules">,
  month: Month,
  manifests: readonly DayManifest[],
  use: (tables: MonthTables) => Promise<Result>,
): Promise<Result> {
  const dates = new Set(utcDates(month));
  const ofMonth = manifests.filter(({ date }) => dates.has(date));
  const days = daysOfMonth(month);
  const borders = [...days.map((day) => startOfDay(day, month.timezone)), month.to];
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, ofMonth, workspace);
    const usage = await fetchUsage(lake, ofMonth, workspace);
    return await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(ofMonth, "usage"), mostMemoryMiB: MOST_MEMORY_MIB }, (duck) =>
      withAllocatedSpan(duck, { files, span: month, settings, cuts: borders.slice(0, -1) }, (allocation) => use({ duck, month, days, borders, allocation, usage, workspace })));
  });
}
