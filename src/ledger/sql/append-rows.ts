import type { DuckDBConnection } from "@duckdb/node-api";

/** A whole number below 2^31 as `number`; any other as `bigint`, for a HUGEINT. */
type Value = string | number | bigint | boolean | null;

/** Appends rows to a table that has a column for each value. */
export async function appendRows(duck: DuckDBConnection, table: string, rows: Iterable<readonly Value[]>): Promise<void> {
  const appender = await duck.createAppender(table);
  try {
    for (const row of rows) {
      for (const value of row) {
        switch (typeof value) {
          case "string":
            appender.appendVarchar(value);
            break;
          case "number":
            appender.appendInteger(value);
            break;
          case "bigint":
            appender.appendHugeInt(value);
            break;
          case "boolean":
            appender.appendBoolean(value);
            break;
          default:
            appender.appendNull();
        }
      }
      appender.endRow();
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}
