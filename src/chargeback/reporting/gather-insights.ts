import { join } from "node:path";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { fetchUsage } from "../../lake/days/fetch-usage.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { daysOfMonth, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import type { LedgerContext } from "../../open/ledger-context.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { type Insights, NO_INSIGHTS } from "../report/insights.ts";
import { explainChange, readItems } from "../sections/change.ts";
import { detailTeams, sumTeams } from "../sections/each-team/team-parts.ts";
import { sumPools } from "../sections/pools.ts";
import { countCountingDoubts } from "../sections/quality/counting-doubts.ts";
import { countPartial } from "../sections/quality/data-quality.ts";
import { findLate } from "../sections/quality/feeding-exports.ts";
import { rankSessions, readSessionParts } from "../sections/sessions.ts";
import { NumberedUsages } from "../usages/numbered-usages.ts";
import { allocateDays } from "./allocate-days.ts";
import { compareMonths } from "./compare-months.ts";
import type { AllocatedMonth, MonthFigures } from "./read-figures.ts";
import { saveByCaching } from "./read-savings.ts";
import { sumByDay } from "./sum-by-day.ts";
import { readTeamBudgets } from "./team-budgets.ts";

type Gathering = Pick<LedgerContext, "lake" | "allocation" | "budgets" | "prices" | "log">;

/**
 * Gathers what a report says besides who owes what, from the same rollups and allocations. Brings the month before up to date to compare
 * with; a closed one stays as it is.
 */
export async function gatherInsights(ledger: Gathering, { month, state, table }: AllocatedMonth, { exports, allocations }: Pick<MonthFigures, "exports" | "allocations">): Promise<Insights> {
  if (table === null) return NO_INSIGHTS;
  const { lake, allocation } = ledger;
  const dates = new Set(utcDates(month));
  const manifests = [...state.days.values()].filter(({ date }) => dates.has(date));
  const days = daysOfMonth(month);
  const budgets = await readTeamBudgets(ledger, ledger.budgets(), [...state.days.values()], month);
  return await withWorkspace(async (workspace) => {
    const rollups = await fetchRollups(lake, manifests, workspace);
    const fetched = await fetchUsage(lake, manifests, workspace);
    const local = join(workspace, "allocations.parquet");
    await downloadWritten(lake, table, local);
    return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const usages = await NumberedUsages.create(duck, rollups, month, days);
      const dated = rollups.map((file, index) => ({ date: manifests[index]?.date ?? "", file }));
      const { byAgent, sumsOfDays, shared } = await sumByDay(duck, usages, await allocateDays(duck, dated, month, allocation), days);
      const files = fetched.map(({ file }) => file);
      const sessions = await rankSessions(readSessionParts(duck, usages, files), shared);
      const partialRequests = await countPartial(duck, usages, files);
      const countingDoubts = await countCountingDoubts(duck, usages, files);
      await usages.forget();
      const { items: now } = await readItems(duck, local);
      const compared = await compareMonths(duck, ledger, { month, state, now, workspace });
      const dimensions = allocations.byDimension.map(({ name }) => name);
      const parts = { sums: await sumTeams(duck, local, dimensions), byAgent, days: sumsOfDays, sessions, budgets, compared };
      return {
        change: compared && explainChange(compared.month, compared.before, compared.now),
        teams: detailTeams(allocations.byTeam, parts),
        pools: await sumPools(duck, local),
        days: sumsOfDays.all,
        ...(await saveByCaching(duck, fetched, ledger.prices, month)),
        topSessions: [...sessions.top],
        late: findLate(exports, month),
        partialRequests,
        countingDoubts,
      };
    });
  });
}
