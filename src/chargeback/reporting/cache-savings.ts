import type { DuckDBConnection } from "@duckdb/node-api";
import type { CacheSaving, Insights } from "../insights/insights.ts";
import { rankSavings } from "../insights/rank-savings.ts";
import type { Month } from "../../ledger/months.ts";
import { readParquet } from "../../ledger/sql/duckdb.ts";
import type { FetchedUsage } from "../../lake/days/fetch-usage.ts";
import { type CachedModel, sumCacheSavings } from "../../prices/sums/cache-savings.ts";
import { pricesOf, type PriceSources } from "../../prices/list/price-days.ts";

/** What prompt caches saved in a month, by the price list as it is now. */
export async function saveByCaching(duck: DuckDBConnection, usage: readonly FetchedUsage[], prices: PriceSources, month: Month): Promise<Pick<Insights, "cacheSavings" | "modelsWithoutPrice">> {
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
