import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { descending } from "../../ledger/orders.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";

/** Columns that two states of figures can be compared by. */
type ComparedBy = "team" | "provider, model" | "caller";

/** What is owed in two states, with list values separate; requests in billionths. */
export interface Compared {
  /** Values of the compared columns. */
  key: string[];
  was: Nanodollars;
  is: Nanodollars;
  /** `is - was` */
  difference: Nanodollars;
  listValueDifference: Nanodollars;
  requestsDifference: bigint;
}

const row = z.object({ key: z.array(z.string()), was: billionths, is: billionths, list_value: billionths, requests: billionths });

/** Rows that differ between two tables of figures, largest difference first. Without `by` the result is one row for everything. */
export async function compareFigures(duck: DuckDBConnection, a: string, b: string, by?: ComparedBy): Promise<Compared[]> {
  const owed = `NOT ${IS_LIST_VALUE}`;
  const result = await duck.runAndReadAll(`
    SELECT [${by ?? ""}]::VARCHAR[] AS key, ${sum("cost_usd", `NOT now AND ${owed}`)}::VARCHAR AS was, ${sum("cost_usd", `now AND ${owed}`)}::VARCHAR AS is,
      ${differs("cost_usd", IS_LIST_VALUE)}::VARCHAR AS list_value, ${differs("requests", "true")}::VARCHAR AS requests
    FROM (SELECT false AS now, * FROM ${a} UNION ALL SELECT true AS now, * FROM ${b})
    GROUP BY ${by ?? "()"} ORDER BY key`);
  return z
    .array(row)
    .parse(result.getRowObjectsJS())
    .map(({ key, was, is, list_value, requests }) => ({ key, was, is, difference: is - was, listValueDifference: list_value, requestsDifference: requests }))
    .filter(({ difference, listValueDifference, requestsDifference }) => by === undefined || difference !== 0n || listValueDifference !== 0n || requestsDifference !== 0n)
    .sort((one, other) => descending(size(one.difference), size(other.difference)) || descending(size(one.listValueDifference), size(other.listValueDifference)));
}

function sum(column: string, condition: string): string {
  return `coalesce(sum(${column}) FILTER (${condition}), 0)::DECIMAL(38,9)`;
}

function differs(column: string, condition: string): string {
  return `(${sum(column, `now AND ${condition}`)} - ${sum(column, `NOT now AND ${condition}`)})::DECIMAL(38,9)`;
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
