import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "./sql-texts.ts";

/** Rows in one statement. */
const ROWS_AT_ONCE = 500;

/**
 * Creates a table of the texts that a function changes, for changes that SQL cannot express.
 * @param texts SQL whose first column has the texts, which may repeat or be null.
 */
export async function createChanges(duck: DuckDBConnection, table: string, texts: string, change: (text: string) => string): Promise<void> {
  const found = (await duck.runAndReadAll(`SELECT DISTINCT text FROM (${texts}) AS all_texts(text) WHERE text IS NOT NULL ORDER BY text`)).getRows();
  const changed = found.flatMap(([text]) => {
    const [before, after] = [String(text), change(String(text))];
    return before === after ? [] : [`(${sqlText(before)}, ${sqlText(after)})`];
  });
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} (before VARCHAR, after VARCHAR)`);
  for (let start = 0; start < changed.length; start += ROWS_AT_ONCE) {
    await duck.run(`INSERT INTO ${table} VALUES ${changed.slice(start, start + ROWS_AT_ONCE).join(", ")}`);
  }
}

/** The SQL of a text after the changes of such a table. */
export function sqlChanged(text: string, table: string): string {
  return `coalesce((SELECT after FROM ${table} WHERE before = ${text}), ${text})`;
}
