import { join } from "node:path";
import { withAllocatedSpan } from "./shares/allocate-span.ts";
import { describeSettings } from "./shares/describe-settings.ts";
import { checkTeams } from "./settings/check-teams.ts";
import { writeAllocations } from "./shares/write-allocations.ts";
import { boundMonth, type Month, monthEmpty, monthsOfDate, utcDates } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import type { AllocationManifest } from "../lake/months/allocation-manifest.ts";
import { type DayManifest, rowsOfDays } from "../lake/days/day-manifest.ts";
import { readCloseOf } from "../lake/records/close-record.ts";
import { restoreAllocations } from "../lake/records/closed-files.ts";
import { fetchRollups } from "../lake/days/fetch-rollups.ts";
import { replaceJson } from "../lake/json-object.ts";
import { layout } from "../lake/layout.ts";
import { type AllocationState, inputsOfMonth, isAllocationFresh, isTableThere, loadAllocationState, loadMonthState, noteRestoredTables } from "../lake/months/month-state.ts";
import { keepSnapshots } from "../lake/months/snapshot.ts";
import { withEtag } from "../lake/note-restored.ts";
import { publishFile } from "../lake/publish.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { isStoreUnwritable } from "../storage/refusing-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { formatDollars } from "../ledger/money.ts";
import type { Ledger, Rules } from "../open/ledger.ts";
import { type Failure, partlyFailed } from "../ledger/partly-failed.ts";

type Allocating = Pick<Ledger, "stores" | "rules" | "telling">;

export interface AllocatedMonths {
  /** `YYYY-MM`, in order. */
  allocated: string[];
  fresh: number;
  /** Whether any month is closed. */
  hasCloses: boolean;
}

/**
 * Allocates every stale month: one whose rollups changed, or whose directory or rules changed. A month without usage is removed, a
 * closed one stays. A failure does not prevent other months from being allocated; this throws afterwards.
 */
export async function allocateMonths(ledger: Allocating, days: readonly DayManifest[]): Promise<AllocatedMonths> {
  checkTeams(ledger.rules.allocation);
  const { stale, gone, fresh, state } = await findStaleMonths(ledger, days);
  for (const unreadable of state.unreadable) ledger.telling.log.warn(unreadable, "a manifest of allocations cannot be read: the month is allocated again");
  for (const name of gone) await removeMonth(ledger, name);
  await noteRestoredTables(ledger.stores.lake, state);
  const failures: Failure[] = [];
  const built: AllocationManifest[] = [];
  for (const month of stale) {
    try {
      built.push(await buildMonth(ledger, month, days, state));
    } catch (cause) {
      if (isStoreUnwritable(cause)) throw cause;
      ledger.telling.log.error({ month: month.name, err: cause }, "month not allocated");
      failures.push({ name: month.name, cause });
    }
  }
  await keepSnapshots(ledger.stores.lake, [...fresh, ...built].map((manifest) => ({ manifest, days: daysOf(manifest.month, ledger, days) })));
  const failed = partlyFailed("allocation_failed", { what: "months were not allocated", tried: stale.length, others: "The other months were allocated" }, failures);
  if (failed !== undefined) throw failed;
  return { allocated: stale.map(({ name }) => name), fresh: fresh.length, hasCloses: state.closed.size > 0 };
}

export interface StaleMonths {
  /** In order. */
  stale: Month[];
  /** Names of months that have allocations but no longer any days: the time zone was changed. */
  gone: string[];
  /** In order of month. */
  fresh: AllocationManifest[];
  state: AllocationState;
}

/** The months that would be allocated now, and the months that would be removed. */
export async function findStaleMonths(ledger: Pick<Ledger, "stores" | "rules">, days: readonly DayManifest[]): Promise<StaleMonths> {
  const state = await loadAllocationState(ledger.stores.lake);
  const { timezone } = ledger.rules.allocation;
  const names = [...new Set(days.flatMap(({ date }) => monthsOfDate(date, timezone)))].sort();
  const stale: Month[] = [];
  const fresh: AllocationManifest[] = [];
  for (const name of names) {
    const [month, built] = [boundMonth(name, timezone), state.manifests.get(name)];
    if (built !== undefined && isFresh(ledger.rules, month, days, state)) fresh.push({ ...built, allocations: withEtag(built.allocations, state.restored) });
    else stale.push(month);
  }
  const gone = [...state.manifests.keys()].filter((name) => !names.includes(name) && !state.closed.has(name)).sort();
  return { stale, gone, fresh, state };
}

/** Removes the manifest last: until then, the next run finds the month again. */
async function removeMonth({ stores: { lake }, telling: { log } }: Allocating, name: string): Promise<void> {
  await lake.remove(layout.allocations(name));
  await lake.remove(layout.allocationManifest(name));
  log.info({ month: name }, "allocations removed: the month no longer has usage");
}

/**
 * Brings one month's allocations up to date and returns their location.
 * @param empty what to do for an open month without days: throw `month_empty`, or write a table without rows.
 */
export async function allocateMonth(ledger: Allocating, month: Month, days: readonly DayManifest[], empty: "refuse" | "allow" = "refuse"): Promise<AllocationManifest> {
  checkTeams(ledger.rules.allocation);
  const state = await loadMonthState(ledger.stores.lake, month.name);
  if (empty === "refuse" && !state.closed.has(month.name) && !hasDays(month, days)) throw monthEmpty(month, ledger.stores.lake);
  const known = state.manifests.get(month.name);
  if (known !== undefined && isFresh(ledger.rules, month, days, state)) return known;
  const built = await buildMonth(ledger, month, days, state);
  await keepSnapshots(ledger.stores.lake, [{ manifest: built, days: daysOf(month.name, ledger, days) }], month.name);
  return built;
}

function daysOf(month: string, { rules: { allocation } }: Pick<Allocating, "rules">, days: readonly DayManifest[]): DayManifest[] {
  const dates = new Set(utcDates(boundMonth(month, allocation.timezone)));
  return days.filter(({ date }) => dates.has(date));
}

function hasDays(month: Month, days: readonly DayManifest[]): boolean {
  const dates = new Set(utcDates(month));
  return days.some(({ date }) => dates.has(date));
}

/** Allocates a month; null where the ledger has no day in the month. */
export async function allocateUsedMonth(ledger: Allocating, month: Month, days: readonly DayManifest[]): Promise<AllocationManifest | null> {
  return hasDays(month, days) ? await allocateMonth(ledger, month, days) : null;
}

function isFresh({ allocation }: Rules, month: Month, days: readonly DayManifest[], state: AllocationState): boolean {
  if (state.closed.has(month.name)) return isTableThere(state, month.name);
  const inputs = inputsOfMonth(days, new Set(utcDates(month)));
  return isAllocationFresh(state, month.name, inputs, describeSettings(allocation, month));
}

/** Writes the manifest last: after a crash before that, the month is still stale. */
async function buildMonth({ stores: { lake }, rules: { allocation }, telling: { log } }: Allocating, month: Month, days: readonly DayManifest[], state: AllocationState): Promise<AllocationManifest> {
  if (state.closed.has(month.name)) return await restoreClosed(lake, month);
  const dates = new Set(utcDates(month));
  const inputs = inputsOfMonth(days, dates);
  return await withWorkspace(async (workspace) => {
    const ofMonth = days.filter(({ date }) => dates.has(date));
    const files = await fetchRollups(lake, ofMonth, workspace);
    const table = join(workspace, "allocations.parquet");
    const { rows, cost, direct } = await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(ofMonth, "rollups") }, async (duck) => {
      try {
        return await withAllocatedSpan(duck, { files, span: month, settings: allocation }, async (sums) => ({ ...sums, rows: await writeAllocations(duck, table, sums) }));
      } catch (cause) {
        throw allocationFailed(month, cause);
      }
    });
    const direct_usd = [...direct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([team, owed]): [string, string] => [team, formatDollars(owed)]);
    const manifest: AllocationManifest = {
      format: 1,
      month: month.name,
      inputs,
      settings: describeSettings(allocation, month),
      allocations: { ...(await publishFile(lake, layout.allocations(month.name), table)), rows },
      totals: { cost_usd: formatDollars(cost), direct_usd },
    };
    await replaceJson(lake, layout.allocationManifest(month.name), manifest);
    log.info({ month: month.name, rows, totals: manifest.totals }, "month allocated");
    return manifest;
  });
}

/** A closed month is not allocated again: its table is restored from the files of its close. */
async function restoreClosed(lake: ObjectStore, { name }: Month): Promise<AllocationManifest> {
  return await restoreAllocations(lake, await readCloseOf(lake, name));
}

function allocationFailed({ name }: Month, cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause;
  return new LedgerError("allocation_failed", `${name} could not be allocated: ${messageOf(cause)}`, {
    remedy: "free memory or disk space if that is missing; otherwise report it",
    retryable: true,
    cause,
  });
}
