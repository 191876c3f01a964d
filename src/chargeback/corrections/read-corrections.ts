import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { dimensionsOfEntries } from "../../ledger/usage/usage-key.ts";
import { CALLER_TYPES, KINDS_OF_MONEY } from "../../ledger/usage/usage-record.ts";
import { type Correction, CORRECTION_CAUSES } from "./correction.ts";

const row = z
  .object({
    corrects: z.string(),
    cause: z.enum(CORRECTION_CAUSES),
    reason: z.string(),
    team: z.string(),
    cost_center: z.string().nullable(),
    caller: z.string(),
    caller_type: z.enum(CALLER_TYPES),
    tag: z.string(),
    dimensions: dimensionsOfEntries,
    instance: z.string(),
    provider: z.string(),
    model: z.string(),
    billing: z.enum(KINDS_OF_MONEY),
    method: z.string(),
    rule: z.string(),
    was: billionths.nullable(),
    is: billionths.nullable(),
    difference: billionths,
    requests: billionths,
  })
  .transform(
    ({ cost_center, caller_type, ...read }): Correction => ({
      ...read,
      costCenter: cost_center,
      callerType: caller_type,
    }),
  );

/** Reads a local `corrections` file, in its order: by month, cause and key. */
export async function readCorrections(duck: DuckDBConnection, file: string): Promise<Correction[]> {
  const result = await duck.runAndReadAll(`
    SELECT corrects, cause, reason, team, cost_center, caller, caller_type, tag, map_entries(dimensions) AS dimensions, instance, provider,
      model, billing, method, rule, was_usd::VARCHAR AS was, is_usd::VARCHAR AS is, difference_usd::VARCHAR AS difference, requests::VARCHAR AS requests
    FROM ${readParquet(file)}`);
  return z.array(row).parse(result.getRowObjectsJS());
}
