import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { withAllocatedSpan } from "../allocation/shares/allocate-span.ts";
import { type DayManifest, rowsOfDays } from "../lake/days/day-manifest.ts";
import { fetchRollups } from "../lake/days/fetch-rollups.ts";
import { type FetchedUsage, fetchUsage } from "../lake/days/fetch-usage.ts";
import { layout } from "../lake/layout.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { publishFile } from "../lake/publish.ts";
import { startOfDay } from "../ledger/days.ts";
import { boundMonth, daysOfMonth, type Month, utcDates } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import type { Ledger } from "../open/ledger.ts";
import { pricesOf, type PriceSources } from "../prices/list/price-days.ts";
import { CostGroups, type Unpriced } from "../prices/sums/cost-groups.ts";
import { sha256OfFile } from "../storage/file-digest.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { Correction } from "./corrections/correction.ts";
import { fillCharges } from "./focus/fill-charges.ts";
import { createParts } from "./focus/focus-parts.ts";
import { createFocusTables } from "./focus/focus-tables.ts";
import { splitCharges } from "./focus/share-charges.ts";
import { writeCharges } from "./focus/write-focus.ts";

/** Names of the export's files, by format. */
export const FOCUS_FILES = { csv: "focus.csv", parquet: "focus.parquet" } as const;
type FocusFormat = keyof typeof FOCUS_FILES;

export type FocusLedger = Pick<Ledger, "stores" | "rules" | "money">;

export interface WrittenFocus {
  /** Local paths. */
  files: Record<FocusFormat, string>;
  rows: number;
  /** Requests that are in no row, because a charge needs a cost. */
  unpriced: Unpriced;
}

export interface FocusExport {
  /** Keys in the lake. */
  files: Record<FocusFormat, string>;
  /** Formats that were missing, or had other content. */
  written: FocusFormat[];
  rows: number;
  unpriced: Unpriced;
}

/** Brings an open month's FOCUS files in the lake up to date. */
export async function exportFocus(ledger: FocusLedger, monthName: string, corrections: readonly Correction[] = []): Promise<FocusExport> {
  const month = boundMonth(monthName, ledger.rules.allocation.timezone);
  const { days } = await loadLedgerState(ledger.stores.lake);
  return await withWorkspace(async (workspace) => {
    const { files, ...sums } = await writeFocus(ledger, month, [...days.values()], corrections, workspace);
    return { ...(await publishFocus(ledger.stores.lake, month, files, workspace)), ...sums };
  });
}

/** Writes a month's FOCUS files into a local folder, from its `usage` and `rollups`. */
export async function writeFocus(
  { stores: { lake }, rules: { allocation }, money: { prices } }: FocusLedger,
  month: Month,
  days: readonly DayManifest[],
  corrections: readonly Correction[],
  directory: string,
): Promise<WrittenFocus> {
  const dates = new Set(utcDates(month));
  const ofMonth = days.filter(({ date }) => dates.has(date));
  const borders = [...daysOfMonth(month).map((day) => startOfDay(day, month.timezone)), month.to];
  const files = { csv: join(directory, FOCUS_FILES.csv), parquet: join(directory, FOCUS_FILES.parquet) };
  const rollups = await fetchRollups(lake, ofMonth, directory);
  const usage = await fetchUsage(lake, ofMonth, directory);
  return await withDuckDb({ temporaryDirectory: directory, rows: rowsOfDays(ofMonth, "usage") }, (duck) =>
    withAllocatedSpan(duck, { files: rollups, span: month, settings: allocation, cuts: borders.slice(0, -1) }, async () => {
      const unpriced = await groupCosts(duck, usage, borders, prices);
      await createParts(duck);
      await splitCharges(duck, borders);
      await createFocusTables(duck);
      await fillCharges(duck, { month, borders, corrections });
      return { files, rows: await writeCharges(duck, files), unpriced };
    }),
  );
}

/** Sums up what the requests of each gateway cost. */
async function groupCosts(duck: DuckDBConnection, usage: readonly FetchedUsage[], borders: readonly Date[], prices: PriceSources): Promise<Unpriced> {
  const groups = await CostGroups.create(duck, borders.map((border) => border.getTime()));
  const all: Unpriced = { requests: 0n, inputTokens: 0n, outputTokens: 0n };
  for (const [instance, files] of Map.groupBy(usage, (one) => one.instance)) {
    const { requests, inputTokens, outputTokens } = await groups.add(files.map(({ file }) => file), pricesOf(prices, instance));
    all.requests += requests;
    all.inputTokens += inputTokens;
    all.outputTokens += outputTokens;
  }
  return all;
}

async function publishFocus(lake: ObjectStore, month: Month, files: WrittenFocus["files"], workspace: string): Promise<Pick<FocusExport, "files" | "written">> {
  const keys = { csv: layout.report(month.name, FOCUS_FILES.csv), parquet: layout.report(month.name, FOCUS_FILES.parquet) };
  const written: FocusFormat[] = [];
  for (const format of ["csv", "parquet"] as const) {
    if (await holds(lake, keys[format], files[format], join(workspace, "published"))) continue;
    await publishFile(lake, keys[format], files[format]);
    written.push(format);
  }
  return { files: keys, written };
}

async function holds(lake: ObjectStore, key: string, file: string, copy: string): Promise<boolean> {
  if ((await lake.head(key)) === undefined) return false;
  const { sha256 } = await lake.download(key, copy);
  return sha256 === (await sha256OfFile(file));
}
