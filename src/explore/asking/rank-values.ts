import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { Measure } from "../question/question.ts";
import { sqlLargestFirst } from "./sql-figures.ts";

export interface RankedValues {
  /** By place; null: requests without the property. */
  values: readonly (string | null)[];
  /** Number of values after them. */
  others: number;
}

interface Ranking {
  /** SQL of a relation with one row for each value, and its figures. */
  from: string;
  /** Column of the value. */
  value: string;
  measure: Measure;
  most: number;
}

/**
 * Creates a table of the values with the largest measure, as `value` and `place` from 0. One value more than the limit is kept: a row that adds up a
 * single value would take the same space.
 */
export async function rankValues(duck: DuckDBConnection, table: string, { from, value, measure, most }: Ranking): Promise<RankedValues> {
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${value} AS value, (row_number() OVER (ORDER BY ${sqlLargestFirst(measure, value)}) - 1)::INTEGER AS place, (count(*) OVER ())::INTEGER AS all_values
    FROM ${from} QUALIFY place < ${String(most)} OR all_values = ${String(most + 1)}`);
  const found = await duck.runAndReadAll(`SELECT value, all_values FROM ${table} ORDER BY place`);
  const rows = z.array(z.tuple([z.string().nullable(), z.number()])).parse(found.getRowsJS());
  return { values: rows.map(([one]) => one), others: (rows[0]?.[1] ?? 0) - rows.length };
}

/** Creates the table for rows that are days: each day at its place. */
export async function placeDays(duck: DuckDBConnection, table: string, days: readonly string[]): Promise<RankedValues> {
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} AS SELECT i::VARCHAR AS value, i::INTEGER AS place FROM range(${String(days.length)}) AS days(i)`);
  return { values: days, others: 0 };
}
