import type { ObjectEntry } from "../../storage/object-store.ts";
import type { PricingOf } from "./day-pricing.ts";
import { type DayInput, type DayManifest, tablesOf } from "./day-manifest.ts";
import { DAY_BUILD_VERSION } from "./day-tables.ts";
import { layout } from "../layout.ts";
import type { KnownExport, LedgerState } from "../ledger-state.ts";

/**
 * The stale-input rule (design, section 1): a derived thing is stale when its inputs are no longer the ones in its
 * manifest, or when an object that the manifest vouches for is missing. Nothing else decides what a run does.
 */

/** How many rows are read to build a day. */
export function landedRowsOf({ inputs }: Pick<Day, "inputs">): number {
  return inputs.reduce((sum, { landing }) => sum + landing.rows, 0);
}

/** Whether some ingested export of the instance was read from exactly this source object. */
export function findIngested(
  exports: Iterable<KnownExport>,
): (instance: string, url: string, object: ObjectEntry) => KnownExport | undefined {
  const bySource = new Map<string, KnownExport>();
  for (const known of exports) {
    for (const { url, key, etag } of known.sources) bySource.set(sourceId(known.instance, url, key, etag), known);
  }
  return (instance, url, object) => bySource.get(sourceId(instance, url, object.key, object.etag));
}

function sourceId(...parts: [instance: string, url: string, key: string, etag: string]): string {
  return JSON.stringify(parts);
}

/** Why an export in the archive has to be ingested again, or null. */
export type StaleExportReason = "settings_changed" | "erased" | "landing_missing" | "quarantine_missing" | "manifest_missing";

/**
 * @param settings digest under which the export would be ingested now.
 * @param erasures ids of those that name the export.
 */
export function whyExportIsStale(
  known: KnownExport,
  settings: string,
  etags: ReadonlyMap<string, string>,
  erasures: readonly string[] = [],
): StaleExportReason | null {
  if (known.settings !== settings) return "settings_changed";
  if (!erasures.every((id) => known.erasures.includes(id))) return "erased";
  const isThere = ({ key, etag }: { key: string; etag: string }): boolean => etags.get(key) === etag;
  if (!known.landing.every(isThere)) return "landing_missing";
  return known.quarantine === null || isThere(known.quarantine) ? null : "quarantine_missing";
}

/** One day of one gateway, the unit of building. */
export interface Day {
  date: string;
  instance: string;
  /** In order of the landing files' keys; empty when nothing is left of the day. */
  inputs: DayInput[];
  /** Manifest of the tables there are now. */
  built: DayManifest | undefined;
}

/** Every day that has landing files or tables, in order of date and instance. */
export function listDays(state: LedgerState): Day[] {
  const days = new Map<string, Day>();
  const dayOf = (date: string, instance: string): Day => {
    const key = layout.dayManifest(date, instance);
    const day = days.get(key) ?? { date, instance, inputs: [], built: state.days.get(key) };
    days.set(key, day);
    return day;
  };
  for (const { date, instance } of state.days.values()) dayOf(date, instance);
  for (const { instance, landing, ...summary } of state.exports.values()) {
    for (const { date, ...table } of landing) dayOf(date, instance).inputs.push({ export: summary, landing: table });
  }
  for (const day of days.values()) day.inputs.sort((a, b) => (a.landing.key < b.landing.key ? -1 : 1));
  return [...days.keys()].sort().flatMap((key) => days.get(key) ?? []);
}

export function isDayFresh({ date, instance, inputs, built }: Day, etags: ReadonlyMap<string, string>, pricingOf: PricingOf): boolean {
  if (built === undefined || built.build !== DAY_BUILD_VERSION || inputs.length === 0) return false;
  if (built.pricing !== pricingOf(date, instance).digest) return false;
  const tablesThere = tablesOf(built).every(({ key, etag }) => etags.get(key) === etag);
  return tablesThere && inputIds(inputs) === inputIds(built.inputs);
}

/** By their bytes: files that were written again with the same bytes give the same tables. */
function inputIds(inputs: readonly DayInput[]): string {
  return JSON.stringify(inputs.map(({ landing }) => [landing.key, landing.sha256]));
}
