import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { COST_NANODOLLARS } from "../../ledger/sql/sql-values.ts";
import { ANY_COUNT } from "../../ledger/usage/usage-columns.ts";
import { mapTerms, TERMS, type Terms } from "../../ledger/usage/terms.ts";
import { IS_LIST_VALUE, LIST_VALUES, type ListValueBilling } from "../../ledger/usage/usage-record.ts";
import { BILLED_COUNTS } from "../list/billed-counts.ts";
import type { Rates } from "../list/exact-rates.ts";
import { BILLED, type Billed } from "../list/price-entry.ts";
import { findPriceRows } from "../list/find-price-rows.ts";
import { type Prices, startsWithin } from "../list/price-rows.ts";
import { LIST_NANODOLLARS, PriceTable } from "../list/price-table.ts";
import { countsInForce, declaredCounts } from "../list/provider-counts.ts";
import { findTokenRule } from "../list/token-rules.ts";

/** Billable usage of a quarter of an hour at one list price. */
export interface SlotSums {
  /** Start of the quarter of an hour, in milliseconds since 1970. */
  slot: number;
  instance: string;
  provider: string;
  model: string;
  billing: "metered" | ListValueBilling;
  /** Dialect and service of the price that the gateway recorded: they show which cloud ran the model. */
  apiType: string | null;
  costBasis: string | null;
  terms: Terms;
  requests: bigint;
  /** Requests with tokens but without a price. */
  unpriced: bigint;
  cost: Nanodollars;
  /** Billed counts: no token counts twice. */
  counts: Readonly<Record<Billed, bigint>>;
  /** The list price, where the cost came from it or where it divides the gateway's own estimate; otherwise null. */
  rates: Rates | null;
}

const PRICED = "cost_usd IS NOT NULL";
/** As in FOCUS: a list price is the price if the cost came from it; for a gateway's own estimate it gives the proportions. */
const BY_LIST = `coalesce(CASE cost_source WHEN 'price_list' THEN list_nanodollars = nanodollars
  ELSE list_nanodollars > 0 OR (nanodollars = 0 AND list_nanodollars = 0) END, false)`;

const summed = z.object({
  slot: z.bigint(),
  instance: z.string(),
  provider: z.string(),
  model: z.string(),
  billing: z.enum(["metered", ...LIST_VALUES]),
  api_type: z.string().nullable(),
  cost_basis: z.string().nullable(),
  ...mapTerms(() => z.string().nullable()),
  tier: z.number().nullable(),
  requests: z.bigint(),
  unpriced: z.bigint(),
  cost: z.bigint(),
  count_of_input: z.bigint(),
  count_of_cached: z.bigint(),
  count_of_cache_write_5m: z.bigint(),
  count_of_cache_write_1h: z.bigint(),
  count_of_image_input: z.bigint(),
  count_of_output: z.bigint(),
  count_of_reasoning: z.bigint(),
  count_of_image_output: z.bigint(),
  count_of_web_search: z.bigint(),
});

/** @param rows SQL of one gateway's usage rows, `scope` a text that is unique among concurrent uses; `from` and `to` milliseconds since 1970. */
export async function sumSlots(duck: DuckDBConnection, { rows, scope, from, to }: { rows: string; scope: string; from: number; to: number }, prices: Prices): Promise<SlotSums[]> {
  const rules = await listRules(duck, rows, prices, from, to);
  if (rules.length === 0) return [];
  const table = await PriceTable.create(duck, scope, await findPriceRows(duck, rows, PRICED, prices, from, to));
  const counts = BILLED.map((name) => `(${BILLED_COUNTS[name]})::HUGEINT AS ${countColumn(name)}`);
  try {
    const found = await duck.runAndReadAll(`
      SELECT epoch_ms(time_bucket(INTERVAL '15 minutes', ts))::BIGINT AS slot, instance, provider, model, billing, api_type, cost_basis, ${TERMS.join(", ")},
        CASE WHEN ${BY_LIST} THEN list_tier END AS tier, count(*)::HUGEINT AS requests, count(*) FILTER (WHERE cost_usd IS NULL AND ${ANY_COUNT})::HUGEINT AS unpriced,
        coalesce(sum(nanodollars), 0)::HUGEINT AS cost, ${BILLED.map((name) => `sum(${countColumn(name)})::HUGEINT AS ${countColumn(name)}`).join(", ")}
      FROM (
        SELECT *, ${LIST_NANODOLLARS} AS list_nanodollars, ${counts.join(", ")} FROM (
          SELECT * REPLACE (${FLAGS.map((flag) => `coalesce(${flag}, ${ofRule(flag)}) AS ${flag}`).join(", ")}) FROM (
            SELECT requests.*, ${COST_NANODOLLARS} AS nanodollars, ${FLAGS.map(ofRule).join(", ")}
            FROM ${rows} AS requests JOIN (VALUES ${rules.join(", ")}) AS rule(served_by, dialect, rule_from, rule_to, ${FLAGS.map(ofRule).join(", ")})
              ON provider = served_by AND api_type IS NOT DISTINCT FROM dialect AND epoch_ms(ts) >= rule_from AND epoch_ms(ts) < rule_to
            WHERE billing = 'metered' OR ${IS_LIST_VALUE}) AS counted ${table.joinTo(PRICED)}))
      GROUP BY ALL ORDER BY ALL`);
    return found.getRowObjectsJS().map((row) => describe(summed.parse(row), table));
  } finally {
    await table.forget();
  }
}

function countColumn(name: Billed): string {
  return `count_of_${name}`;
}

const FLAGS = ["cached_in_input", "cache_writes_in_input", "images_in_input", "reasoning_in_output", "images_in_output"];

function ofRule(flag: string): string {
  return `rule_${flag}`;
}

/** The token rule for each provider, dialect and time; for requests without a list price that declares its own. */
async function listRules(duck: DuckDBConnection, rows: string, { counts = [] }: Prices, from: number, to: number): Promise<string[]> {
  const listed = await duck.runAndReadAll(`SELECT DISTINCT provider, api_type FROM ${rows} ORDER BY ALL`);
  const starts = startsWithin(countsInForce(counts, from, to), from);
  return z.array(z.tuple([z.string(), z.string().nullable()])).parse(listed.getRowsJS()).flatMap(([provider, apiType]) =>
    starts.map((start, index) => {
      const rule = findTokenRule({ provider, api_type: apiType }, declaredCounts(counts, provider, start));
      const flags = [rule.cachedInInput, rule.cacheWritesInInput, rule.imagesInInput, rule.reasoningInOutput, rule.imagesInOutput];
      const period = [start, starts[index + 1] ?? to];
      return `(${[sqlText(provider), apiType === null ? "NULL" : sqlText(apiType), ...period.map(String), ...flags.map(String)].join(", ")})`;
    }),
  );
}

function describe({ slot, api_type, cost_basis, service_tier, speed, inference_geo, tier, ...row }: z.infer<typeof summed>, { tiers }: PriceTable): SlotSums {
  const { instance, provider, model, billing, requests, unpriced, cost } = row;
  const counts: Record<Billed, bigint> = {
    input: row.count_of_input,
    cached: row.count_of_cached,
    cache_write_5m: row.count_of_cache_write_5m,
    cache_write_1h: row.count_of_cache_write_1h,
    image_input: row.count_of_image_input,
    output: row.count_of_output,
    reasoning: row.count_of_reasoning,
    image_output: row.count_of_image_output,
    web_search: row.count_of_web_search,
  };
  const rates = tier === null ? null : (tiers[tier - 1]?.rates ?? null);
  return { slot: Number(slot), instance, provider, model, billing, apiType: api_type, costBasis: cost_basis, terms: { service_tier, speed, inference_geo }, requests, unpriced, cost, counts, rates };
}
