import type { DuckDBConnection } from "@duckdb/node-api";
import { DAY_MS } from "../../ledger/durations.ts";
import type { CatalogueTime } from "./catalogue-times.ts";
import { findPriceRows } from "./find-price-rows.ts";
import { pricingByTime, type KeptProviders } from "./gateway-times.ts";
import { CONTRADICTED } from "./billed-counts.ts";
import type { PriceList } from "./price-list.ts";
import type { Prices } from "./price-rows.ts";
import type { ProviderCounts } from "./provider-counts.ts";
import { LIST_NANODOLLARS, PriceTable, UNPRICED } from "./price-table.ts";
import { digestPrices } from "./pricing-digest.ts";

/** Ends the `price_version` of a request that stays unpriced because its counts contradict the token rule. */
const CONTRADICTED_VERSION = ", contradicted";

/** SQL of the landed rows that the list prices: no list prices an unknown count. */
const PRICED_BY_LIST = `${UNPRICED} AND unknown_counts IS NULL`;

/** The price list, and each gateway's own pricing rules. */
export interface PriceSources {
  list: PriceList;
  /** By gateway, in order of time. */
  gateways: ReadonlyMap<string, readonly KeptProviders[]>;
  /** The configured counts of whole providers. */
  counts?: ProviderCounts | undefined;
  /** The gateways' price catalogues, by gateway and in order of time. */
  catalogues?: ReadonlyMap<string, readonly CatalogueTime[]> | undefined;
}

/** SQL with which a query over a day's requests prices, by the list, those that the gateway did not price. */
interface DayPrices {
  join: string;
  carried: string;
  priced: Readonly<Record<string, string>>;
  forget(): Promise<void>;
}

interface DayPricing {
  /** Changes whenever a day would be priced differently. */
  digest: string;
  find(duck: DuckDBConnection, rows: string, scope: string): Promise<DayPrices | undefined>;
}

/** The prices for a gateway's requests. */
export function pricesOf({ list, gateways, counts, catalogues }: PriceSources, instance: string): Prices {
  return { list, gateway: pricingByTime(gateways.get(instance) ?? []), counts, catalogues: catalogues?.get(instance) };
}

/** The pricing of each UTC date (`YYYY-MM-DD`) of each gateway. */
export function dayPricing(sources: PriceSources): (date: string, instance: string) => DayPricing {
  const byInstance = new Map<string, Prices>();
  return (date, instance) => {
    const prices = byInstance.get(instance) ?? pricesOf(sources, instance);
    byInstance.set(instance, prices);
    const from = Date.parse(date);
    const to = from + DAY_MS;
    return {
      digest: digestPrices(prices, from, to),
      find: async (duck, rows, scope) => {
        if (prices.list.length === 0 && (prices.catalogues ?? []).length === 0) return undefined;
        const priced = await findPriceRows(duck, rows, PRICED_BY_LIST, prices, from, to);
        return priced.length === 0 ? undefined : describePrices(await PriceTable.create(duck, scope, priced));
      },
    };
  };
}

function describePrices(table: PriceTable): DayPrices {
  const contradicted = `CASE WHEN list_contradicted THEN ${table.textOf(({ version }) => `${version}${CONTRADICTED_VERSION}`)} END`;
  return {
    join: table.joinTo(PRICED_BY_LIST),
    carried: `list_tier, ${LIST_NANODOLLARS} AS list_nanodollars, list_tier IS NOT NULL AND ${CONTRADICTED} AS list_contradicted`,
    priced: {
      cost_usd: "coalesce(cost_usd, (list_nanodollars * 0.000000001)::DECIMAL(18, 9))",
      cost_source: byList("cost_source", "'price_list'"),
      cost_basis: byList("cost_basis", table.textOf(({ row }) => row.basis)),
      price_version: byList(`coalesce(price_version, ${contradicted})`, table.textOf(({ version }) => version)),
      billing: byList("billing", `coalesce(${table.textOf(({ row }) => row.billing)}, billing::VARCHAR)`),
    },
    forget: () => table.forget(),
  };
}

function byList(column: string, text: string): string {
  return `CASE WHEN list_nanodollars IS NULL THEN ${column}::VARCHAR ELSE ${text} END`;
}
