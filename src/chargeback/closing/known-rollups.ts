import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { LedgerError } from "../../ledger/errors.ts";
import type { PricingOf } from "../../lake/days/day-pricing.ts";
import { writeDayTables } from "../../lake/days/day-tables.ts";
import type { DayInput, DayManifest } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { stemOfLanding } from "../../lake/layout.ts";
import type { MonthInput } from "../../lake/months/month-inputs.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { subdirectory } from "../../storage/workspace.ts";

/** Recognises the exports of the inputs. An export that was read again is still the same export, even if its records moved to other dates. */
export function knownExports(inputs: readonly MonthInput[]): (day: Pick<DayManifest, "instance">, input: DayInput) => boolean {
  const known = new Set(inputs.flatMap(({ date, instance, exports }) => exports.map(({ landing }) => idOf(instance, stemOfLanding(landing, date, instance)))));
  return ({ instance }, input) => known.has(idOf(instance, input.export.stem));
}

function idOf(instance: string, stem: string): string {
  return JSON.stringify([instance, stem]);
}

/** Names of exports that arrived after the inputs were recorded, in order. */
export function newExports(days: readonly DayManifest[], inputs: readonly MonthInput[]): string[] {
  const isKnown = knownExports(inputs);
  const names = days.flatMap((day) => day.inputs.filter((input) => !isKnown(day, input)).map(({ export: { name } }) => name));
  return [...new Set(names)].sort();
}

/** Whether the landing files of the recorded exports still have the same bytes. */
export function areSameLandings(days: readonly DayManifest[], inputs: readonly MonthInput[]): boolean {
  const now = new Map(days.flatMap((day) => day.inputs.map(({ landing: { key, sha256 } }): [string, string] => [key, sha256])));
  return inputs.every((input) => input.exports.every(({ landing, sha256 }) => now.get(landing) === sha256));
}

/**
 * Local rollups of days as they would be now without the exports that arrived after the inputs were recorded. A day that has such exports, or
 * needs prices other than today's, is built from the landing files of the recorded exports, in the usual way.
 * @param pricingOf the prices to build with; `today` are the prices the days were built with
 */
export async function rollupsOfKnown(
  { lake, pricingOf, today }: { lake: ObjectStore; pricingOf: PricingOf; today: PricingOf },
  duck: DuckDBConnection,
  days: readonly DayManifest[],
  inputs: readonly MonthInput[],
  workspace: string,
): Promise<string[]> {
  const isKnown = knownExports(inputs);
  const isOther = (day: DayManifest): boolean =>
    day.inputs.some((input) => !isKnown(day, input)) || pricingOf(day.date, day.instance).digest !== today(day.date, day.instance).digest;
  const files = await fetchRollups(lake, days.filter((day) => !isOther(day)), await subdirectory(workspace));
  for (const day of days.filter(isOther)) {
    const landing = await fetchLanding(lake, day.inputs.filter((input) => isKnown(day, input)), await subdirectory(workspace));
    if (landing.length === 0) continue;
    const directory = await subdirectory(workspace);
    const tables = { usage: join(directory, "usage.parquet"), rollups: join(directory, "rollups.parquet") };
    await writeDayTables(duck, landing, tables, pricingOf(day.date, day.instance));
    files.push(tables.rollups);
  }
  return files;
}

/** Local copies of landing files, verified. */
export async function fetchLanding(lake: ObjectStore, inputs: readonly DayInput[], directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const [index, { landing }] of inputs.entries()) {
    const file = join(directory, `landing-${String(index)}.parquet`);
    if ((await lake.download(landing.key, file)).sha256 !== landing.sha256) {
      throw new LedgerError("object_changed", `${lake.url}/${landing.key} is not what its manifest describes`, {
        remedy: "run again: the day is rebuilt first",
        retryable: true,
      });
    }
    files.push(file);
  }
  return files;
}
