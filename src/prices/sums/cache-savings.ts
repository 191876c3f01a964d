import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { divideRounding, type Nanodollars } from "../../ledger/money.ts";
import { sqlWithin } from "../../ledger/sql/sql-values.ts";
import { BILLINGS, type Billing } from "../../ledger/usage/usage-record.ts";
import { BILLED_COUNTS } from "../list/billed-counts.ts";
import { findPriceRows } from "../list/find-price-rows.ts";
import type { Prices } from "../list/price-rows.ts";
import { PriceTable, type TierOfRow } from "../list/price-table.ts";

/** The savings of a prompt cache for a model's requests. */
export interface CachedModel {
  provider: string;
  model: string;
  billing: Billing;
  cachedTokens: bigint;
  /**
   * The cost of the cached and cache-written tokens as ordinary input, minus their actual cost. Negative where writing to the cache cost
   * more than it saved. Null where the list has no price for any of the requests.
   */
  saved: Nanodollars | null;
}

const CACHING = `(${BILLED_COUNTS.cached} > 0 OR ${BILLED_COUNTS.cache_write_5m} > 0 OR ${BILLED_COUNTS.cache_write_1h} > 0)`;
const KINDS = ["cached", "cache_write_5m", "cache_write_1h"] as const;
/** From 1e-18 dollars per million tokens, times tokens, to nanodollars. */
const UNITS = 10n ** 15n;

const summed = z.tuple([z.string(), z.string(), z.enum(BILLINGS), z.number().nullable(), z.bigint(), z.bigint(), z.bigint()]);

/**
 * Calculates with list prices, independent of the gateway's estimates: each request with the entry and tier in force at its time.
 * Requests without a list price are left out. In order of provider, model and billing.
 * @param rows SQL of one gateway's usage rows; `from` and `to` milliseconds since 1970.
 * @param scope a text that is unique among concurrent uses.
 */
export async function sumCacheSavings(
  duck: DuckDBConnection,
  { rows, scope, from, to }: { rows: string; scope: string; from: number; to: number },
  prices: Prices,
): Promise<CachedModel[]> {
  const table = await PriceTable.create(duck, scope, await findPriceRows(duck, rows, CACHING, prices, from, to));
  const result = await duck.runAndReadAll(`
    SELECT provider, model, billing, list_tier, ${KINDS.map((kind) => `sum(${BILLED_COUNTS[kind]})::HUGEINT`).join(", ")}
    FROM ${rows} ${table.joinTo(CACHING)}
    WHERE ${CACHING} AND ${sqlWithin("ts", { from, to })}
    GROUP BY provider, model, billing, list_tier ORDER BY provider, model, billing, list_tier`);
  await table.forget();
  const models = new Map<string, { of: CachedModel; saved: bigint | null }>();
  for (const row of result.getRowsJS()) {
    const [provider, model, billing, tier, ...tokens] = summed.parse(row);
    const name = JSON.stringify([provider, model, billing]);
    const known = models.get(name) ?? { of: { provider, model, billing, cachedTokens: 0n, saved: null }, saved: null };
    models.set(name, known);
    const found = tier === null ? undefined : table.tiers[tier - 1];
    if (found === undefined) continue;
    known.of.cachedTokens += tokens[0];
    known.saved = (known.saved ?? 0n) + savedAt(found, tokens);
  }
  return [...models.values()].map(({ of, saved }) => ({ ...of, saved: saved === null ? null : divideRounding(saved, UNITS) }));
}

function savedAt({ rates }: TierOfRow, tokens: readonly bigint[]): bigint {
  const ordinary = rates.get("input") ?? 0n;
  return KINDS.reduce((sum, kind, index) => sum + (tokens[index] ?? 0n) * (ordinary - (rates.get(kind) ?? ordinary)), 0n);
}
