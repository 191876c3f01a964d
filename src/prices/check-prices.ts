import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { DAY_MS } from "../ledger/durations.ts";
import { type Month, utcDates } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { readUsage } from "../ledger/usage/older-files.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { type Contradiction, EstimateComparison } from "./drift/contradictions.ts";
import { type EstimateSums, sumEstimates } from "./drift/estimate-sums.ts";
import { findDrift, type ModelDrift } from "./drift/find-drift.ts";
import { pricesOf, type PriceSources } from "./list/price-days.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";

export interface CheckedPrices {
  models: ModelDrift[];
  /** Estimates that differ although their counts are equal. */
  contradictions: Contradiction[];
}

/**
 * Calculates the list price of every request that has an estimate of the gateway, from the current tables, and compares the estimates with each other.
 * @param month all months by default.
 */
export async function checkPrices(lake: ObjectStore, sources: PriceSources, month?: Month): Promise<CheckedPrices> {
  const dates = month && new Set(utcDates(month));
  const { days } = await loadLedgerState(lake);
  const wanted = [...days.values()].filter(({ date }) => dates === undefined || dates.has(date));
  const { sums, contradictions } = await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const all: EstimateSums[] = [];
      const comparison = await EstimateComparison.open(duck);
      for (const day of wanted) all.push(...(await sumDay(day, { lake, duck, comparison, sources, month })));
      return { sums: all, contradictions: await comparison.list() };
    }),
  );
  if (sums.length > 0) return { models: findDrift(sums), contradictions };
  throw new LedgerError("month_empty", `there are no estimates of a gateway in ${month?.name ?? "any month"} in ${lake.url}`, {
    remedy: "ingest exports with aperture-ledger run, or ask for a month that aperture-ledger status shows",
  });
}

interface CheckTools {
  lake: ObjectStore;
  duck: DuckDBConnection;
  comparison: EstimateComparison;
  sources: PriceSources;
  month: Month | undefined;
}

/** Only one day's table is on the disk at a time. */
async function sumDay({ date, instance, usage }: DayManifest, { lake, duck, comparison, sources, month }: CheckTools): Promise<EstimateSums[]> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "usage.parquet");
    await downloadWritten(lake, usage, file);
    const start = Date.parse(date);
    const from = Math.max(start, month?.from.getTime() ?? start);
    const to = Math.min(start + DAY_MS, month?.to.getTime() ?? start + DAY_MS);
    const rows = readUsage(file);
    await comparison.add({ rows, from, to });
    return await sumEstimates(duck, { rows, scope: file, from, to }, pricesOf(sources, instance));
  });
}
