import { join } from "node:path";
import { findLate } from "../insights/find-late.ts";
import { describeTeams } from "../insights/describe-teams.ts";
import { explainChange } from "../insights/explain-change.ts";
import type { Insights } from "../insights/insights.ts";
import { NumberedUsages } from "../insights/numbered-usages.ts";
import { rankSessions } from "../insights/rank-sessions.ts";
import { countCountingDoubts, countPartial, readSessionParts } from "../insights/read-sessions.ts";
import { sumItems } from "../insights/sum-items.ts";
import { sumPools } from "../insights/sum-pools.ts";
import { sumTeams } from "../insights/sum-teams.ts";
import type { FeedingExport } from "../report/data-quality.ts";
import { daysOfMonth, type Month, utcDates } from "../../ledger/months.ts";
import type { AllocationSums } from "../report/summarise-allocations.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { fetchUsage } from "../../lake/days/fetch-usage.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { allocateDays } from "./allocate-days.ts";
import { allocateFor } from "../../allocation/allocate-months.ts";
import { saveByCaching } from "./cache-savings.ts";
import { compareMonths } from "./compare-months.ts";
import type { LedgerContext } from "../../open/ledger-context.ts";
import { sumByDay } from "./sum-by-day.ts";
import { readTeamBudgets } from "./team-budgets.ts";

/** A month's allocations: where they are in the lake, and their sums. */
interface MonthAllocations {
  key: string;
  sha256: string;
  sums: AllocationSums;
}

/** Finds out what a month's report says besides who owes what. */
export type GatherInsights = (month: Month, state: LedgerState, exports: readonly FeedingExport[], allocations: MonthAllocations) => Promise<Insights>;

type Gathering = Pick<LedgerContext, "lake" | "allocation" | "budgets" | "prices" | "log">;

/**
 * Gathers from the same rollups and allocations that the report is made of. The month before is brought up to date for it; a
 * closed one stays as it is.
 */
export function insightsFor(ledger: Gathering): GatherInsights {
  const { lake, allocation } = ledger;
  return async (month, state, exports, allocations) => {
    const dates = new Set(utcDates(month));
    const manifests = [...state.days.values()].filter(({ date }) => dates.has(date));
    const days = daysOfMonth(month);
    const budgets = await readTeamBudgets(ledger, ledger.budgets(), [...state.days.values()], month);
    return await withWorkspace(async (workspace) => {
      const rollups = await fetchRollups(lake, manifests, workspace);
      const usage = await fetchUsage(lake, manifests, workspace);
      const table = join(workspace, "allocations.parquet");
      await downloadWritten(lake, allocations, table);
      return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
        const usages = await NumberedUsages.create(duck, rollups, month, days);
        const dated = rollups.map((file, index) => ({ date: manifests[index]?.date ?? "", file }));
        const { byAgent, sumsOfDays, shared } = await sumByDay(duck, usages, await allocateDays(duck, dated, month, allocation), days);
        const files = usage.map(({ file }) => file);
        const sessions = await rankSessions(readSessionParts(duck, usages, files), shared);
        const partialRequests = await countPartial(duck, usages, files);
        const countingDoubts = await countCountingDoubts(duck, usages, files);
        await usages.forget();
        const { items: now } = await sumItems(duck, table);
        const compared = await compareMonths(duck, { lake, allocate: allocateFor(ledger), workspace }, month, state, now);
        const dimensions = allocations.sums.byDimension.map(({ name }) => name);
        const parts = { sums: await sumTeams(duck, table, dimensions), byAgent, days: sumsOfDays, sessions, budgets, compared };
        return {
          change: compared && explainChange(compared.month, compared.before, compared.now),
          teams: describeTeams(allocations.sums.byTeam, parts),
          pools: await sumPools(duck, table),
          days: sumsOfDays.all,
          ...(await saveByCaching(duck, usage, ledger.prices, month)),
          topSessions: [...sessions.top],
          late: findLate(exports, month),
          partialRequests,
          countingDoubts,
        };
      });
    });
  };
}
