import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { FetchedUsage } from "../../lake/days/fetch-usage.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import type { Month } from "../../ledger/months.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { sqlWithin } from "../../ledger/sql/sql-values.ts";
import { pricesOf, type PriceSources } from "../../prices/list/price-days.ts";
import { type CachedModel, sumCacheSavings } from "../../prices/sums/cache-savings.ts";
import type { Reporting } from "../make-report.ts";
import { type Insights, NO_INSIGHTS } from "../report/insights.ts";
import { explainChange } from "../sections/change.ts";
import { detailTeams, sumTeams } from "../sections/each-team/team-parts.ts";
import { sumPools } from "../sections/pools.ts";
import { countCountingDoubts } from "../sections/quality/counting-doubts.ts";
import { countPartial } from "../sections/quality/data-quality.ts";
import { findLate } from "../sections/quality/feeding-exports.ts";
import { type CacheSaving, rankSavings } from "../sections/savings.ts";
import { compareMonths } from "./compare-months.ts";
import { sumAgents } from "./sum-agents.ts";
import type { MonthTables } from "./month-tables.ts";
import { rankSessions } from "./rank-sessions.ts";
import { sumDays } from "./sum-days.ts";
import type { AllocatedMonth, MonthFigures } from "./read-figures.ts";
import { readMonthBudgets } from "./month-budgets.ts";

/**
 * Gathers what a report says besides who owes what, from the same rollups and allocations. Brings the month before up to date to compare
 * with; a closed one stays as it is.
 */
export async function gatherInsights(ledger: Reporting, { state, table }: AllocatedMonth, { exports, allocations }: Pick<MonthFigures, "exports" | "allocations">, tables: MonthTables): Promise<Insights> {
  if (table === null) return NO_INSIGHTS;
  const { duck, month, days, usage, workspace } = tables;
  const { byTeam: budgets, company, others } = await readMonthBudgets(ledger, ledger.rules.budgets(), [...state.days.values()], month);
  const local = join(workspace, "allocations.parquet");
  await downloadWritten(ledger.stores.lake, table, local);
  const byAgent = await sumAgents(duck);
  const sumsOfDays = await sumDays(duck, days);
  const sessions = await rankSessions(tables);
  const rows = `(SELECT * FROM ${readParquet(...usage.map(({ file }) => file))} WHERE ${sqlWithin("ts", month)})`;
  const partialRequests = await countPartial(duck, rows);
  const countingDoubts = await countCountingDoubts(duck, rows);
  const { comparison, items: compared } = await compareMonths(ledger, { tables, state, allocations: local });
  const dimensions = allocations.byDimension.map(({ name }) => name);
  const parts = { sums: await sumTeams(duck, local, dimensions), byAgent, days: sumsOfDays, sessions, budgets, compared };
  return {
    comparison,
    change: compared && explainChange(compared, compared.before, compared.now),
    teams: detailTeams(allocations.byTeam, parts),
    budgets: { company, others },
    pools: await sumPools(duck, local),
    days: sumsOfDays.all,
    ...(await saveByCaching(duck, usage, ledger.money.prices, month)),
    topSessions: [...sessions.top],
    late: findLate(exports, month),
    partialRequests,
    countingDoubts,
  };
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
