import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { Month } from "../../ledger/months.ts";
import { recordOf } from "../../ledger/record-of.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { sqlNanodollars, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { mapReported, REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { STATUS_CLASSES, type StatusClass } from "../../ledger/usage/status-class.ts";
import { plainKeyColumns, type UsageKey } from "../../ledger/usage/usage-key.ts";
import type { Figures } from "./usage-figures.ts";

/** All requests of the month with this key; there is one row for each key. Its tags are sorted. */
export interface UsageRow extends Figures, Omit<UsageKey, "dimensions"> {}

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
    WHERE ${sqlWithin("slot", month)}`;
  return { rows: await sumRows(duck, from), statuses: await sumStatuses(duck, from), slots: await listSlots(duck, from) };
}

/** One row of the query: counts and nanodollars as `bigint`. */
const summedRow = z
  .object({
    ...plainKeyColumns,
    requests: z.bigint(),
    ...recordOf(REPORTED_COLUMNS, ({ name }) => name, () => z.bigint()),
    nanodollars: z.bigint().nullable(),
    unpriced_requests: z.bigint(),
  })
  .transform(
    ({ instance, caller, caller_type, tags, provider, model, billing, requests, ...row }): UsageRow => ({
      instance,
      caller,
      callerType: caller_type,
      tags,
      provider,
      model,
      billing,
      requests,
      tokens: mapReported((_, name) => row[name]),
      cost: row.nanodollars,
      unpricedRequests: row.unpriced_requests,
    }),
  );

async function sumRows(duck: DuckDBConnection, from: string): Promise<UsageRow[]> {
  const result = await duck.runAndReadAll(`
    SELECT ${KEY}, sum(requests)::HUGEINT AS requests,
      ${REPORTED_COLUMNS.map(({ name }) => `sum(${name})::HUGEINT AS ${name}`).join(", ")},
      ${sqlNanodollars("sum(cost_usd)")} AS nanodollars, sum(unpriced_requests)::HUGEINT AS unpriced_requests
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
