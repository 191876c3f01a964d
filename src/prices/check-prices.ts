import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { DAY_MS } from "../ledger/durations.ts";
import { type Month, utcDates } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { readParquet } from "../ledger/sql/sql-texts.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { type EstimateSums, sumEstimates } from "./drift/estimate-sums.ts";
import { findDrift, type ModelDrift } from "./drift/find-drift.ts";
import { pricesOf, type PriceSources } from "./list/price-days.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";

/**
 * Prices every request that the gateway estimated by the list too, from the current tables.
 * @param month all months by default.
 */
export async function checkPrices(lake: ObjectStore, sources: PriceSources, month?: Month): Promise<ModelDrift[]> {
  const dates = month && new Set(utcDates(month));
  const { days } = await loadLedgerState(lake);
  const wanted = [...days.values()].filter(({ date }) => dates === undefined || dates.has(date));
  const sums = await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const all: EstimateSums[] = [];
      for (const day of wanted) all.push(...(await sumDay(day, { lake, duck, sources, month })));
      return all;
    }),
  );
  if (sums.length > 0) return findDrift(sums);
  throw new LedgerError("month_empty", `there are no estimates of a gateway in ${month?.name ?? "any month"} in ${lake.url}`, {
    remedy: "ingest exports with aperture-ledger run, or ask for a month that aperture-ledger status shows",
  });
}

interface CheckTools {
  lake: ObjectStore;
  duck: DuckDBConnection;
  sources: PriceSources;
  month: Month | undefined;
}

/** Only one day's table is on the disk at a time. */
async function sumDay({ date, instance, usage }: DayManifest, { lake, duck, sources, month }: CheckTools): Promise<EstimateSums[]> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "usage.parquet");
    await downloadWritten(lake, usage, file);
    const start = Date.parse(date);
    const from = Math.max(start, month?.from.getTime() ?? start);
    const to = Math.min(start + DAY_MS, month?.to.getTime() ?? start + DAY_MS);
    return await sumEstimates(duck, { rows: readParquet(file), scope: file, from, to }, pricesOf(sources, instance));
  });
}
