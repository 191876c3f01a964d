import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import type { LandedDay } from "./landed-day.ts";
import { rowsWithFact, sameRow } from "./landed-facts.ts";
import { PARQUET } from "./parquet-options.ts";

/** Columns of the `tools` table, in order: who called which tool how often on a day. Names only: what a tool was called with never leaves the reader. */
export const TOOLS_COLUMNS = [
  { name: "day", type: "date" },
  { name: "instance", type: "text" },
  { name: "caller", type: "text" },
  { name: "agent", type: "text" },
  { name: "server", type: "text" },
  { name: "tool", type: "text" },
  { name: "calls", type: "bigint" },
] as const;

const KEYS = TOOLS_COLUMNS.map(({ name }) => name).filter((name) => name !== "calls");

/**
 * Writes the `tools` table of one day from its landing files: the calls of each request of the day's local `usage` table, each once. Resolves to the
 * number of rows; 0 where no request called a tool, and then no file is written.
 */
export async function writeTools(duck: DuckDBConnection, { files, hasTools }: Pick<LandedDay, "files" | "hasTools">, usage: string, to: string): Promise<number> {
  if (!hasTools) return 0;
  const copied = await duck.runAndReadAll(`COPY (
    SELECT day, instance, caller, agent, server, tool, sum(calls)::BIGINT AS calls FROM (
      SELECT (ts AT TIME ZONE 'UTC')::DATE AS day, instance, caller, agent, one->>0 AS server, one->>1 AS tool, (one->>2)::BIGINT AS calls FROM (
        SELECT landed.ts, instance, landed.caller, agent, unnest(tools::JSON[]) AS one
        FROM ${rowsWithFact(files, "tools", ["instance", "agent"])} AS landed SEMI JOIN ${readParquet(usage)} AS usage ON ${sameRow("usage", "landed")}
      )
    ) GROUP BY ALL ORDER BY ${KEYS.map((key) => `${key} NULLS FIRST`).join(", ")}
  ) TO ${sqlText(to)} (${PARQUET})`);
  return Number(copied.value(0, 0));
}
