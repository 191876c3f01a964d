import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { FetchedUsage } from "../../lake/days/fetch-usage.ts";
import { downloadWritten } from "../../lake/download-written.ts";
import { readInvoices } from "../../lake/records/kept-invoices.ts";
import type { Month } from "../../ledger/months.ts";
import { readUsage } from "../../ledger/usage/older-files.ts";
import { sqlWithin } from "../../ledger/sql/sql-values.ts";
import type { Budget } from "../../limits/budgets/budget.ts";
import { isOfCallers } from "../../limits/budgets/scope.ts";
import { pricesOf, type PriceSources } from "../../prices/list/price-days.ts";
import { type CachedModel, sumCacheSavings } from "../../prices/sums/cache-savings.ts";
import type { Reporting } from "../make-report.ts";
import { sumOwed } from "../report/allocation-figures.ts";
import type { ComparedCrowds } from "../hiding/driver-crowds.ts";
import { findDrivers } from "../report/drivers.ts";
import { type Insights, NO_INSIGHTS } from "../report/insights.ts";
import { explainChange } from "../sections/change.ts";
import { sumCharges } from "../sections/charges.ts";
import { detailTeams, sumTeams } from "../sections/each-team/team-parts.ts";
import { sumInvoices } from "../sections/invoices.ts";
import { sumPools } from "../sections/pools.ts";
import { countCountingDoubts } from "../sections/quality/counting-doubts.ts";
import { countPartial } from "../sections/quality/data-quality.ts";
import { findLate } from "../sections/quality/feeding-exports.ts";
import { type CacheSaving, rankSavings } from "../sections/savings.ts";
import { compareMonths } from "./compare-months.ts";
import { sumAgents } from "./sum-agents.ts";
import type { MonthTables } from "./month-tables.ts";
import { rankSessions } from "./rank-sessions.ts";
import { sumTrend } from "./sum-trend.ts";
import { sumDays } from "./sum-days.ts";
import type { AllocatedMonth, MonthFigures } from "./read-figures.ts";
import { readMonthBudgets } from "./month-budgets.ts";

/**
 * Gathers what a report says besides who owes what, from the same rollups and allocations. Brings the month before up to date for the comparison; a
 * closed month is left unchanged. @returns `crowds`: the people behind the compared figures, where people are hidden
 */
export async function gatherInsights(ledger: Reporting, { state, table }: AllocatedMonth, { exports, allocations }: Pick<MonthFigures, "exports" | "allocations">, tables: MonthTables): Promise<{ insights: Insights; crowds: ComparedCrowds | null }> {
  if (table === null) return { insights: NO_INSIGHTS, crowds: null };
  const { duck, month, days, usage, workspace, allocation } = tables;
  const { byTeam: budgets, company, others } = await readMonthBudgets(ledger, shownBudgets(ledger), [...state.days.values()], month);
  const local = join(workspace, "allocations.parquet");
  await downloadWritten(ledger.stores.lake, table, local);
  const byAgent = await sumAgents(duck);
  const sumsOfDays = await sumDays(duck, days);
  const sessions = await rankSessions(tables);
  const rows = `(SELECT * FROM ${readUsage(...usage.map(({ file }) => file))} WHERE ${sqlWithin("ts", month)})`;
  const partialRequests = await countPartial(duck, rows);
  const countingDoubts = await countCountingDoubts(duck, rows);
  const invoices = await sumInvoices(duck, local, await readInvoices(ledger.stores.lake, month.name), allocation.charges.filter(({ covered }) => covered !== 0n).map(({ charge }) => charge.name));
  const dimensions = allocations.byDimension.map(({ name }) => name);
  const { comparison, items: compared, crowds } = await compareMonths({ ledger, tables, state, allocations: local, dimensions });
  const change = compared && explainChange(compared, compared.before, compared.now);
  const parts = { sums: await sumTeams(duck, local, dimensions), byAgent, days: sumsOfDays, sessions, budgets, compared };
  const insights: Insights = {
    comparison,
    change,
    drivers: compared === null || change === null ? [] : findDrivers(compared.drivers.before, compared.drivers.now, change.now - change.before),
    trend: await sumTrend(ledger.stores.lake, duck, month, sumOwed(allocations.total).cost ?? 0n, workspace),
    teams: detailTeams(allocations.byTeam, parts),
    budgets: { company, others },
    pools: await sumPools(duck, local),
    ...(allocation.charges.length === 0 ? {} : { charges: await sumCharges(duck, local, allocation.charges) }),
    ...(invoices.length === 0 ? {} : { invoices }),
    days: sumsOfDays.all,
    ...(await saveByCaching(duck, usage, ledger.money.prices, month)),
    topSessions: [...sessions.top],
    late: findLate(exports, month),
    partialRequests,
    countingDoubts,
  };
  return { insights, crowds };
}

/** Leaves out budgets of callers where people are hidden, since such a budget shows what one person spent. */
function shownBudgets({ rules }: Reporting): readonly Budget[] {
  const all = rules.budgets();
  return rules.report.privacy === undefined ? all : all.filter(({ scope }) => !isOfCallers(scope));
}

/** What prompt caches saved in a month, at today's price list. */
async function saveByCaching(duck: DuckDBConnection, usage: readonly FetchedUsage[], prices: PriceSources, month: Month): Promise<Pick<Insights, "cacheSavings" | "modelsWithoutPrice">> {
  const models: CachedModel[] = [];
  for (const [instance, files] of Map.groupBy(usage, ({ instance: of }) => of)) {
    const rows = { rows: readUsage(...files.map(({ file }) => file)), scope: `caches of ${instance}`, from: month.from.getTime(), to: month.to.getTime() };
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
