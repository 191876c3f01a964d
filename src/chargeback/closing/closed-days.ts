import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { DayInput, DayManifest } from "../../lake/days/day-manifest.ts";
import type { PricingOf } from "../../lake/days/day-pricing.ts";
import { writeRollups, writeUsage } from "../../lake/days/day-tables.ts";
import { readLandedDay } from "../../lake/days/landed-day.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { WrittenObject } from "../../lake/landing/export-manifest.ts";
import type { ClosedFile, CloseRecord } from "../../lake/records/close-record.ts";
import { downloadClosed, findClosedFile, frozenUsage } from "../../lake/records/closed-files.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { dayPricing, type PriceSources } from "../../prices/list/price-days.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { fetchLanding, knownExports } from "./known-rollups.ts";
import { pricesOfClose, readClosedPrices } from "./known-states.ts";

/**
 * The requests of one day of one gateway in a closed month. `kept`: the close has the table among its files. `same`: the close has no such file, but
 * the lake's table still has the bytes that the close recorded. `rebuilt`: the lake's table has changed, and the day is rebuilt from the exports
 * that the close knew. `lost`: some of these exports no longer exist.
 */
export type ClosedDay = { date: string; instance: string } & (
  | { from: "kept"; file: ClosedFile }
  | { from: "same"; usage: Pick<WrittenObject, "key" | "sha256"> }
  | { from: "rebuilt"; inputs: readonly DayInput[] }
  | { from: "lost" }
);

/** The days of a closed month, ordered by date and gateway. @param manifests of the days as they are now */
export function listClosedDays(close: CloseRecord, manifests: readonly DayManifest[]): ClosedDay[] {
  const now = new Map(manifests.map((day) => [`${day.date} ${day.instance}`, day]));
  const isKnown = knownExports(close.inputs);
  return close.inputs.map(({ date, instance, usage, exports }): ClosedDay => {
    const file = findClosedFile(close, frozenUsage(date, instance));
    if (file !== undefined) return { date, instance, from: "kept", file };
    const day = now.get(`${date} ${instance}`);
    if (day?.usage.sha256 === usage) return { date, instance, from: "same", usage: day.usage };
    const inputs = day?.inputs.filter((input) => isKnown(day, input)) ?? [];
    return inputs.length < exports.length ? { date, instance, from: "lost" } : { date, instance, from: "rebuilt", inputs };
  });
}

/** Everything needed to rebuild days. */
export interface ClosedPlace {
  lake: ObjectStore;
  /** The prices of the close. */
  prices: PriceSources;
  pricingOf: PricingOf;
}

/** @param today prices as they are now, for prices that the close did not keep */
export async function openClosedPlace(lake: ObjectStore, close: CloseRecord, today: PriceSources): Promise<ClosedPlace> {
  const prices = pricesOfClose(await readClosedPrices(lake, close), close.timezone, today);
  return { lake, prices, pricingOf: dayPricing(prices) };
}

/** Writes the `usage` table of a day to a local file. */
export async function fetchClosedDay({ lake, pricingOf }: ClosedPlace, day: Exclude<ClosedDay, { from: "lost" }>, to: string): Promise<void> {
  switch (day.from) {
    case "kept":
      return await downloadClosed(lake, day.file, to);
    case "same":
      return await downloadWritten(lake, day.usage, to);
    case "rebuilt":
      return await withWorkspace((workspace) =>
        withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
          const landing = await readLandedDay(duck, await fetchLanding(lake, day.inputs, workspace));
          await writeUsage(duck, landing, to, pricingOf(day.date, day.instance));
        }));
    default:
      return day satisfies never;
  }
}

/** The days of a closed month whose records are available, and those whose records are not. */
export function parseClosedDays(days: readonly ClosedDay[]): { had: Exclude<ClosedDay, { from: "lost" }>[]; lost: ClosedDay[] } {
  return { had: days.filter((day) => day.from !== "lost"), lost: days.filter((day) => day.from === "lost") };
}

/** Local `usage` files of the days, in the same order. @param directory existing folder */
export async function fetchClosedDays(place: ClosedPlace, days: readonly Exclude<ClosedDay, { from: "lost" }>[], directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const [index, day] of days.entries()) {
    const file = join(directory, `closed-usage-${String(index)}.parquet`);
    await fetchClosedDay(place, day, file);
    files.push(file);
  }
  return files;
}

/**
 * Local rollups of local `usage` files, in the same order, for calculations with costs only: requests with nothing but unknown counts are not
 * counted as unpriced. @param directory existing folder
 */
export async function rollUpUsage(duck: DuckDBConnection, files: readonly string[], directory: string): Promise<string[]> {
  const rollups: string[] = [];
  for (const [index, file] of files.entries()) {
    const to = join(directory, `closed-rollups-${String(index)}.parquet`);
    await writeRollups(duck, file, to, { files: [], hasUnknownCounts: false });
    rollups.push(to);
  }
  return rollups;
}

/** The days of a closed month, if all rollups in the lake are still those of the close, so that none has to be rebuilt. */
export function findSameRollups(close: CloseRecord, manifests: readonly DayManifest[]): DayManifest[] | undefined {
  const now = new Map(manifests.map((day) => [`${day.date} ${day.instance}`, day]));
  const same = close.inputs.flatMap(({ date, instance, rollups }) => {
    const day = now.get(`${date} ${instance}`);
    return day?.rollups.sha256 === rollups ? [day] : [];
  });
  return same.length === close.inputs.length ? same : undefined;
}
