import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { LedgerError } from "../../src/errors.ts";
import type { PricingOf } from "../../src/lake/day-pricing.ts";
import { writeRollups, writeUsage } from "../../src/lake/day-tables.ts";
import type { DayManifest } from "../../src/lake/day-manifest.ts";
import { fetchRollups } from "../../src/lake/fetch-rollups.ts";
import type { MonthInput } from "../../src/lake/month-inputs.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { subdirectory } from "../../src/storage/workspace.ts";

/** Names of exports that are in the days and were not when the inputs were written down, in order. */
export function newExports(days: readonly DayManifest[], inputs: readonly MonthInput[]): string[] {
  const known = landingsOf(inputs);
  const names = days.flatMap((day) => day.inputs.filter(({ landing }) => !known.has(landing.key)).map(({ export: { name } }) => name));
  return [...new Set(names)].sort();
}

/** Whether the exports that were written down are still landed to the same bytes. */
export function areSameLandings(days: readonly DayManifest[], inputs: readonly MonthInput[]): boolean {
  const now = new Map(days.flatMap((day) => day.inputs.map(({ landing: { key, sha256 } }): [string, string] => [key, sha256])));
  return inputs.every((input) => input.exports.every(({ landing, sha256 }) => now.get(landing) === sha256));
}

/**
 * Local rollups of days as they would be now without the exports that came since the inputs were written down: a day that has such
 * exports is built from the landing files of the others, with today's prices, as every day is.
 */
export async function rollupsOfKnown(
  { lake, pricingOf }: { lake: ObjectStore; pricingOf: PricingOf },
  duck: DuckDBConnection,
  days: readonly DayManifest[],
  inputs: readonly MonthInput[],
  workspace: string,
): Promise<string[]> {
  const known = landingsOf(inputs);
  const isNew = (day: DayManifest): boolean => day.inputs.some(({ landing }) => !known.has(landing.key));
  const files = await fetchRollups(lake, days.filter((day) => !isNew(day)), await subdirectory(workspace));
  for (const day of days.filter(isNew)) {
    const landing = await fetchLanding(lake, day, known, await subdirectory(workspace));
    if (landing.length === 0) continue;
    const directory = await subdirectory(workspace);
    const [usage, rollups] = [join(directory, "usage.parquet"), join(directory, "rollups.parquet")];
    await writeUsage(duck, landing, usage, pricingOf(day.date, day.instance));
    await writeRollups(duck, usage, rollups, landing);
    files.push(rollups);
  }
  return files;
}

function landingsOf(inputs: readonly MonthInput[]): Set<string> {
  return new Set(inputs.flatMap((input) => input.exports.map(({ landing }) => landing)));
}

async function fetchLanding(lake: ObjectStore, day: DayManifest, known: ReadonlySet<string>, directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const [index, { landing }] of day.inputs.filter((input) => known.has(input.landing.key)).entries()) {
    const file = join(directory, `landing-${String(index)}.parquet`);
    if ((await lake.download(landing.key, file)).sha256 !== landing.sha256) {
      throw new LedgerError("object_changed", `${lake.url}/${landing.key} is not what its manifest describes`, {
        remedy: "run once more: the day is built anew first",
        retryable: true,
      });
    }
    files.push(file);
  }
  return files;
}
