import type { PricingOf } from "../lake/day-pricing.ts";
import { ARCHIVE, parseArchiveKey } from "../lake/layout.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { isDayFresh, listDays } from "../lake/stale.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** Of one gateway. */
export interface InstanceFigures {
  exports: number;
  damaged: number;
  accepted: number;
  quarantined: number;
  daysFresh: number;
  daysStale: number;
  /** Time of the last export, by its own account; milliseconds since 1970. */
  newestExport: number;
  /** US dollars by UTC date, of the days whose tables are built. */
  spend: Map<string, number>;
  /** Undefined where no archive was listed. */
  archiveBytes: number | undefined;
}

/** By gateway. One listing per 1,000 objects and one read a day, like a run that finds nothing to do. */
export async function readLakeFigures(
  lake: ObjectStore,
  archive: ObjectStore | undefined,
  pricingOf: PricingOf,
): Promise<Map<string, InstanceFigures>> {
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
    if (day.built !== undefined) figures.spend.set(day.date, Number(day.built.totals.cost_usd));
  }
  if (archive !== undefined) await addArchived(archive, of);
  return all;
}

function startFigures(archiveBytes: number | undefined): InstanceFigures {
  return {
    exports: 0,
    damaged: 0,
    accepted: 0,
    quarantined: 0,
    daysFresh: 0,
    daysStale: 0,
    newestExport: Number.NEGATIVE_INFINITY,
    spend: new Map(),
    archiveBytes,
  };
}

async function addArchived(archive: ObjectStore, of: (instance: string) => InstanceFigures): Promise<void> {
  for await (const { key, size } of archive.list(ARCHIVE)) {
    const parsed = parseArchiveKey(key);
    if (parsed === undefined) continue;
    const figures = of(parsed.instance);
    figures.archiveBytes = (figures.archiveBytes ?? 0) + size;
  }
}
