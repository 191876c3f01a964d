import { listArchive } from "../archive/copies/list-archive.ts";
import type { HealthSettings } from "../health/conditions/health-settings.ts";
import { readHealthFlags } from "../health/read-health.ts";
import type { HealthKind } from "../ledger/alert-kinds.ts";
import type { PricingOf } from "../lake/days/day-pricing.ts";
import { type LedgerState, loadLedgerState } from "../lake/ledger-state.ts";
import { isDayFresh, listDays } from "../lake/days/stale.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** Figures of one gateway. */
export interface InstanceFigures {
  exports: number;
  damaged: number;
  accepted: number;
  quarantined: number;
  /** Requests of the built days with tokens and no price. */
  unpriced: number;
  daysFresh: number;
  daysStale: number;
  /** Time in the name of the newest export, in milliseconds since 1970. */
  newestExport: number;
  /** US dollars by UTC date, for the days that are built. */
  spend: Map<string, number>;
  /** Undefined if no archive was listed. */
  archiveBytes: number | undefined;
  /** When the newest digest was written, in milliseconds since 1970; undefined if there is none. */
  newestDigest: number | undefined;
  /** Exports that arrived after that. */
  unsealed: number | undefined;
}

export interface LakeFigures {
  instances: Map<string, InstanceFigures>;
  /** The gateways with a condition, by kind of condition; undefined if the health was not checked. */
  health: ReadonlyMap<HealthKind, ReadonlySet<string>> | undefined;
}

/** The settings for reading the health of a lake. */
export interface HealthReading {
  gateways: readonly string[];
  settings: HealthSettings;
}

/** Figures by gateway. Costs one listing per 1,000 objects and one read per day, like a run that finds nothing to do. */
export async function readLakeFigures(
  lake: ObjectStore,
  archive: ObjectStore | undefined,
  pricingOf: PricingOf,
  health: { reading: HealthReading; now: Date } | undefined,
): Promise<LakeFigures> {
  const all = new Map<string, InstanceFigures>();
  const of = (instance: string): InstanceFigures => {
    const figures = all.get(instance) ?? startFigures(archive === undefined ? undefined : 0);
    all.set(instance, figures);
    return figures;
  };
  const state = await loadLedgerState(lake);
  for (const { instance, damaged, records, time } of state.exports.values()) {
    const figures = of(instance);
    figures.exports++;
    if (damaged) figures.damaged++;
    figures.accepted += records.accepted;
    figures.quarantined += records.quarantined;
    figures.newestExport = Math.max(figures.newestExport, Date.parse(time));
  }
  for (const day of listDays(state)) {
    const figures = of(day.instance);
    if (isDayFresh(day, state.etags, pricingOf)) figures.daysFresh++;
    else figures.daysStale++;
    if (day.built === undefined) continue;
    figures.spend.set(day.date, Number(day.built.totals.cost_usd));
    figures.unpriced += day.built.totals.unpriced_requests;
  }
  if (archive !== undefined) await addArchived(archive, of);
  return { instances: all, health: health === undefined ? undefined : await flagHealth(lake, state, health) };
}

async function flagHealth(lake: ObjectStore, { exports, days }: LedgerState, { reading: { gateways, settings }, now }: { reading: HealthReading; now: Date }): Promise<LakeFigures["health"]> {
  return await readHealthFlags(lake, { gateways, exports: [...exports.values()], days: [...days.values()] }, settings, now);
}

function startFigures(archiveBytes: number | undefined): InstanceFigures {
  return {
    exports: 0,
    damaged: 0,
    accepted: 0,
    quarantined: 0,
    unpriced: 0,
    daysFresh: 0,
    daysStale: 0,
    newestExport: Number.NEGATIVE_INFINITY,
    spend: new Map(),
    archiveBytes,
    newestDigest: undefined,
    unsealed: undefined,
  };
}

async function addArchived(archive: ObjectStore, of: (instance: string) => InstanceFigures): Promise<void> {
  for (const [instance, { exports, receipts, digests }] of await listArchive(archive)) {
    const figures = of(instance);
    figures.archiveBytes = [...exports.values()].reduce((bytes, { size }) => bytes + size, 0);
    const newest = digests.at(-1)?.lastModified.getTime();
    figures.newestDigest = newest;
    // By the receipts, which never change; a reduced copy would look new.
    if (newest !== undefined) figures.unsealed = [...receipts.values()].filter(({ lastModified }) => lastModified.getTime() > newest).length;
  }
}
