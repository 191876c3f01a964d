import type { DuckDBConnection } from "@duckdb/node-api";
import { readCatalogues } from "./catalogue-times.ts";
import { listPriceRows, type PriceRow, type Prices } from "./price-rows.ts";
import { listModels } from "./price-table.ts";

/** The price rows of the models of those rows that `which` selects (SQL), from `from` on and before `to` (milliseconds since 1970). */
export async function findPriceRows(duck: DuckDBConnection, rows: string, which: string, prices: Prices, from: number, to: number): Promise<PriceRow[]> {
  const models = await listModels(duck, rows, which);
  return models.length === 0 ? [] : listPriceRows(models, prices, from, to, await readCatalogues(prices.catalogues ?? [], from, to));
}
