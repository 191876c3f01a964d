import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { NOBODY } from "../../ledger/names/unassigned.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import type { DriverSum } from "../report/drivers.ts";

const driverRow = z.tuple([z.string(), z.string(), z.string(), z.bigint()]);

/**
 * What each team owes by model or charge, by caller and by the value of each dimension. @param from SQL of a table expression with `team`, `caller`,
 * `provider`, `model`, `billing`, `dimensions` and the amount `owed` in nanodollars
 */
export async function sumDrivers(duck: DuckDBConnection, from: string, dimensions: readonly string[]): Promise<DriverSum[]> {
  const sums = sqlDriverKinds(dimensions).map(({ kind, name }) => `SELECT team, ${kind} AS kind, ${name} AS name, coalesce(sum(owed), 0)::HUGEINT AS owed FROM amounts GROUP BY ALL HAVING name IS NOT NULL`);
  const result = await duck.runAndReadAll(`WITH amounts AS MATERIALIZED (${from}) ${sums.join(" UNION ALL ")} ORDER BY team, kind, name`);
  return z.array(driverRow).parse(result.getRowsJS()).map(([team, kind, name, owed]) => ({ team, kind, name, owed }));
}

/** SQL of each kind of driver and of its name, and whether charges have one. */
export function sqlDriverKinds(dimensions: readonly string[]): { kind: string; name: string; isOfCharges: boolean }[] {
  const isCharge = `billing = ${sqlText(CHARGE)}`;
  return [
    { kind: `CASE WHEN ${isCharge} THEN 'charge' ELSE 'model' END`, name: `CASE WHEN ${isCharge} THEN model ELSE provider || '/' || model END`, isOfCharges: true },
    { kind: "'caller'", name: `nullif(caller, ${sqlText(NOBODY)})`, isOfCharges: true },
    ...dimensions.map((dimension) => ({ kind: sqlText(dimension), name: `map_extract_value(dimensions, ${sqlText(dimension)})`, isOfCharges: false })),
  ];
}
