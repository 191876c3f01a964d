import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { COST_NANODOLLARS, sqlInstant } from "../../ledger/sql/sql-values.ts";
import { REQUEST_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import type { QuotaRequest } from "./quota-request.ts";

const row = z.tuple([z.bigint(), z.bigint(), z.string(), z.string(), z.array(z.string()), z.string().nullable(), z.string(), z.string(), z.number(), z.bigint().nullable()]);

/**
 * The requests of local `usage` files before an instant, in the order of `compareRequests`. DuckDB sorts, so that memory does not
 * grow with their number.
 */
export async function* readRequests(duck: DuckDBConnection, files: readonly string[], before: Date): AsyncIterable<QuotaRequest> {
  const result = await duck.stream(`
    SELECT epoch_us(ts), epoch_us(ts) + coalesce(duration_ms, 0)::HUGEINT * 1000, instance, caller, tags, node_id, provider, model_recorded,
      status_code, ${COST_NANODOLLARS}
    FROM ${readParquet(...files)}
    WHERE ts < ${sqlInstant(before)}
    ORDER BY ${REQUEST_COLUMNS.map((name) => `${name} NULLS FIRST`).join(", ")}`);
  for await (const rows of result.yieldRowsJs()) {
    for (const cells of rows) {
      const [at, answeredAt, instance, caller, tags, nodeId, provider, modelRecorded, statusCode, cost] = row.parse(cells);
      yield { at, answeredAt, instance, caller, tags, nodeId, provider, modelRecorded, statusCode, cost };
    }
  }
}
