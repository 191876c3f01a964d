import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { recordOf } from "../../ledger/record-of.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { mapReported, REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { KINDS_OF_MONEY } from "../../ledger/usage/usage-record.ts";
import { type AllocationLine, type AllocationSums, type DimensionParts, summariseAllocations } from "./summarise-allocations.ts";

const KEY = "team, cost_center, caller, tag, provider, model, billing, method, rule";

/** SQL that sums the amounts of a part, as text: the exact digits of a decimal. */
export const SUMS = ["requests", "unpriced_requests", ...REPORTED_COLUMNS.map(({ name }) => name), "cost_usd"]
  .map((column) => `sum(${column})::DECIMAL(38,9)::VARCHAR AS ${column}`)
  .join(", ");

export const summedPart = z.object({
  billing: z.enum(KINDS_OF_MONEY),
  method: z.string(),
  requests: billionths,
  unpriced_requests: billionths,
  ...recordOf(REPORTED_COLUMNS, ({ name }) => name, () => billionths),
  cost_usd: billionths.nullable(),
});

const summedRow = summedPart.extend({
  team: z.string(),
  cost_center: z.string().nullable(),
  caller: z.string(),
  tag: z.string(),
  provider: z.string(),
  model: z.string(),
  rule: z.string(),
});

const dimensionPart = summedPart.extend({ value: z.string().nullable() });

/**
 * Sums a local `allocations` file of a month by team, by tag and by dimension.
 * @param dimensions names to sum by even if they do not occur; dimensions that occur are added
 */
export async function sumAllocations(duck: DuckDBConnection, file: string, dimensions: readonly string[]): Promise<AllocationSums> {
  const from = readParquet(file);
  const names = new Set([...dimensions, ...(await listDimensions(duck, from))]);
  const parts: DimensionParts[] = [];
  for (const name of names) parts.push({ name, parts: await sumDimension(duck, from, name) });
  return summariseAllocations(await sumRows(duck, from), parts);
}

async function listDimensions(duck: DuckDBConnection, from: string): Promise<string[]> {
  const result = await duck.runAndReadAll(`SELECT DISTINCT unnest(map_keys(dimensions)) AS name FROM ${from} ORDER BY name`);
  return z.array(z.tuple([z.string()])).parse(result.getRowsJS()).map(([name]) => name);
}

async function sumRows(duck: DuckDBConnection, from: string): Promise<AllocationLine[]> {
  const result = await duck.runAndReadAll(`SELECT ${KEY}, ${SUMS} FROM ${from} GROUP BY ALL ORDER BY ${KEY}`);
  return z
    .array(summedRow)
    .parse(result.getRowObjectsJS())
    .map(({ team, cost_center, caller, tag, provider, model, rule, ...part }) => ({
      team,
      costCenter: cost_center,
      caller,
      tag,
      provider,
      model,
      rule,
      ...toPart(part),
    }));
}

async function sumDimension(duck: DuckDBConnection, from: string, name: string): Promise<DimensionParts["parts"]> {
  const result = await duck.runAndReadAll(
    `SELECT map_extract_value(dimensions, $name) AS value, billing, method, ${SUMS} FROM ${from} GROUP BY ALL ORDER BY value, billing, method`,
    { name },
  );
  return z
    .array(dimensionPart)
    .parse(result.getRowObjectsJS())
    .map(({ value, ...part }) => ({ value, ...toPart(part) }));
}

type Part = Pick<AllocationLine, "billing" | "method" | "requests" | "unpricedRequests" | "tokens" | "cost">;

export function toPart({ billing, method, requests, cost_usd, ...sums }: z.infer<typeof summedPart>): Part {
  return {
    billing,
    method,
    requests,
    unpricedRequests: sums.unpriced_requests,
    tokens: mapReported((_, name) => sums[name]),
    cost: cost_usd,
  };
}
