import type { DuckDBConnection } from "@duckdb/node-api";
import { landedRows } from "../landing/landed-rows.ts";

/** The landing files of a day of one gateway, and the facts about their rows that its build needs first. */
export interface LandedDay {
  files: readonly string[];
  /** Repetitions count. */
  rows: number;
  hasUnknownCounts: boolean;
  hasTools: boolean;
  /** Rows that were assumed to be subscription use. */
  assumed: number;
  /** Rows of subscription use that was not assumed. */
  otherSubscriptions: number;
}

/** Uses one statement: on a small day, a statement takes longer than reading its rows. */
export async function readLandedDay(duck: DuckDBConnection, files: readonly string[]): Promise<LandedDay> {
  if (files.length === 0) return { files, rows: 0, hasUnknownCounts: false, hasTools: false, assumed: 0, otherSubscriptions: 0 };
  const counts = await duck.runAndReadAll(`
    SELECT count(*)::DOUBLE, count(unknown_counts)::DOUBLE, count(*) FILTER (billing_assumed)::DOUBLE,
      count(*) FILTER (billing = 'subscription' AND NOT billing_assumed)::DOUBLE, count(tools)::DOUBLE
    FROM ${landedRows(files, ["billing", "billing_assumed", "unknown_counts", "tools"])}`);
  const count = (column: number): number => Number(counts.value(column, 0));
  return { files, rows: count(0), hasUnknownCounts: count(1) > 0, assumed: count(2), otherSubscriptions: count(3), hasTools: count(4) > 0 };
}
