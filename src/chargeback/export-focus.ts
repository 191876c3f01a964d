import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { FetchedUsage } from "../lake/days/fetch-usage.ts";
import { USAGE_KEY } from "../allocation/shares/usage-tables.ts";
import { layout } from "../lake/layout.ts";
import { publishFile } from "../lake/publish.ts";
import type { Month } from "../ledger/months.ts";
import type { Ledger } from "../open/ledger.ts";
import { pricesOf, type PriceSources } from "../prices/list/price-days.ts";
import { CostGroups, type Unpriced } from "../prices/sums/cost-groups.ts";
import { sha256OfFile } from "../storage/file-digest.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Correction } from "./corrections/correction.ts";
import { sumByTeam } from "./charging/sum-by-team.ts";
import { fillCharges } from "./charging/fill-charges.ts";
import { createParts } from "./charging/split-by-meter.ts";
import { createFocusTables } from "./charging/charge-tables.ts";
import { splitCharges } from "./charging/share-charges.ts";
import { writeCharges } from "./charging/write-charges.ts";
import { FOCUS_FILES, FOCUS_FORMATS, type FocusFormat, type FocusSettings } from "./focus/focus-settings.ts";
import type { MonthTables } from "./gathering/month-tables.ts";

/** By format, in the order of the settings. */
type FocusFiles = Partial<Record<FocusFormat, string>>;

export interface WrittenFocus {
  /** Local paths. */
  files: FocusFiles;
  rows: number;
  /** Requests that are in no row, because a charge needs a cost. */
  unpriced: Unpriced;
}

export interface FocusExport {
  /** Keys in the lake. */
  files: FocusFiles;
  /** Formats that were missing, or had other content. */
  written: FocusFormat[];
  detail: FocusSettings["detail"];
  rows: number;
  unpriced: Unpriced;
}

/** Brings an open month's FOCUS files in the lake up to date; files of formats that are not asked for any more are removed. */
export async function exportFocus({ stores: { lake }, money: { prices }, rules: { report } }: Pick<Ledger, "stores" | "money" | "rules">, tables: MonthTables, corrections: readonly Correction[]): Promise<FocusExport> {
  const { files, ...sums } = await writeFocus(tables, { prices, settings: report.focus }, corrections);
  return { ...(await publishFocus(lake, tables.month, files, tables.workspace)), detail: report.focus.detail, ...sums };
}

/** Writes a month's FOCUS files into the workspace of its tables. */
export async function writeFocus({ duck, month, borders, usage, workspace }: MonthTables, { prices, settings }: { prices: PriceSources; settings: Omit<FocusSettings, "nightly"> }, corrections: readonly Correction[]): Promise<WrittenFocus> {
  const files: FocusFiles = Object.fromEntries(settings.formats.map((format) => [format, join(workspace, FOCUS_FILES[format])]));
  const unpriced = await groupCosts(duck, usage, borders, prices);
  await createParts(duck);
  await splitCharges(duck, borders);
  await createFocusTables(duck);
  await fillCharges(duck, { month, borders, corrections });
  if (settings.detail === "team") await sumByTeam(duck);
  return { files, rows: await writeCharges(duck, files, settings.detail), unpriced };
}

/** Sums up what the requests of each gateway cost. */
async function groupCosts(duck: DuckDBConnection, usage: readonly FetchedUsage[], borders: readonly Date[], prices: PriceSources): Promise<Unpriced> {
  const groups = await CostGroups.create(duck, borders.map((border) => border.getTime()), USAGE_KEY);
  const all: Unpriced = { requests: 0n, inputTokens: 0n, outputTokens: 0n };
  for (const [instance, files] of Map.groupBy(usage, (one) => one.instance)) {
    const { requests, inputTokens, outputTokens } = await groups.add(files.map(({ file }) => file), pricesOf(prices, instance));
    all.requests += requests;
    all.inputTokens += inputTokens;
    all.outputTokens += outputTokens;
  }
  return all;
}

async function publishFocus(lake: ObjectStore, month: Month, files: FocusFiles, workspace: string): Promise<Pick<FocusExport, "files" | "written">> {
  const published: Pick<FocusExport, "files" | "written"> = { files: {}, written: [] };
  for (const format of FOCUS_FORMATS) {
    const [file, key] = [files[format], layout.report(month.name, FOCUS_FILES[format])];
    if (file === undefined) {
      if ((await lake.head(key)) !== undefined) await lake.remove(key);
      continue;
    }
    published.files[format] = key;
    if (await holds(lake, key, file, join(workspace, "published"))) continue;
    await publishFile(lake, key, file);
    published.written.push(format);
  }
  return published;
}

async function holds(lake: ObjectStore, key: string, file: string, copy: string): Promise<boolean> {
  if ((await lake.head(key)) === undefined) return false;
  const { sha256 } = await lake.download(key, copy);
  return sha256 === (await sha256OfFile(file));
}
