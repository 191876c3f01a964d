import pMap from "p-map";
import { buildDay } from "../src/lake/build-day.ts";
import type { DayManifest } from "../src/lake/day-manifest.ts";
import { withDuckDb } from "../src/duckdb.ts";
import type { LedgerState } from "../src/lake/ledger-state.ts";
import { isDayFresh, listDays } from "../src/lake/stale.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import type { LedgerContext } from "./ledger-context.ts";

export interface NightlyExport {
  built: number;
  fresh: number;
  /** Manifests of all days there are now, in order of date and instance. */
  days: DayManifest[];
}

/** Fetching and publishing of one day overlap with the queries of another. */
const DAYS_AT_ONCE = 3;

/** Rebuilds every stale day and its rollup. A day that fails keeps no other from being built; then this throws. */
export async function nightlyExport(ledger: LedgerContext, state: LedgerState): Promise<NightlyExport> {
  const days = listDays(state);
  const stale = days.filter((day) => !isDayFresh(day, state.etags));
  const fresh = days.flatMap((day) => (day.built !== undefined && !stale.includes(day) ? [day.built] : []));
  const built = stale.length === 0 ? [] : await buildDays();
  return {
    built: built.length,
    fresh: fresh.length,
    days: [...fresh, ...built.flatMap((manifest) => manifest ?? [])].sort(byDateAndInstance),
  };

  async function buildDays(): Promise<(DayManifest | undefined)[]> {
    ledger.progress.begin("building days", stale.length);
    return await withWorkspace((workspace) =>
      withDuckDb({ temporaryDirectory: workspace }, (duck) =>
        pMap(
          stale,
          async (day) => {
            const manifest = await buildDay(day, { store: ledger.lake, duck, workspace });
            ledger.log.info({ date: day.date, instance: day.instance, totals: manifest?.totals }, "day built");
            ledger.progress.step();
            return manifest;
          },
          { concurrency: DAYS_AT_ONCE, stopOnError: false },
        ),
      ),
    ).catch((error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    });
  }
}

function byDateAndInstance(a: DayManifest, b: DayManifest): number {
  return a.date === b.date ? (a.instance < b.instance ? -1 : 1) : a.date < b.date ? -1 : 1;
}
