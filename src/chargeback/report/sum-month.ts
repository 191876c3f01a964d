import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { Month } from "../../ledger/months.ts";
import { readParquet } from "../../ledger/sql/duckdb.ts";
import { BILLINGS, CALLER_TYPES, type CallerType } from "../../ledger/usage/usage-record.ts";
import type { Figures } from "./usage-figures.ts";

export const STATUS_CLASSES = ["ok", "rejected", "denied", "error"] as const;
/** `rejected`: 429. `denied`: 401 and 403. */
export type StatusClass = (typeof STATUS_CLASSES)[number];

/** All requests of the month with this key; there is one row for each key. */
export interface UsageRow extends Figures {
  instance: string;
  caller: string;
  callerType: CallerType;
  /** Sorted; empty for callers without tags. */
  tags: readonly string[];
  provider: string;
  model: string;
  billing: (typeof BILLINGS)[number];
}

export interface MonthSums {
  /** In order of the key; text by its bytes. */
  rows: UsageRow[];
  /** Requests. */
  statuses: Record<StatusClass, bigint>;
  /** Starts of the quarter hours that have usage, in order. */
  slots: Date[];
}

const KEY = "instance, caller, caller_type, tags, provider, model, billing";

/** Sums the month's slots of local `rollups` files, of any number of days and gateways. */
export async function sumMonth(duck: DuckDBConnection, files: readonly string[], month: Month): Promise<MonthSums> {
  if (files.length === 0) return { rows: [], statuses: noStatuses(), slots: [] };
  const from = `${readParquet(...files)}
    WHERE slot >= make_timestamptz(${microseconds(month.from)}) AND slot < make_timestamptz(${microseconds(month.to)})`;
  return { rows: await sumRows(duck, from), statuses: await sumStatuses(duck, from), slots: await listSlots(duck, from) };
}

function microseconds(instant: Date): string {
  return String(BigInt(instant.getTime()) * 1000n);
}

/** One row of the query: counts and nanodollars as `bigint`. */
const summedRow = z
  .object({
    instance: z.string(),
    caller: z.string(),
    caller_type: z.enum(CALLER_TYPES),
    tags: z.array(z.string()),
    provider: z.string(),
    model: z.string(),
    billing: z.enum(BILLINGS),
    requests: z.bigint(),
    input_tokens: z.bigint(),
    output_tokens: z.bigint(),
    cached_tokens: z.bigint(),
    cache_write_tokens: z.bigint(),
    nanodollars: z.bigint().nullable(),
    unpriced_requests: z.bigint(),
  })
  .transform(
    ({ instance, caller, tags, provider, model, billing, requests, ...row }): UsageRow => ({
      instance,
      caller,
      callerType: row.caller_type,
      tags,
      provider,
      model,
      billing,
      requests,
      tokens: {
        input: row.input_tokens,
        output: row.output_tokens,
        cached: row.cached_tokens,
        cacheWrite: row.cache_write_tokens,
      },
      cost: row.nanodollars,
      unpricedRequests: row.unpriced_requests,
    }),
  );

async function sumRows(duck: DuckDBConnection, from: string): Promise<UsageRow[]> {
  const result = await duck.runAndReadAll(`
    SELECT ${KEY}, sum(requests)::HUGEINT AS requests,
      sum(input_tokens)::HUGEINT AS input_tokens, sum(output_tokens)::HUGEINT AS output_tokens,
      sum(cached_tokens)::HUGEINT AS cached_tokens, sum(cache_write_tokens)::HUGEINT AS cache_write_tokens,
      (sum(cost_usd) * 1000000000)::HUGEINT AS nanodollars, sum(unpriced_requests)::HUGEINT AS unpriced_requests
    FROM ${from} GROUP BY ALL ORDER BY ${KEY}`);
  return z.array(summedRow).parse(result.getRowObjectsJS());
}

async function sumStatuses(duck: DuckDBConnection, from: string): Promise<MonthSums["statuses"]> {
  const result = await duck.runAndReadAll(`SELECT status_class, sum(requests)::HUGEINT FROM ${from} GROUP BY ALL`);
  const counted = z.array(z.tuple([z.enum(STATUS_CLASSES), z.bigint()])).parse(result.getRowsJS());
  return { ...noStatuses(), ...Object.fromEntries(counted) };
}

function noStatuses(): MonthSums["statuses"] {
  return { ok: 0n, rejected: 0n, denied: 0n, error: 0n };
}

async function listSlots(duck: DuckDBConnection, from: string): Promise<Date[]> {
  const result = await duck.runAndReadAll(`SELECT DISTINCT epoch_ms(slot) AS slot FROM ${from} ORDER BY slot`);
  return z
    .array(z.tuple([z.bigint()]))
    .parse(result.getRowsJS())
    .map(([slot]) => new Date(Number(slot)));
}
