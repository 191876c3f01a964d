import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { COUNT_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import type { Allocated } from "./allocate.ts";
import { ALLOCATION_AMOUNTS, ALLOCATION_KEYS, type AllocationRow, listRows } from "./allocation-rows.ts";

const COLUMNS = [...ALLOCATION_KEYS, ...ALLOCATION_AMOUNTS];
/** SQL that converts the texts of a row to the types of the columns; other columns stay text. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ["dimensions", "map_from_entries(from_json(dimensions, '[{\"k\": \"VARCHAR\", \"v\": \"VARCHAR\"}]'))"],
  ["share", "share::DECIMAL(18,9)"],
  ["cost_usd", "cost_usd::DECIMAL(18,9)"],
  ...COUNT_COLUMNS.map((name): [string, string] => [name, `${name}::DECIMAL(38,9)`]),
]);

/**
 * Writes the `allocations` table of a month to a local file, with rows in order of their key: equal allocations give equal bytes.
 * Returns the number of rows.
 */
export async function writeAllocations(duck: DuckDBConnection, allocated: readonly Allocated[], to: string): Promise<number> {
  const rows = listRows(allocated);
  await duck.run(`CREATE TEMP TABLE allocated (${COLUMNS.map((name) => `${name} VARCHAR`).join(", ")})`);
  try {
    await stage(duck, rows);
    const order = [...ALLOCATION_KEYS.map((name) => `allocated.${name} NULLS FIRST`), "allocated.cost_usd DESC"];
    await duck.run(`COPY (
      SELECT ${COLUMNS.map((name) => `${MEANINGS.get(name) ?? name} AS ${name}`).join(", ")} FROM allocated ORDER BY ${order.join(", ")}
    ) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd)`);
    return rows.length;
  } finally {
    await duck.run("DROP TABLE allocated");
  }
}

async function stage(duck: DuckDBConnection, rows: readonly AllocationRow[]): Promise<void> {
  const appender = await duck.createAppender("allocated");
  try {
    for (const row of rows) {
      for (const text of row) {
        if (text === null) appender.appendNull();
        else appender.appendVarchar(text);
      }
      appender.endRow();
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}
