import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { findLargest, HEAVIEST, sqlSplit } from "../../ledger/sql/sql-split.ts";
import { COUNT_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import type { AllocationVersion } from "./allocation-version.ts";
import { KEY_WAY } from "./find-ways.ts";
import type { DirectCosts } from "./pools.ts";
import { SLOT_USAGE, USAGE_AMOUNTS } from "./usage-tables.ts";
import { sumWeights, type Ways } from "./ways.ts";

const SUMS = ["sum(cost)::HUGEINT AS cost", ...COUNT_COLUMNS.map((name) => `(sum(${name}) * 1000000000)::HUGEINT AS ${name}`)].join(", ");
const AMOUNTS = USAGE_AMOUNTS.join(", ");
/** SQL of usages with their ways. */
export const USED = `${SLOT_USAGE} JOIN ${KEY_WAY} USING (key_id, period) JOIN way USING (way_id)`;

/** Sums up what is not divided. */
export async function sumWhole(duck: DuckDBConnection): Promise<void> {
  await duck.run(`CREATE TEMP TABLE undivided AS SELECT piece, key_id, way_id, ${SUMS} FROM ${USED} WHERE NOT is_divided GROUP BY piece, key_id, way_id`);
}

/** Divides usages over tags and teams, each quarter of an hour by itself, into one row for each amount: zeros are left out, but for a cost. Returns whether there is any. */
export async function divide(duck: DuckDBConnection, { plans }: Ways): Promise<boolean> {
  if (!plans.some((plan) => plan.isDivided)) return false;
  const amounts = `SELECT piece, key_id, way_id, unnest(range(${String(USAGE_AMOUNTS.length)}))::INTEGER AS amount_no, unnest([${AMOUNTS}]) AS amount
    FROM (SELECT slot, piece, key_id, way_id, ${SUMS} FROM ${USED} WHERE is_divided GROUP BY slot, piece, key_id, way_id)`;
  await duck.run(`CREATE TEMP TABLE whole AS SELECT row_number() OVER () AS whole_id, * FROM (${amounts}) WHERE amount <> 0 OR amount_no = 0`);
  const tags = await sqlSplitOf(duck, "whole", { parts: "SELECT whole.*, tag_no, place, weight, all_weights FROM whole JOIN way_tag USING (way_id)", weights: plans.map((plan) => BigInt(plan.tags.length)) });
  await duck.run(`CREATE TEMP TABLE tagged AS SELECT * EXCLUDE (whole_id), row_number() OVER () AS whole_id FROM ${tags}`);
  const parts = await sqlSplitOf(duck, "tagged", { parts: "SELECT tagged.*, part_no, place, weight, all_weights FROM tagged JOIN way_part USING (way_id)", weights: plans.map((plan) => sumWeights(plan.parts)) });
  // Equal amounts are split in equal ways: many a request is one.
  await duck.run(`CREATE TEMP TABLE divided AS SELECT row_number() OVER () AS whole_id, * FROM (
    SELECT piece, key_id, way_id, amount_no, amount, tag_no, part_no, count(*)::HUGEINT AS times FROM ${parts} GROUP BY ALL)`);
  return true;
}

/**
 * SQL that splits the amounts of a table.
 * @param parts SQL of the table with its parts @param weights sums of the weights that amounts are split by
 */
export async function sqlSplitOf(duck: DuckDBConnection, table: string, { parts, weights }: { parts: string; weights: readonly bigint[] }): Promise<string> {
  const heaviest = weights.reduce((most, weight) => (weight > most ? weight : most), 1n);
  if (heaviest > HEAVIEST) throw tooHeavy(heaviest);
  return sqlSplit(parts, ["whole_id"], await findLargest(duck, `SELECT amount, ${String(heaviest)}::HUGEINT AS all_weights FROM ${table}`));
}

/** What each team has of the span before pools take something; in the first version without what they take. */
export async function sumDirect(duck: DuckDBConnection, { plans }: Ways, { version, isDivided }: { version: AllocationVersion; isDivided: boolean }): Promise<DirectCosts> {
  const divided = "UNION ALL SELECT way_id, part_no, sum(amount * times)::HUGEINT FROM divided WHERE amount_no = 0 GROUP BY way_id, part_no";
  const found = await duck.runAndReadAll(`SELECT way_id, 0, sum(cost)::HUGEINT FROM undivided GROUP BY way_id ${isDivided ? divided : ""}`);
  const direct = new Map<string, Nanodollars>();
  for (const [way, number, cost] of z.array(z.tuple([z.number(), z.number(), z.bigint().nullable()])).parse(found.getRowsJS())) {
    const plan = plans[way];
    const part = plan?.parts[number];
    if (plan === undefined || part === undefined) throw new RangeError(`no part ${String(number)} of way ${String(way)}`);
    if (plan.isOwed && (version > 1 || part.pool === null)) direct.set(part.team, (direct.get(part.team) ?? 0n) + (cost ?? 0n));
  }
  return direct;
}

function tooHeavy(heaviest: bigint): LedgerError {
  return new LedgerError("allocation_failed", `direct costs of ${String(heaviest)} nanodollars are more than a pool can be spread by (${String(HEAVIEST)})`, {
    remedy: "look for records with impossible costs: aperture-ledger status names the exports",
  });
}
