import pMap from "p-map";
import { refreshSummaries } from "../lake/days/build-day.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import type { LedgerState } from "../lake/ledger-state.ts";
import { type Day, isDayFresh, landedRowsOf, listDays } from "../lake/days/stale.ts";
import { isStoreUnwritable } from "../storage/refusing-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { rebuildDay } from "./rebuild-day.ts";
import type { Ledger } from "../open/ledger.ts";
import type { LedgerError } from "../ledger/errors.ts";
import { type Failure, partlyFailed } from "../ledger/partly-failed.ts";

export interface BuiltDays {
  built: number;
  fresh: number;
  /** Manifests of all current days, in order of date and instance. */
  days: DayManifest[];
}

/** Number of days in progress: one is fetched or published while another is queried. */
const DAYS_AT_ONCE = 2;

/** Rebuilds every stale day and its rollup. A failure does not prevent other days from being built; this throws afterwards. */
export async function buildStaleDays(ledger: Ledger, state: LedgerState): Promise<BuiltDays> {
  const { stale, fresh } = await findStaleDays(ledger, state);
  const failures: Failure[] = [];
  const built = stale.length === 0 ? [] : await buildDays(stale, ledger, failures);
  const what = { what: "days were not built", tried: stale.length, others: "The other days were built", these: "The tables of these days are unchanged" };
  const failed = partlyFailed("day_build_failed", what, failures);
  if (failed !== undefined) throw failed;
  return { built: stale.length, fresh: fresh.length, days: [...fresh, ...built].sort(byDateAndInstance) };
}

/** The days to build, and the manifests of the others, updated with the current facts about their exports. */
export async function findStaleDays(
  { stores: { lake }, money: { pricingOf } }: Pick<Ledger, "stores" | "money">,
  state: LedgerState,
): Promise<{ stale: Day[]; fresh: DayManifest[] }> {
  const days = listDays(state);
  const stale = days.filter((day) => !isDayFresh(day, state.etags, pricingOf));
  const others = days.filter((day) => !stale.includes(day));
  const fresh = await pMap(others, (day) => refreshSummaries(day, lake), { concurrency: DAYS_AT_ONCE });
  return { stale, fresh: fresh.flatMap((manifest) => manifest ?? []) };
}

/** Builds several days at a time in this process; adds errors to `failures`. Throws once the lake cannot be written, after the days in progress have ended. */
async function buildDays(stale: readonly Day[], ledger: Ledger, failures: Failure[]): Promise<DayManifest[]> {
  ledger.telling.progress.begin("building days", stale.length);
  let unwritable: LedgerError | undefined;
  // Where several days are built at once, each has a thread of its own anyway.
  const rows = stale.length < DAYS_AT_ONCE ? Math.max(...stale.map(landedRowsOf)) : 0;
  const built = await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace, rows }, (duck) =>
      pMap(stale, (day) => buildOne(day, { store: ledger.stores.lake, duck, workspace, pricingOf: ledger.money.pricingOf }), { concurrency: DAYS_AT_ONCE }),
    ),
  );
  if (unwritable !== undefined) throw unwritable;
  return built.flatMap((manifest) => manifest ?? []);

  async function buildOne(day: Day, tools: Parameters<typeof rebuildDay>[1]): Promise<DayManifest | undefined> {
    if (unwritable !== undefined) return undefined;
    const { date, instance } = day;
    try {
      const manifest = await rebuildDay(day, tools);
      ledger.telling.log.info({ date, instance, totals: manifest?.totals }, "day built");
      return manifest;
    } catch (cause) {
      if (isStoreUnwritable(cause)) {
        unwritable ??= cause;
        return undefined;
      }
      ledger.telling.log.error({ date, instance, err: cause }, "day not built");
      failures.push({ name: `${date} of ${instance}`, cause });
      return undefined;
    } finally {
      ledger.telling.progress.step();
    }
  }
}

function byDateAndInstance(a: DayManifest, b: DayManifest): number {
  return a.date === b.date ? (a.instance < b.instance ? -1 : 1) : a.date < b.date ? -1 : 1;
}
