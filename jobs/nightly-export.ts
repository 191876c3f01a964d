import pMap from "p-map";
import { buildDay, refreshSummaries } from "../src/lake/build-day.ts";
import type { DayManifest } from "../src/lake/day-manifest.ts";
import { withDuckDb } from "../src/duckdb.ts";
import type { LedgerState } from "../src/lake/ledger-state.ts";
import { isDayFresh, listDays } from "../src/lake/stale.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import type { LedgerContext } from "./ledger-context.ts";
import { type Failure, partlyFailed } from "./partly-failed.ts";

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
  const fresh = await pMap(
    days.filter((day) => !stale.includes(day)),
    (day) => refreshSummaries(day, ledger.lake),
    { concurrency: DAYS_AT_ONCE },
  );
  const failures: Failure[] = [];
  const built = stale.length === 0 ? [] : await buildDays();
  const rest = "The tables of these days are as they were";
  const failed = partlyFailed("day_build_failed", { what: "days were not built", tried: stale.length, rest }, failures);
  if (failed !== undefined) throw failed;
  return {
    built: built.length,
    fresh: fresh.length,
    days: [...fresh.flatMap((manifest) => manifest ?? []), ...built.flatMap((manifest) => manifest ?? [])].sort(byDateAndInstance),
  };

  async function buildDays(): Promise<(DayManifest | undefined)[]> {
    ledger.progress.begin("building days", stale.length);
    return await withWorkspace((workspace) =>
      withDuckDb({ temporaryDirectory: workspace }, (duck) =>
        pMap(
          stale,
          async ({ date, instance, ...day }) => {
            try {
              const manifest = await buildDay({ date, instance, ...day }, { store: ledger.lake, duck, workspace });
              ledger.log.info({ date, instance, totals: manifest?.totals }, "day built");
              return manifest;
            } catch (cause) {
              ledger.log.error({ date, instance, err: cause }, "day not built");
              failures.push({ name: `${date} of ${instance}`, cause });
              return undefined;
            } finally {
              ledger.progress.step();
            }
          },
          { concurrency: DAYS_AT_ONCE },
        ),
      ),
    );
  }
}

function byDateAndInstance(a: DayManifest, b: DayManifest): number {
  return a.date === b.date ? (a.instance < b.instance ? -1 : 1) : a.date < b.date ? -1 : 1;
}
