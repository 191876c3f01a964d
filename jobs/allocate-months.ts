import { join } from "node:path";
import { allocateSpan, describeSettings } from "../src/allocation/allocate-span.ts";
import { writeAllocations } from "../src/allocation/write-allocations.ts";
import { boundMonth, type Month, monthsOfDate, utcDates } from "../src/chargeback/month.ts";
import { withDuckDb } from "../src/duckdb.ts";
import { LedgerError, messageOf } from "../src/errors.ts";
import type { AllocationManifest } from "../src/lake/allocation-manifest.ts";
import type { DayManifest } from "../src/lake/day-manifest.ts";
import { fetchRollups } from "../src/lake/fetch-rollups.ts";
import { replaceJson } from "../src/lake/json-object.ts";
import { layout } from "../src/lake/layout.ts";
import { type AllocationState, inputsOfMonth, isAllocationFresh, loadAllocationState, loadMonthState } from "../src/lake/month-state.ts";
import { publishFile } from "../src/lake/publish.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import { formatDollars } from "../src/money.ts";
import type { LedgerContext } from "./ledger-context.ts";
import type { AllocateMonth } from "./monthly-chargeback.ts";

type Allocating = Pick<LedgerContext, "lake" | "allocation" | "log">;

export interface AllocatedMonths {
  /** `YYYY-MM`, in order. */
  allocated: string[];
  fresh: number;
}

/** Allocates every month that is stale: other rollups, or another directory or other rules in force in it. A closed month stays. */
export async function allocateMonths(ledger: Allocating, days: readonly DayManifest[]): Promise<AllocatedMonths> {
  const { stale, fresh } = await findStaleMonths(ledger, days);
  for (const month of stale) await buildMonth(ledger, month, days);
  return { allocated: stale.map(({ name }) => name), fresh };
}

/** Months of the days that would be allocated now, in order, and how many of the others there are. */
export async function findStaleMonths(ledger: Pick<Allocating, "lake" | "allocation">, days: readonly DayManifest[]): Promise<{ stale: Month[]; fresh: number }> {
  const state = await loadAllocationState(ledger.lake);
  const { timezone } = ledger.allocation;
  const names = [...new Set(days.flatMap(({ date }) => monthsOfDate(date, timezone)))].sort();
  const stale = names.map((name) => boundMonth(name, timezone)).filter((month) => !isFresh(ledger, month, days, state));
  return { stale, fresh: names.length - stale.length };
}

/** Brings one month's allocations up to date and says where they are. */
export async function allocateMonth(ledger: Allocating, month: Month, days: readonly DayManifest[]): Promise<AllocationManifest> {
  const state = await loadMonthState(ledger.lake, month.name);
  const built = state.manifests.get(month.name);
  return built !== undefined && isFresh(ledger, month, days, state) ? built : await buildMonth(ledger, month, days);
}

/** Brings a month up to date for whoever reports on it. */
export function allocateFor(ledger: Allocating): AllocateMonth {
  return async (month, { days }) => (await allocateMonth(ledger, month, [...days.values()])).allocations;
}

function isFresh({ allocation }: Pick<Allocating, "allocation">, month: Month, days: readonly DayManifest[], state: AllocationState): boolean {
  const inputs = inputsOfMonth(days, new Set(utcDates(month)));
  return state.closed.has(month.name) || isAllocationFresh(state, month.name, inputs, describeSettings(allocation, month));
}

/** The manifest goes last: a crash before it leaves the month stale. */
async function buildMonth({ lake, allocation, log }: Allocating, month: Month, days: readonly DayManifest[]): Promise<AllocationManifest> {
  const dates = new Set(utcDates(month));
  const inputs = inputsOfMonth(days, dates);
  return await withWorkspace(async (workspace) => {
    const files = await fetchRollups(lake, days.filter(({ date }) => dates.has(date)), workspace);
    const table = join(workspace, "allocations.parquet");
    const { rows, cost, direct } = await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      try {
        const { allocated, ...sums } = await allocateSpan(duck, files, month, allocation);
        return { rows: await writeAllocations(duck, allocated, table), ...sums };
      } catch (cause) {
        throw allocationFailed(month, cause);
      }
    });
    const direct_usd = Object.fromEntries([...direct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([team, owed]) => [team, formatDollars(owed)]));
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

function allocationFailed({ name }: Month, cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause;
  return new LedgerError("allocation_failed", `${name} could not be allocated: ${messageOf(cause)}`, {
    remedy: "free memory or disk space if that is what is missing, else report it",
    retryable: true,
    cause,
  });
}
