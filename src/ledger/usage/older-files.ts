import { readParquetByName } from "../sql/sql-texts.ts";
import { ADDED_TO_USAGE, ADDED_TOKENS } from "./usage-columns.ts";

/**
 * SQL of rows of `allocations` and `corrections` files. A closed month keeps its files as they were written, so they may be older than a
 * count that was added since: such rows have 0 of it.
 */
export function withAddedTokens(rows: string, added: readonly string[] = ADDED_TOKENS): string {
  if (added.length === 0) return rows;
  const none = added.map((name) => `NULL::DECIMAL(38,9) AS ${name}`).join(", ");
  return `(SELECT * REPLACE (${added.map((name) => `coalesce(${name}, 0) AS ${name}`).join(", ")}) FROM (SELECT * FROM ${rows} UNION ALL BY NAME SELECT ${none} WHERE FALSE))`;
}

/** SQL of rows of `usage` files. A close keeps its files as they were written, so they may lack a column that was added since: it is null there. */
export function readUsage(...files: readonly string[]): string {
  const none = ADDED_TO_USAGE.map((name) => `NULL::VARCHAR AS ${name}`).join(", ");
  return `(SELECT * FROM ${readParquetByName(...files)} UNION ALL BY NAME SELECT ${none} WHERE FALSE)`;
}
