import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { UNTAGGED } from "../../ledger/names/unassigned.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { loginReplacer } from "../../ledger/names/login-replacer.ts";
import type { PseudonymOf } from "../settings/settings.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "../shares/span-tables.ts";
import { USAGE_KEY } from "../shares/usage-tables.ts";
import { METHODS } from "../shares/decide.ts";
import type { CallerOfUsage } from "../settings/directory.ts";
import { KINDS_OF_MONEY } from "../../ledger/usage/usage-record.ts";

const allocationRow = z.object({
  team: z.string(),
  cost_center: z.string().nullable(),
  caller: z.string(),
  tag: z.string(),
  dimensions: z.array(z.object({ key: z.string(), value: z.string() })).transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, value]))),
  instance: z.string(),
  provider: z.string(),
  model: z.string(),
  billing: z.enum(KINDS_OF_MONEY),
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

/** A team's costs in the allocated span, by method, rule and billing: `JSON.stringify` of these three. */
export async function sumByRule(duck: DuckDBConnection, team: string): Promise<Map<string, bigint>> {
  const result = await duck.runAndReadAll(`
    SELECT method, rule, billing, coalesce(sum(cost), 0)::HUGEINT FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${USAGE_KEY} USING (key_id)
    WHERE team = ${sqlText(team)} GROUP BY method, rule, billing`);
  const rows = z.array(z.tuple([z.string(), z.string(), z.string(), z.bigint()])).parse(result.getRowsJS());
  return new Map(rows.map(([method, rule, billing, cost]) => [JSON.stringify([method, rule, billing]), cost]));
}

type Named = Pick<TeamRow, "caller" | "dimensions" | "provider" | "model">;

/** Replaces an erased caller by the pseudonym, since closed months keep the login. */
export function withPseudonym<Name extends Named>(named: Name, pseudonymOf: PseudonymOf | undefined): Name {
  const pseudonym = pseudonymOf?.(named.caller);
  if (pseudonym === undefined) return named;
  const replace = loginReplacer(named.caller, pseudonym);
  const dimensions = Object.fromEntries(Object.entries(named.dimensions).map(([name, value]) => [name, replace(value)]));
  return { ...named, caller: pseudonym, dimensions, provider: replace(named.provider), model: replace(named.model) };
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
