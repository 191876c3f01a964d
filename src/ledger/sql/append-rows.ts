import type { DuckDBConnection } from "@duckdb/node-api";

/** A whole number below 2^31 as `number`; any other as `bigint`, for a HUGEINT. */
type Value = string | number | bigint | boolean | null;

/** Appends rows to a table that has a column for each value. */
export async function appendRows(duck: DuckDBConnection, table: string, rows: Iterable<readonly Value[]>): Promise<void> {
  const appender = await duck.createAppender(table);
  try {
    for (const row of rows) {
      for (const value of row) {
        if (value === null) appender.appendNull();
        else if (typeof value === "string") appender.appendVarchar(value);
        else if (typeof value === "number") appender.appendInteger(value);
        else if (typeof value === "bigint") appender.appendHugeInt(value);
        else appender.appendBoolean(value);
      }
      appender.endRow();
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}
