import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlText } from "../duckdb.ts";
import type { Nanodollars } from "../money.ts";
import { TOKEN_TYPES, type TokenType } from "./bill.ts";

export type Counts = Readonly<Record<TokenType, bigint>>;

/** Requests of a quarter of an hour. */
export interface SlotUsage {
  /** Its start, milliseconds since 1970. */
  slot: number;
  instance: string;
  provider: string;
  model: string;
  billing: "metered" | "subscription";
  requests: bigint;
  /** With tokens and no price. */
  unpriced: bigint;
  counts: Counts;
  cost: Nanodollars;
}

/** How requests of a dialect count; columns of a table that the counts' SQL refers to. */
export interface CountingRules {
  /** SQL of each billed count, over the usage table and the flags. */
  counts: Readonly<Record<TokenType, string>>;
  /** By name of the flag. */
  flagsOf: (apiType: string | null) => Readonly<Record<string, boolean>>;
}

const bigint = z.union([z.bigint(), z.number().transform(BigInt)]);
const row = z.object({
  slot: bigint,
  instance: z.string(),
  provider: z.string(),
  model: z.string(),
  billing: z.enum(["metered", "subscription"]),
  requests: bigint,
  unpriced: bigint,
  cost: bigint,
  input: bigint,
  cached: bigint,
  cache_write_5m: bigint,
  cache_write_1h: bigint,
  output: bigint,
  web_search: bigint,
});

/**
 * What a provider could bill, from a table of requests: each token once, under the type it is billed as.
 * @param from SQL of the table
 */
export async function sumUsage(duck: DuckDBConnection, from: string, { counts, flagsOf }: CountingRules): Promise<SlotUsage[]> {
  const listed = await duck.runAndReadAll(`SELECT DISTINCT api_type FROM ${from} ORDER BY api_type`);
  const dialects = z.array(z.tuple([z.string().nullable()])).parse(listed.getRowsJS()).map(([apiType]) => apiType);
  if (dialects.length === 0) return [];
  const flags = Object.keys(flagsOf(null));
  const rules = dialects.map((apiType) => `(${[apiType === null ? "NULL" : sqlText(apiType), ...flags.map((flag) => String(flagsOf(apiType)[flag] ?? false))].join(", ")})`);
  const sums = TOKEN_TYPES.map((type) => `sum((${counts[type]})::HUGEINT)::HUGEINT AS ${type}`);
  const result = await duck.runAndReadAll(`
    SELECT epoch_ms(time_bucket(INTERVAL '15 minutes', ts))::BIGINT AS slot, instance, provider, model, billing,
      count(*) AS requests, coalesce(sum((cost_usd * 1000000000)::HUGEINT), 0)::HUGEINT AS cost,
      count(*) FILTER (WHERE cost_usd IS NULL AND input_tokens + output_tokens + cached_tokens + cache_write_tokens > 0) AS unpriced, ${sums.join(", ")}
    FROM ${from} AS requests JOIN (VALUES ${rules.join(", ")}) AS rule(dialect, ${flags.join(", ")}) ON api_type IS NOT DISTINCT FROM dialect
    WHERE billing IN ('metered', 'subscription') GROUP BY ALL ORDER BY ALL`);
  return z.array(row).parse(result.getRowObjectsJS()).map(({ slot, instance, provider, model, billing, requests, unpriced, cost, ...counted }) => ({ slot: Number(slot), instance, provider, model, billing, requests, unpriced, cost, counts: counted }));
}

export const NO_COUNTS: Counts = { input: 0n, cached: 0n, cache_write_5m: 0n, cache_write_1h: 0n, output: 0n, web_search: 0n };

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    input: a.input + b.input,
    cached: a.cached + b.cached,
    cache_write_5m: a.cache_write_5m + b.cache_write_5m,
    cache_write_1h: a.cache_write_1h + b.cache_write_1h,
    output: a.output + b.output,
    web_search: a.web_search + b.web_search,
  };
}
