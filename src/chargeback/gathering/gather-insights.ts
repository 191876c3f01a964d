import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { subMonths } from "date-fns/subMonths";
import { allocateUsedMonth } from "../../allocation/allocate-months.ts";
import { withAllocatedSpan } from "../../allocation/shares/allocate-span.ts";
import { rowsOfDays } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { type FetchedUsage, fetchUsage } from "../../lake/days/fetch-usage.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import { boundMonth, daysOfMonth, type Month, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { startOfDay } from "../../ledger/days.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { sqlWithin } from "../../ledger/sql/sql-values.ts";
import type { Ledger } from "../../open/ledger.ts";
import { pricesOf, type PriceSources } from "../../prices/list/price-days.ts";
import { type CachedModel, sumCacheSavings } from "../../prices/sums/cache-savings.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Reporting } from "../make-report.ts";
import { type Insights, NO_INSIGHTS } from "../report/insights.ts";
import { explainChange, readItems, type TeamItem } from "../sections/change.ts";
import { type ComparedItems, detailTeams, sumTeams } from "../sections/each-team/team-parts.ts";
import { sumPools } from "../sections/pools.ts";
import { countCountingDoubts } from "../sections/quality/counting-doubts.ts";
import { countPartial } from "../sections/quality/data-quality.ts";
import { findLate } from "../sections/quality/feeding-exports.ts";
import { type CacheSaving, rankSavings } from "../sections/savings.ts";
import { sumAgents } from "./sum-agents.ts";
import { rankSessions } from "./rank-sessions.ts";
import { sumDays } from "./sum-days.ts";
import type { AllocatedMonth, MonthFigures } from "./read-figures.ts";
import { readTeamBudgets } from "./team-budgets.ts";

/**
 * Gathers what a report says besides who owes what, from the same rollups and allocations. Brings the month before up to date to compare
 * with; a closed one stays as it is.
 */
export async function gatherInsights(ledger: Reporting, { month, state, table }: AllocatedMonth, { exports, allocations }: Pick<MonthFigures, "exports" | "allocations">): Promise<Insights> {
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
    const files = fetched.map(({ file }) => file);
    return await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(manifests, "usage") }, async (duck) => {
      const cuts = days.map((day) => startOfDay(day, month.timezone));
      const split = await withAllocatedSpan(duck, { files: rollups, span: month, settings: allocation, cuts }, async (allocated) => ({
        byAgent: await sumAgents(duck),
        days: await sumDays(duck, days),
        sessions: await rankSessions(duck, files, month, allocated),
      }));
      const usage = `(SELECT * FROM ${readParquet(...files)} WHERE ${sqlWithin("ts", month)})`;
      const partialRequests = await countPartial(duck, usage);
      const countingDoubts = await countCountingDoubts(duck, usage);
      const { items: now } = await readItems(duck, local);
      const compared = await compareMonths(duck, ledger, { month, state, now, workspace });
      const dimensions = allocations.byDimension.map(({ name }) => name);
      const parts = { sums: await sumTeams(duck, local, dimensions), ...split, budgets, compared };
      return {
        change: compared && explainChange(compared.month, compared.before, compared.now),
        teams: detailTeams(allocations.byTeam, parts),
        pools: await sumPools(duck, local),
        days: split.days.all,
        ...(await saveByCaching(duck, fetched, ledger.money.prices, month)),
        topSessions: [...split.sessions.top],
        late: findLate(exports, month),
        partialRequests,
        countingDoubts,
      };
    });
  });
}

interface Comparing {
  month: Month;
  state: LedgerState;
  /** Items of the month itself. */
  now: readonly TeamItem[];
  /** Existing folder. */
  workspace: string;
}

/** What was owed for each model of each team in the month before; null where the ledger has nothing of it. */
async function compareMonths(
  duck: DuckDBConnection,
  ledger: Pick<Ledger, "stores" | "rules" | "telling">,
  { month: { name, timezone }, state, now, workspace }: Comparing,
): Promise<ComparedItems | null> {
  const before = boundMonth(subMonths(new Date(`${name}-15T12:00:00Z`), 1).toISOString().slice(0, 7), timezone);
  const manifest = await allocateUsedMonth(ledger, before, [...state.days.values()]);
  if (manifest === null) return null;
  const table = join(workspace, "allocations-before.parquet");
  await downloadWritten(ledger.stores.lake, manifest.allocations, table);
  const { rows, items } = await readItems(duck, table);
  return rows === 0 ? null : { month: before.name, before: items, now };
}

/** What prompt caches saved in a month, at today's price list. */
async function saveByCaching(duck: DuckDBConnection, usage: readonly FetchedUsage[], prices: PriceSources, month: Month): Promise<Pick<Insights, "cacheSavings" | "modelsWithoutPrice">> {
  const models: CachedModel[] = [];
  for (const [instance, files] of Map.groupBy(usage, ({ instance: of }) => of)) {
    const rows = { rows: readParquet(...files.map(({ file }) => file)), scope: `caches of ${instance}`, from: month.from.getTime(), to: month.to.getTime() };
    models.push(...(await sumCacheSavings(duck, rows, pricesOf(prices, instance))));
  }
  const priced = models.flatMap((one): CacheSaving[] => (one.saved === null ? [] : [{ ...one, saved: one.saved }]));
  const known = new Set(priced.map(nameModel));
  const without = new Set(models.map(nameModel).filter((one) => !known.has(one)));
  return { cacheSavings: rankSavings(priced), modelsWithoutPrice: without.size };
}

function nameModel({ provider, model }: Pick<CachedModel, "provider" | "model">): string {
  return JSON.stringify([provider, model]);
}
