import type { Ledger } from "../open/ledger.ts";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Correction } from "./corrections/correction.ts";
import { correctionCharges } from "./focus/other-charges.ts";
import { FocusWriter } from "./focus/write-focus.ts";
import { boundMonth, daysOfMonth, type Month, utcDates } from "../ledger/months.ts";
import { startOfDay } from "../ledger/days.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { nameUsageKey } from "../ledger/usage/usage-key.ts";
import { type DayManifest, rowsOfDays } from "../lake/days/day-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { fetchRollups } from "../lake/days/fetch-rollups.ts";
import { layout } from "../lake/layout.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { publishFile } from "../lake/publish.ts";
import { CostGroups, type Unpriced } from "../prices/sums/cost-groups.ts";
import { pricesOf, type PriceSources } from "../prices/list/price-days.ts";
import { sha256OfFile } from "../storage/file-digest.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { type AllocatedDays, allocateDays } from "./gathering/allocate-days.ts";
import { adjustmentCharges, chargesOfDay, ownerOfCorrection } from "./gathering/focus-charges.ts";

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
  const starts = daysOfMonth(month).map((day) => startOfDay(day, month.timezone));
  const files = { csv: join(directory, FOCUS_FILES.csv), parquet: join(directory, FOCUS_FILES.parquet) };
  return await withDuckDb({ temporaryDirectory: directory, rows: rowsOfDays(ofMonth, "usage") }, async (duck) => {
    const rollups = (await fetchRollups(lake, ofMonth, directory)).map((file, index) => ({ date: ofMonth[index]?.date ?? "", file }));
    const allocated = await allocateDays(duck, rollups, month, allocation);
    const groups = await CostGroups.create(duck, [...starts, month.to].map((start) => start.getTime()));
    const unpriced = await addUsage(groups, ofMonth, { lake, prices, directory });
    const rows = await writeCharges({ duck, groups, allocated, month, corrections }, files);
    return { files, rows, unpriced };
  });
}

/** Keeps one table at a time on the disk. */
async function addUsage(
  groups: CostGroups,
  days: readonly DayManifest[],
  { lake, prices, directory }: { lake: ObjectStore; prices: PriceSources; directory: string },
): Promise<Unpriced> {
  const all: Unpriced = { requests: 0n, inputTokens: 0n, outputTokens: 0n };
  const file = join(directory, "usage.parquet");
  for (const { instance, usage } of days) {
    await downloadWritten(lake, usage, file);
    const { requests, inputTokens, outputTokens } = await groups.add(file, pricesOf(prices, instance));
    all.requests += requests;
    all.inputTokens += inputTokens;
    all.outputTokens += outputTokens;
  }
  return all;
}

interface Charged {
  duck: DuckDBConnection;
  groups: CostGroups;
  allocated: AllocatedDays;
  month: Month;
  corrections: readonly Correction[];
}

async function writeCharges({ duck, groups, allocated: { days, truedUp }, month, corrections }: Charged, files: WrittenFocus["files"]): Promise<number> {
  const writer = await FocusWriter.create(duck, month);
  let index = 0;
  for await (const { from, to, allocated } of days) {
    const ofDay = Map.groupBy(allocated, ({ plan }) => nameUsageKey(plan.usage));
    writer.add(chargesOfDay(ofDay, await groups.read(index), { from, to }));
    index += 1;
  }
  await groups.forget();
  writer.add(adjustmentCharges(truedUp, month));
  writer.add(correctionCharges(corrections, month.timezone, ownerOfCorrection));
  return await writer.finish(files);
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
