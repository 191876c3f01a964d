import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { FetchedUsage } from "../lake/days/fetch-usage.ts";
import type { AllocationSettings } from "../allocation/settings/settings.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "../allocation/shares/span-tables.ts";
import { trueUpsOf } from "../allocation/shares/true-ups.ts";
import { USAGE_KEY } from "../allocation/shares/usage-tables.ts";
import type { Ledger } from "../open/ledger.ts";
import { pricesOf, type PriceSources } from "../prices/list/price-days.ts";
import { CostGroups, type Unpriced } from "../prices/sums/cost-groups.ts";
import { sumAlike, sumByTeam } from "./charging/sum-by-team.ts";
import { fillCharges } from "./charging/fill-charges.ts";
import { createParts } from "./charging/split-by-meter.ts";
import { createFocusTables } from "./charging/charge-tables.ts";
import { splitCharges } from "./charging/share-charges.ts";
import { writeCharges } from "./charging/write-charges.ts";
import { billedModels } from "./focus/invoice-lines.ts";
import { hideCharges, hideNamesOfCharges } from "./hiding/hide-charges.ts";
import type { ChargebackReport } from "./report/report.ts";
import { FOCUS_FILES, type FocusFormat, type FocusSettings, isFrom } from "./focus/focus-settings.ts";
import type { MonthTables } from "./gathering/month-tables.ts";
import { type FocusFiles, publishFocus } from "./gathering/publish-focus.ts";

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
  version: FocusSettings["version"];
  detail: FocusSettings["detail"];
  rows: number;
  unpriced: Unpriced;
}

/** Brings an open month's FOCUS files in the lake up to date; files of formats that are no longer configured are removed. */
export async function exportFocus({ stores: { lake }, money: { prices }, rules: { report: { focus: settings }, allocation } }: Pick<Ledger, "stores" | "money" | "rules">, tables: MonthTables, made: ChargedReport): Promise<FocusExport> {
  const { files, ...sums } = await writeFocus(tables, { prices, settings, allocation }, made);
  return { ...(await publishFocus(lake, tables.month, files, tables.workspace)), version: settings.version, detail: settings.detail, ...sums };
}

/** The configuration of a month's FOCUS files. */
interface FocusRules {
  prices: PriceSources;
  settings: Omit<FocusSettings, "nightly">;
  /** The month's true-ups among these are the bills that its charges are on. */
  allocation: Pick<AllocationSettings, "trueUps" | "timezone">;
}

/** The parts of a report that its charges need. */
type ChargedReport = Pick<ChargebackReport, "corrections" | "hiding">;

/** Writes a month's FOCUS files into the workspace of its tables. */
export async function writeFocus({ duck, month, days, borders, usage, workspace, allocation: { charges } }: MonthTables, { prices, settings, allocation }: FocusRules, { corrections, hiding }: ChargedReport): Promise<WrittenFocus> {
  const files: FocusFiles = Object.fromEntries(settings.formats.map((format) => [format, join(workspace, FOCUS_FILES[format])]));
  const unpriced = await groupCosts(duck, usage, borders, prices);
  await createParts(duck);
  await splitCharges(duck, borders);
  const namesSplits = isFrom(settings.version, "1.3");
  await createFocusTables(duck, { billed: isFrom(settings.version, "1.4") ? billedModels(trueUpsOf(allocation, month)) : [], namesBase: namesSplits });
  const adjusted = hiding === undefined ? `${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id)` : await hideCharges(duck, { days, hiding });
  await fillCharges(duck, { month, borders, corrections, purchases: charges.map(({ charge }) => charge), adjusted, namesRatio: namesSplits });
  if (hiding !== undefined) await hideNamesOfCharges(duck, hiding);
  if (settings.detail === "team") await sumByTeam(duck);
  else if (hiding !== undefined) await sumAlike(duck);
  return { files, rows: await writeCharges(duck, files, settings), unpriced };
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
