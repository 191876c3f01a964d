import { join } from "node:path";
import type { PricingOf } from "../../lake/days/day-pricing.ts";
import { rowsOfDays } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { WrittenObject } from "../../lake/landing/export-manifest.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { LedgerError } from "../../ledger/errors.ts";
import { type Month, monthEmpty, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { findCorrections } from "../correct-months.ts";
import { checkAllocations } from "../report/check-allocations.ts";
import type { ReportFigures } from "../report/report.ts";
import { sumAllocations } from "../report/sum-allocations.ts";
import { type MonthSums, sumMonth } from "../report/sum-month.ts";
import { type AllocationSums, summariseAllocations } from "../report/summarise-allocations.ts";
import { sumFigures } from "../report/usage-figures.ts";
import type { FeedingExport } from "../sections/quality/feeding-exports.ts";
import { listFeedingExports, readQuality } from "./read-quality.ts";

/** A month as the ledger has it, with its allocations up to date. */
export interface AllocatedMonth {
  month: Month;
  state: LedgerState;
  /** The `allocations` table; null where the ledger has no day of the month. */
  table: Pick<WrittenObject, "key" | "sha256"> | null;
}

/** A month's sums, from its rollups and its allocations. */
export interface MonthFigures extends ReportFigures {
  exports: FeedingExport[];
}

export interface FigureSettings {
  /** Decides which days are out of date. */
  pricingOf: PricingOf;
  /** Configured dimensions: each is summed up, also when no request has it. */
  dimensions: readonly string[];
}

/**
 * Reads who used what in a month and who pays for it.
 * Throws `month_empty` for a month without usage, unless corrections of closed months are booked in it, and `allocation_differs` where the
 * allocations do not add up to the usage.
 */
export async function readFigures(lake: ObjectStore, { month, state, table }: AllocatedMonth, { pricingOf, dimensions }: FigureSettings): Promise<MonthFigures> {
  const exports = listFeedingExports(state);
  const quality = readQuality(state, month, exports, pricingOf);
  const usage = await sumRollups(lake, state, month);
  if (usage.rows.length === 0 && (await findCorrections(lake, month.name)) === undefined) throw emptyBecause(month, lake, quality);
  if (table === null) return { usage, allocations: summariseAllocations([], dimensions.map((name) => ({ name, parts: [] }))), exports, quality };
  const allocations = await fetchAllocations(lake, table, dimensions);
  checkAllocations(allocations, sumFigures(usage.rows), table.key);
  return { usage, allocations, exports, quality };
}

async function sumRollups(lake: ObjectStore, state: LedgerState, month: Month): Promise<MonthSums> {
  const dates = new Set(utcDates(month));
  const days = [...state.days.values()].filter(({ date }) => dates.has(date));
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, days, workspace);
    return await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(days, "rollups") }, (duck) => sumMonth(duck, files, month));
  });
}

async function fetchAllocations(lake: ObjectStore, table: Pick<WrittenObject, "key" | "sha256">, dimensions: readonly string[]): Promise<AllocationSums> {
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "allocations.parquet");
    await downloadWritten(lake, table, file);
    return await withDuckDb({ temporaryDirectory: workspace }, (duck) => sumAllocations(duck, file, dimensions));
  });
}

function emptyBecause(month: Month, lake: ObjectStore, { damaged, quarantined, unbuiltDays }: MonthFigures["quality"]): LedgerError {
  const reasons = [
    ...damaged.map((one) => `${one.name} is damaged`),
    ...quarantined.map((one) => `${one.name} has quarantined records`),
    ...unbuiltDays.map(({ date, instance }) => `${date} of ${instance} is not built`),
  ];
  if (reasons.length === 0) return monthEmpty(month, lake);
  const because = `${reasons.slice(0, 3).join(", ")}${reasons.length > 3 ? ", …" : ""}`;
  return monthEmpty(month, lake, because, "aperture-ledger status tells more, aperture-ledger run builds what can be built");
}
