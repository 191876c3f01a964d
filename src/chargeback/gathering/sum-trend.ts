import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { addMonths } from "date-fns/addMonths";
import { z } from "zod";
import { downloadWritten } from "../../lake/download-written.ts";
import { loadAllocationState } from "../../lake/months/month-state.ts";
import { findClose } from "../../lake/records/close-record.ts";
import { billionths, requireDollars } from "../../ledger/dollars.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import type { Month } from "../../ledger/months.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { TrendMonth } from "../sections/trend.ts";

/** Number of months in the trend, including the reported one. */
const MONTHS = 12;

/**
 * What was owed in each of the last twelve months, including this one; closed months as they were closed. Months before the first one with usage are
 * left out. @param owed amount owed for this month
 */
export async function sumTrend(lake: ObjectStore, duck: DuckDBConnection, { name }: Month, owed: Nanodollars, workspace: string): Promise<TrendMonth[]> {
  const { manifests, closed } = await loadAllocationState(lake);
  const trend: TrendMonth[] = [];
  for (const month of monthsUpTo(name)) {
    const manifest = manifests.get(month);
    if (month === name) trend.push({ month, owed, isClosed: false });
    else if (closed.has(month)) trend.push({ month, owed: await readClosedTotal(lake, month), isClosed: true });
    else if (manifest !== undefined && manifest.allocations.rows > 0) {
      const table = join(workspace, `trend-${month}.parquet`);
      await downloadWritten(lake, manifest.allocations, table);
      trend.push({ month, owed: await sumOwedOf(duck, table), isClosed: false });
    } else if (trend.length > 0) trend.push({ month, owed: null, isClosed: false });
  }
  return trend;
}

function monthsUpTo(name: string): string[] {
  return Array.from({ length: MONTHS }, (_, index) => addMonths(new Date(`${name}-15T12:00:00Z`), index + 1 - MONTHS).toISOString().slice(0, 7));
}

async function readClosedTotal(lake: ObjectStore, month: string): Promise<Nanodollars | null> {
  const close = await findClose(lake, month);
  return close === undefined ? null : requireDollars(close.totals.owed_usd, { what: `what is owed in the close of ${month}`, code: "manifest_unreadable", remedy: "restore the record of the close from a backup" });
}

async function sumOwedOf(duck: DuckDBConnection, table: string): Promise<Nanodollars> {
  const result = await duck.runAndReadAll(`SELECT coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR FROM ${readParquet(table)} WHERE NOT ${IS_LIST_VALUE}`);
  return z.tuple([billionths]).parse(result.getRowsJS()[0])[0];
}
