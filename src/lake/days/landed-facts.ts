import { landedRows } from "../landing/landed-rows.ts";

/** Identifies the row of the `usage` table that a landed row became. */
const KEY = ["ts", "caller", "export", "record_id", "capture_id"];

/** SQL of whether rows of two relations are of the same request of the same export. */
export function sameRow(a: string, b: string): string {
  return KEY.map((name) => `${a}.${name} IS NOT DISTINCT FROM ${b}.${name}`).join(" AND ");
}

/**
 * SQL of the landed rows that have a fact without a column in the `usage` table, each once: the key, the fact and the columns `beside` it. If an
 * export brings a request several times, or its replacement brings the request again, only the last of these rows is in the table.
 */
export function rowsWithFact(landing: readonly string[], fact: "unknown_counts" | "tools", beside: readonly ("instance" | "agent")[] = []): string {
  const columns = [...KEY, ...beside, fact].join(", ");
  return `(SELECT ${columns} FROM (
      SELECT ${columns} FROM ${landedRows(landing)}
      QUALIFY row_number() OVER (PARTITION BY ${KEY.join(", ")} ORDER BY export_version DESC, position DESC) = 1
    ) WHERE ${fact} IS NOT NULL)`;
}
