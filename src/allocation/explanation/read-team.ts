import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { UNTAGGED } from "../../ledger/names/unassigned.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { METHODS } from "../shares/decide.ts";
import type { CallerOfUsage } from "../settings/directory.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";

const allocationRow = z.object({
  team: z.string(),
  cost_center: z.string().nullable(),
  caller: z.string(),
  tag: z.string(),
  dimensions: z.array(z.object({ key: z.string(), value: z.string() })).transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, value]))),
  instance: z.string(),
  provider: z.string(),
  model: z.string(),
  billing: z.enum(BILLINGS),
  method: z.enum(METHODS),
  rule: z.string(),
  base: z.string().nullable(),
  share: billionths,
  cost_usd: billionths.nullable(),
  requests: billionths,
  unpriced_requests: billionths,
});
/** A row of the `allocations` table; amounts and shares are in units of 1e-9. */
export type TeamRow = z.infer<typeof allocationRow>;

/** A team's rows of a local `allocations` file, largest cost first. */
export async function readTeam(duck: DuckDBConnection, file: string, team: string): Promise<TeamRow[]> {
  const amounts = ["share", "cost_usd", "requests", "unpriced_requests"];
  const result = await duck.runAndReadAll(`
    SELECT * REPLACE (map_entries(dimensions) AS dimensions, ${amounts.map((name) => `${name}::VARCHAR AS ${name}`).join(", ")})
    FROM (FROM ${readParquet(file)} WHERE team = ${sqlText(team)} ORDER BY cost_usd DESC NULLS LAST, requests DESC, caller, tag, model, rule)`);
  return z.array(allocationRow).parse(result.getRowObjectsJS());
}

/** Names of the teams that have rows in a local `allocations` file, in order. */
export async function listTeams(duck: DuckDBConnection, file: string): Promise<string[]> {
  const result = await duck.runAndReadAll(`SELECT DISTINCT team FROM ${readParquet(file)} ORDER BY team`);
  return z.array(z.tuple([z.string()])).parse(result.getRowsJS()).map(([team]) => team);
}

/** Callers in a local `allocations` file, in order. */
export async function listCallers(duck: DuckDBConnection, file: string): Promise<CallerOfUsage[]> {
  const result = await duck.runAndReadAll(`
    SELECT caller, list_sort(array_agg(DISTINCT tag) FILTER (tag <> ${sqlText(UNTAGGED)})) AS tags FROM ${readParquet(file)} GROUP BY caller ORDER BY caller`);
  const rows = z.array(z.tuple([z.string(), z.array(z.string()).nullable()])).parse(result.getRowsJS());
  return rows.map(([caller, tags]) => ({ caller, tags: tags ?? [] }));
}
