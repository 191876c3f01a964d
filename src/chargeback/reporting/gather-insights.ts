import { join } from "node:path";
import { findLate } from "../insights/find-late.ts";
import { describeTeams } from "../insights/describe-teams.ts";
import { explainChange } from "../insights/explain-change.ts";
import { type Insights, NO_INSIGHTS } from "../insights/insights.ts";
import { NumberedUsages } from "../insights/numbered-usages.ts";
import { rankSessions } from "../insights/rank-sessions.ts";
import { countCountingDoubts, countPartial, readSessionParts } from "../insights/read-sessions.ts";
import { sumItems } from "../insights/sum-items.ts";
import { sumPools } from "../insights/sum-pools.ts";
import { sumTeams } from "../insights/sum-teams.ts";
import { daysOfMonth, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { fetchUsage } from "../../lake/days/fetch-usage.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { allocateDays } from "./allocate-days.ts";
import { saveByCaching } from "./cache-savings.ts";
import { compareMonths } from "./compare-months.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { AllocatedMonth, MonthFigures } from "./read-figures.ts";
import { sumByDay } from "./sum-by-day.ts";
import { readTeamBudgets } from "./team-budgets.ts";

type Gathering = Pick<Ledger, "stores" | "rules" | "money" | "telling">;

/**
 * Gathers what a report says besides who owes what, from the same rollups and allocations. Brings the month before up to date to compare
 * with; a closed one stays as it is.
 */
export async function gatherInsights(ledger: Gathering, { month, state, table }: AllocatedMonth, { exports, allocations }: Pick<MonthFigures, "exports" | "allocations">): Promise<Insights> {
  if (table === null) return NO_INSIGHTS;
  const { stores: { lake }, rules: { allocation } } = ledger;
  const dates = new Set(utcDates(month));
  const manifests = [...state.days.values()].filter(({ date }) => dates.has(date));
  const days = daysOfMonth(month);
  const budgets = await readTeamBudgets(ledger, ledger.rules.budgets(), [...state.days.values()], month);
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
      const { items: now } = await sumItems(duck, local);
      const compared = await compareMonths(duck, ledger, { month, state, now, workspace });
      const dimensions = allocations.byDimension.map(({ name }) => name);
      const parts = { sums: await sumTeams(duck, local, dimensions), byAgent, days: sumsOfDays, sessions, budgets, compared };
      return {
        change: compared && explainChange(compared.month, compared.before, compared.now),
        teams: describeTeams(allocations.byTeam, parts),
        pools: await sumPools(duck, local),
        days: sumsOfDays.all,
        ...(await saveByCaching(duck, fetched, ledger.money.prices, month)),
        topSessions: [...sessions.top],
        late: findLate(exports, month),
        partialRequests,
        countingDoubts,
      };
    });
  });
}
