import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlNanodollars } from "../../ledger/sql/sql-values.ts";
import type { CountingDoubts } from "../report/counting-quality.ts";
import type { NumberedUsages } from "./numbered-usages.ts";
import type { SessionPart } from "./rank-sessions.ts";

const sessionRow = z.tuple([z.string(), z.string(), z.number(), z.string().nullable(), z.bigint(), z.bigint(), z.bigint(), z.bigint()]);

/**
 * What sessions used, by local `usage` files: the parts of a session one after the other, whatever there is of them never in
 * memory at once.
 */
export async function* readSessionParts(duck: DuckDBConnection, usages: NumberedUsages, files: readonly string[]): AsyncGenerator<SessionPart<number>> {
  const result = await duck.stream(`
    SELECT instance, session_id, usage_id, min(agent), epoch_us(min(ts)) AS first_us, epoch_us(max(ts)) AS last_us, count(*)::BIGINT AS requests,
      coalesce(${sqlNanodollars("sum(cost_usd::DECIMAL(38,9))")}, 0) AS cost
    FROM ${usages.rowsOf(files, "ts")} WHERE session_id <> ''
    GROUP BY instance, session_id, usage_id ORDER BY instance, session_id, usage_id`);
  for await (const rows of result.yieldRowsJs()) {
    for (const row of rows) {
      const [instance, session, id, agent, first, last, requests, cost] = sessionRow.parse(row);
      const [from, to] = [first, last].map((micros) => new Date(Number(micros / 1000n)));
      if (from !== undefined && to !== undefined) yield { instance, session, usage: id, agent, from, to, requests, cost };
    }
  }
}

/** Requests whose counts are read on an assumption, or contradict how they would be read. @see `price_version` in docs/tables.md */
export async function countCountingDoubts(duck: DuckDBConnection, usages: NumberedUsages, files: readonly string[]): Promise<CountingDoubts> {
  const result = await duck.runAndReadAll(`SELECT count(*) FILTER (cost_source = 'price_list' AND contains(price_version, '; counts: assumed'))::BIGINT AS assumed,
    count(*) FILTER (cost_usd IS NULL AND ends_with(price_version, ', contradicted'))::BIGINT AS contradicted FROM ${usages.rowsOf(files, "ts")}`);
  return z.object({ assumed: z.bigint(), contradicted: z.bigint() }).parse(result.getRowObjectsJS()[0]);
}

/** Requests whose answer broke off. */
export async function countPartial(duck: DuckDBConnection, usages: NumberedUsages, files: readonly string[]): Promise<bigint> {
  const result = await duck.runAndReadAll(`SELECT count(*)::BIGINT FROM ${usages.rowsOf(files, "ts")} WHERE partial`);
  return z.bigint().parse(result.getRowsJS()[0]?.[0]);
}
