import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { ENTRIES_TYPE, USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { toUsageKey, type UsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import type { SettingsInForce } from "../settings/in-force.ts";
import type { Period } from "../settings/periods.ts";
import { columnsAsked } from "./conditions.ts";
import { planner } from "./plan.ts";
import { SLOT_USAGE, USAGE_KEY } from "./usage-tables.ts";
import { Ways } from "./ways.ts";

/** How the usages of a key are paid for in a period: `key_id`, `period`, `way_id`. */
export const KEY_WAY = "key_way";

/** Every decision depends on who the caller is, and on whether anybody owes the usage. */
const ALWAYS = ["caller", "caller_type", "tags", "billing"] as const;

const partyRow = z.object({ ...usageKeyColumns, period: z.number(), party_id: z.number() }).transform(({ period, party_id, ...key }) => ({ id: party_id, period, usage: toUsageKey(key) }));

/**
 * Finds how every usage of the tables is paid for, and writes `KEY_WAY`. Keys that agree in everything that the
 * settings depend on are decided together.
 */
export async function findWays(duck: DuckDBConnection, periods: readonly Period[]): Promise<Ways> {
  const planners = periods.map(planner);
  const columns = new Set([...ALWAYS, ...askedBy(periods.map(({ settings }) => settings))]);
  // Columns that no decision depends on get one value for all keys.
  const values = USAGE_KEYS.map((name) => (columns.has(name) ? name : `${unaskedValue(name)} AS ${name}`));
  await duck.run(`CREATE TEMP TABLE party AS SELECT (row_number() OVER ())::INTEGER AS party_id, * FROM (
    SELECT DISTINCT period, ${[...columns].join(", ")} FROM (SELECT DISTINCT period, key_id FROM ${SLOT_USAGE}) AS used JOIN ${USAGE_KEY} USING (key_id))`);
  const ways = new Ways();
  const found = await duck.runAndReadAll(`SELECT party_id, period, ${values.join(", ")} FROM party ORDER BY party_id`);
  const wayOf = z.array(partyRow).parse(found.getRowObjectsJS()).map(({ id, period, usage }) => [id, ways.add(planAt(planners, period, usage), period)]);
  await duck.run("CREATE TEMP TABLE party_way (party_id INTEGER, way_id INTEGER)");
  await appendRows(duck, "party_way", wayOf);
  const same = [...columns].map((name) => `${USAGE_KEY}.${name} = party.${name}`);
  await duck.run(`CREATE TEMP TABLE ${KEY_WAY} AS SELECT key_id, period, way_id
    FROM ${USAGE_KEY} JOIN party ON ${same.join(" AND ")} JOIN party_way USING (party_id)`);
  for (const table of ["party", "party_way"]) await duck.run(`DROP TABLE ${table}`);
  return ways;
}

function planAt(planners: readonly ReturnType<typeof planner>[], period: number, usage: UsageKey) {
  const plan = planners[period];
  if (plan === undefined) throw new RangeError(`no period ${String(period)}`);
  return plan(usage);
}

/** The columns of the key that rules, pools and adjustments ask for. */
function askedBy(settings: readonly SettingsInForce[]): Set<string> {
  const asked = columnsAsked(settings.flatMap(({ rules, pools, adjustments }) => [...rules, ...pools, ...adjustments].map(({ when }) => when)));
  const isByDimension = settings.some(({ rules }) => rules.some(({ by }) => by !== undefined));
  return isByDimension ? asked.add("dimensions") : asked;
}

function unaskedValue(name: string): string {
  return name === "dimensions" ? `[]::${ENTRIES_TYPE}` : "''";
}
