import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { frozenSettings } from "../../allocation/settings/frozen-settings.ts";
import type { AllocationSettings, PseudonymOf } from "../../allocation/settings/settings.ts";
import { foldErased } from "../corrections/fold-erased.ts";
import { addCorrections, openFigures } from "../corrections/month-figures.ts";
import type { ClosedFile, CloseRecord } from "../../lake/records/close-record.ts";
import { closedFile, downloadClosed, findClosedFile, FROZEN_ALLOCATIONS, FROZEN_CORRECTIONS, FROZEN_COUNTS, FROZEN_PRICES, FROZEN_SETTINGS, readClosed } from "../../lake/records/closed-files.ts";
import type { MonthState } from "../../lake/months/month-inputs.ts";
import { type FrozenPrices, frozenPrices, thawPrices } from "../../prices/list/price-changes.ts";
import type { PriceSources } from "../../prices/list/price-days.ts";
import { compileProviderCounts, type FrozenCounts, frozenCounts } from "../../prices/list/provider-counts.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { subdirectory } from "../../storage/workspace.ts";

/** The settled figures of a closed month: its close, and its corrections that were booked in months that are closed by now. */
export interface KnownState {
  close: CloseRecord;
  /** Inputs and settings of the settled figures. */
  state: MonthState;
  /** The close that recorded those settings: the month's own, or the last that booked corrections of it. */
  last: CloseRecord;
  /** Closes of other months that booked corrections of it, in order. */
  booked: CloseRecord[];
}

/** By month, in order. @param closes in order of month */
export function knownStates(closes: readonly CloseRecord[]): Map<string, KnownState> {
  const known = new Map(closes.map((close): [string, KnownState] => [close.month, { close, state: close, last: close, booked: [] }]));
  for (const close of closes) {
    for (const corrected of close.corrections?.corrected ?? []) {
      const settled = known.get(corrected.month);
      if (settled === undefined) continue;
      known.set(corrected.month, { ...settled, state: corrected, last: close, booked: corrected.rows === 0 ? settled.booked : [...settled.booked, close] });
    }
  }
  return known;
}

/** Where the files of closes are, and who was erased since then. */
export interface Settled {
  lake: ObjectStore;
  pseudonymOf: PseudonymOf | undefined;
}

/** Opens the settled figures of a closed month as a table of that name. Erased callers are under their pseudonyms. */
export async function openKnown({ lake, pseudonymOf }: Settled, duck: DuckDBConnection, table: string, { close, booked }: KnownState, workspace: string): Promise<void> {
  const directory = await subdirectory(workspace);
  const allocations = join(directory, "allocations.parquet");
  await downloadClosed(lake, closedFile(lake, close, FROZEN_ALLOCATIONS), allocations);
  await openFigures(duck, table, allocations);
  for (const [index, other] of booked.entries()) {
    const corrections = join(directory, `corrections-${String(index)}.parquet`);
    await downloadClosed(lake, closedFile(lake, other, FROZEN_CORRECTIONS), corrections);
    await addCorrections(duck, table, corrections, close.month);
  }
  await foldErased(duck, table, pseudonymOf);
}

/** Directory, rules and time zone that the settled figures were made with. */
export async function readKnownSettings(settled: Settled, { last }: KnownState): Promise<AllocationSettings> {
  return await readClosedSettings(settled, last);
}

/** The settings of a given close. */
export async function readClosedSettings({ lake, pseudonymOf }: Settled, close: CloseRecord): Promise<AllocationSettings> {
  const bytes = await readClosed(lake, closedFile(lake, close, FROZEN_SETTINGS));
  return { ...frozenSettings.parse(JSON.parse(Buffer.from(bytes).toString("utf8"))), pseudonymOf };
}

/** The prices a month was closed with. */
export interface KnownPrices {
  list: FrozenPrices;
  /** Undefined for a close from before counts were recorded. */
  counts: FrozenCounts | undefined;
}

export async function readKnownPrices(lake: ObjectStore, { last }: KnownState): Promise<KnownPrices> {
  return await readClosedPrices(lake, last);
}

/** The prices and counts of a given close. */
export async function readClosedPrices(lake: ObjectStore, close: CloseRecord): Promise<KnownPrices> {
  const counts = findClosedFile(close, FROZEN_COUNTS);
  return {
    list: frozenPrices.parse(await readJsonOf(lake, closedFile(lake, close, FROZEN_PRICES))),
    counts: counts === undefined ? undefined : frozenCounts.parse(await readJsonOf(lake, counts)),
  };
}

async function readJsonOf(lake: ObjectStore, file: ClosedFile): Promise<unknown> {
  return JSON.parse(Buffer.from(await readClosed(lake, file)).toString("utf8"));
}

/**
 * The price list and counts of a close, applied by today's rules, so that the effect of newer rules is separate from the effect of newer prices. A
 * close that did not record counts gets today's.
 */
export function pricesOfClose({ list, counts }: KnownPrices, timezone: string, today: PriceSources): PriceSources {
  const countsThen = counts === undefined ? today.counts : compileProviderCounts(counts, timezone);
  return { list: thawPrices(list, timezone), gateways: today.gateways, counts: countsThen, catalogues: today.catalogues };
}
