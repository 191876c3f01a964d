import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { subMonths } from "date-fns/subMonths";
import { allocateUsedMonth } from "../../allocation/allocate-months.ts";
import { rowsOfDays } from "../../lake/days/day-manifest.ts";
import { fetchRollups } from "../../lake/days/fetch-rollups.ts";
import { type FetchedUsage, fetchUsage } from "../../lake/days/fetch-usage.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import { boundMonth, daysOfMonth, type Month, utcDates } from "../../ledger/months.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import type { Ledger } from "../../open/ledger.ts";
import { pricesOf, type PriceSources } from "../../prices/list/price-days.ts";
import { type CachedModel, sumCacheSavings } from "../../prices/sums/cache-savings.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import type { Reporting } from "../make-report.ts";
import { type Insights, NO_INSIGHTS } from "../report/insights.ts";
import { readAgents, RunningAgents } from "../sections/agents.ts";
import { explainChange, readItems, type TeamItem } from "../sections/change.ts";
import { type DaySums, RunningDays } from "../sections/days.ts";
import { type ComparedItems, detailTeams, sumTeams, type TeamParts } from "../sections/each-team/team-parts.ts";
import { sumPools } from "../sections/pools.ts";
import { countCountingDoubts } from "../sections/quality/counting-doubts.ts";
import { countPartial } from "../sections/quality/data-quality.ts";
import { findLate } from "../sections/quality/feeding-exports.ts";
import { type CacheSaving, rankSavings } from "../sections/savings.ts";
import { rankSessions, readSessionParts } from "../sections/sessions.ts";
import { NumberedUsages } from "../usages/numbered-usages.ts";
import { SharedUsages } from "../usages/shared-usages.ts";
import { allocateDays, type AllocatedDays } from "./allocate-days.ts";
import { Adjusters, listTrueUps, payOfDay } from "./pay-by-day.ts";
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
    return await withDuckDb({ temporaryDirectory: workspace, rows: rowsOfDays(manifests, "usage") }, async (duck) => {
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
        ...(await saveByCaching(duck, fetched, ledger.money.prices, month)),
        topSessions: [...sessions.top],
        late: findLate(exports, month),
        partialRequests,
        countingDoubts,
      };
    });
  });
}

interface SummedDays {
  byAgent: TeamParts["byAgent"];
  sumsOfDays: DaySums;
  /** Who pays for what, by number of the usage. */
  shared: SharedUsages;
}

/** Sums up a month with one day at a time in memory. */
async function sumByDay(duck: DuckDBConnection, usages: NumberedUsages, { days: allocatedDays, truedUp }: AllocatedDays, days: readonly string[]): Promise<SummedDays> {
  const [sumsOfDays, agents, shared, adjusters] = [new RunningDays(days), new RunningAgents(listTrueUps(truedUp)), new SharedUsages(), new Adjusters()];
  for await (const allocated of allocatedDays) {
    const paid = payOfDay(allocated, adjusters);
    const names = await usages.namesOf(allocated.day);
    sumsOfDays.add(paid);
    agents.add(paid, await readAgents(duck, usages, { ...allocated, names }));
    for (const [id, name] of names) {
      const usage = paid.get(name);
      if (usage !== undefined) shared.add(id, usage);
    }
  }
  return { byAgent: agents.finish(), sumsOfDays, shared };
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
