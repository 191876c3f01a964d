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
import { fillCharges } from "./charging/fill-charges.ts";
import { createParts } from "./charging/split-by-meter.ts";
import { createFocusTables } from "./charging/charge-tables.ts";
import { splitCharges } from "./charging/share-charges.ts";
import { writeCharges } from "./charging/write-charges.ts";
import type { MonthTables } from "./gathering/month-tables.ts";

/** Names of the export's files, by format. */
export const FOCUS_FILES = { csv: "focus.csv", parquet: "focus.parquet" } as const;
type FocusFormat = keyof typeof FOCUS_FILES;

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
export async function exportFocus({ stores: { lake }, money: { prices } }: Pick<Ledger, "stores" | "money">, tables: MonthTables, corrections: readonly Correction[]): Promise<FocusExport> {
  const { files, ...sums } = await writeFocus(tables, prices, corrections);
  return { ...(await publishFocus(lake, tables.month, files, tables.workspace)), ...sums };
}

/** Writes a month's FOCUS files into the workspace of its tables. */
export async function writeFocus({ duck, month, borders, usage, workspace }: MonthTables, prices: PriceSources, corrections: readonly Correction[]): Promise<WrittenFocus> {
  const files = { csv: join(workspace, FOCUS_FILES.csv), parquet: join(workspace, FOCUS_FILES.parquet) };
  const unpriced = await groupCosts(duck, usage, borders, prices);
  await createParts(duck);
  await splitCharges(duck, borders);
  await createFocusTables(duck);
  await fillCharges(duck, { month, borders, corrections });
  return { files, rows: await writeCharges(duck, files), unpriced };
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
