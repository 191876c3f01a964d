import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { sqlWithin } from "../../ledger/sql/sql-values.ts";
import { TERMS } from "../../ledger/usage/terms.ts";
import { ROLLUP_KEYS } from "../../ledger/usage/usage-columns.ts";
import { dimensionColumns, propertiesOf } from "../question/property.ts";
import { DAY, type DaySpan, type Question, type QuestionSettings } from "../question/question.ts";
import { boundsOf, sqlDay } from "./sql-day.ts";
import { type Condition, sqlFilters } from "./sql-filters.ts";

/** The sums of rollups that figures are made from. */
const SUMMED = ["cost_usd", "requests", "unpriced_requests", "input_tokens", "output_tokens"];

/** A question about certain days. */
export interface Asking extends Pick<Question, "filters" | "rows" | "columns" | "measure" | "top"> {
  span: DaySpan;
}

/**
 * SQL of the rollups that a question is about, with `day`, the index of their day, `name`, the value that a row of the table has, and `series`, the
 * value that has a colour in the chart. @param files as `flattenRollups` writes them
 */
export function selectRollups(files: readonly string[], { span, filters, rows, columns }: Asking, { timezone, dimensions }: QuestionSettings): Condition {
  const properties = propertiesOf(dimensions);
  const sqlOf = (name: string | null): string => properties.find((property) => property.name === name)?.sql ?? "NULL::VARCHAR";
  const { sql, values } = sqlFilters(filters, properties);
  const day = sqlDay("slot", span, timezone);
  return {
    sql: `(SELECT *, ${day} AS day, ${rows === DAY ? `${day}::VARCHAR` : sqlOf(rows)} AS name, ${sqlOf(columns ?? rows)} AS series FROM ${readParquet(...files)} WHERE ${sqlWithin("slot", boundsOf(span, timezone))} AND ${sql})`,
    values,
  };
}

/**
 * Writes the rollups of a day as questions read them: the columns that a question may need, with one for each dimension, and those that files of earlier
 * versions lack as null. Sums and their types stay.
 */
export async function flattenRollups(duck: DuckDBConnection, from: string, to: string, dimensions: readonly string[]): Promise<void> {
  const none = TERMS.map((name) => `NULL::VARCHAR AS ${name}`).join(", ");
  const columns = ["slot", ...ROLLUP_KEYS.filter((name) => name !== "slot" && name !== "dimensions"), ...dimensionColumns(dimensions), ...SUMMED];
  await duck.run(`COPY (SELECT ${columns.join(", ")} FROM (SELECT * FROM ${readParquet(from)} UNION ALL BY NAME SELECT ${none} WHERE FALSE)) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 61440)`);
}
