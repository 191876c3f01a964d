import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { subdirectory } from "../../storage/workspace.ts";
import { sumAssumedBilling } from "./assumed-billing.ts";
import type { DayPricing, PricingOf } from "./day-pricing.ts";
import type { DayInput, DayManifest } from "./day-manifest.ts";
import { DAY_BUILD_VERSION, totalRollups, writeDayTables } from "./day-tables.ts";
import type { WrittenTable } from "../landing/export-manifest.ts";
import { replaceJson } from "../json-object.ts";
import { layout } from "../layout.ts";
import { publishFile } from "../publish.ts";
import { countIdentifiersUsedAgain } from "./same-request.ts";
import type { Day } from "./stale.ts";
import { writeTools } from "./tools-table.ts";
import { sumUnknownCounts } from "./unknown-counts.ts";

export interface DayBuildTools {
  store: ObjectStore;
  duck: DuckDBConnection;
  /** Existing local folder. */
  workspace: string;
  pricingOf: PricingOf;
}

/**
 * Builds `usage`, `rollups` and `tools` of one day of one gateway from its landing files and commits them with a manifest.
 * A day without landing files is removed; then there is no manifest to return.
 */
export async function buildDay(day: Day, tools: DayBuildTools): Promise<DayManifest | undefined> {
  const { date, instance, inputs } = day;
  if (inputs.length === 0) return await removeDay(day, tools.store);
  const pricing = tools.pricingOf(date, instance);
  const directory = await subdirectory(tools.workspace);
  const files = await fetchInputs(inputs, tools.store, directory);
  const tables = { usage: join(directory, "usage.parquet"), rollups: join(directory, "rollups.parquet"), tools: join(directory, "tools.parquet") };
  const { landing, usageRows, rollupRows, toolRows } = await writeTables(tools.duck, files, tables, pricing).catch((cause: unknown) => {
    throw new LedgerError("day_build_failed", `${date} of ${instance} could not be built: ${messageOf(cause)}`, {
      remedy: "free memory or disk space if that is missing; otherwise report it",
      retryable: true,
      cause,
    });
  });
  const totals = await totalRollups(tools.duck, tables.rollups);
  const usedAgain = await countIdentifiersUsedAgain(tools.duck, tables.usage);
  const assumed = await sumAssumedBilling(tools.duck, landing, tables.usage);
  const unknownCounts = await sumUnknownCounts(tools.duck, landing, tables.usage);

  const usage = await publishTable(tools.store, layout.usage(date, instance), tables.usage, usageRows);
  const rollups = await publishTable(tools.store, layout.rollups(date, instance), tables.rollups, rollupRows);
  const toolTable = toolRows === 0 ? null : await publishTable(tools.store, layout.tools(date, instance), tables.tools, toolRows);
  const landed = inputs.reduce((sum, input) => sum + input.landing.rows, 0);
  const manifest: DayManifest = {
    format: 1,
    date,
    instance,
    build: DAY_BUILD_VERSION,
    pricing: pricing.digest,
    inputs,
    usage,
    rollups,
    tools: toolTable,
    duplicates: landed - usageRows,
    identifiers_used_again: usedAgain,
    assumed_billing: assumed,
    totals,
    unknown_counts: unknownCounts,
  };
  await replaceJson(tools.store, layout.dayManifest(date, instance), manifest);
  if (toolTable === null && hadTools(day)) await tools.store.remove(layout.tools(date, instance));
  return manifest;
}

async function writeTables(duck: DuckDBConnection, files: readonly string[], to: { usage: string; rollups: string; tools: string }, pricing: DayPricing) {
  const written = await writeDayTables(duck, files, to, pricing);
  return { ...written, toolRows: await writeTools(duck, written.landing, to.usage, to.tools) };
}

/**
 * The manifest of a day whose tables are fresh. Its summaries of exports are updated where the exports' own manifests
 * have changed since (seen elsewhere, or read with new settings to the same bytes).
 */
export async function refreshSummaries({ date, instance, inputs, built }: Day, store: ObjectStore): Promise<DayManifest | undefined> {
  if (built === undefined || JSON.stringify(built.inputs) === JSON.stringify(inputs)) return built;
  const manifest = { ...built, inputs };
  await replaceJson(store, layout.dayManifest(date, instance), manifest);
  return manifest;
}

/** Whether the day had a `tools` table. Once the manifest is replaced, no object names that table. */
function hadTools({ built }: Day): boolean {
  return built !== undefined && built.tools !== null;
}

/** Removes the manifest last: until then, the next run finds the day again. */
async function removeDay({ date, instance }: Day, store: ObjectStore): Promise<undefined> {
  await store.remove(layout.usage(date, instance));
  await store.remove(layout.rollups(date, instance));
  await store.remove(layout.tools(date, instance));
  await store.remove(layout.dayManifest(date, instance));
}

/** Local copies of the landing files, verified against their exports' manifests. */
async function fetchInputs(inputs: readonly DayInput[], store: ObjectStore, directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const [index, { landing }] of inputs.entries()) {
    const file = join(directory, `landing-${String(index)}.parquet`);
    // By digest, not by ETag: a concurrent run may have published the same bytes again.
    const { sha256 } = await store.download(landing.key, file);
    if (sha256 !== landing.sha256) {
      throw new LedgerError("object_changed", `${store.url}/${landing.key} differs from its manifest`, {
        remedy: "delete that object: the next run makes it again from the archive",
      });
    }
    files.push(file);
  }
  return files;
}

async function publishTable(store: ObjectStore, key: string, file: string, rows: number): Promise<WrittenTable> {
  return { ...(await publishFile(store, key, file)), rows };
}

