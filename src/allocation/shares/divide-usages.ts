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

/** Sums the usages that are not divided. */
export async function sumWhole(duck: DuckDBConnection): Promise<void> {
  await duck.run(`CREATE TEMP TABLE undivided AS SELECT piece, key_id, way_id, ${SUMS} FROM ${USED} WHERE NOT is_divided GROUP BY piece, key_id, way_id`);
}

/** Amounts of usages that are divided: `piece`, `key_id`, `amount_no`, `amount_id`, and how many `times` a quarter of an hour has that amount. Counts of zero are left out. */
export const DIVIDED_USAGE = "divided_usage";
/** The parts of each amount that tags and teams get: `divided_id`, `amount_id`, `way_id`, `tag_no`, `part_no`, `amount`. */
export const DIVIDED_AMOUNT = "divided_amount";

/**
 * Divides each quarter of an hour separately over tags and teams. Many amounts are equal and are divided alike, so each amount is divided only
 * once. Returns whether there is anything to divide.
 */
export async function divide(duck: DuckDBConnection, { plans }: Ways): Promise<boolean> {
  if (!plans.some((plan) => plan.isDivided)) return false;
  const amounts = `SELECT piece, key_id, way_id, unnest(range(${String(USAGE_AMOUNTS.length)}))::INTEGER AS amount_no, unnest([${AMOUNTS}]) AS amount
    FROM (SELECT slot, piece, key_id, way_id, ${SUMS} FROM ${USED} WHERE is_divided GROUP BY slot, piece, key_id, way_id)`;
  await duck.run(`CREATE TEMP TABLE slot_amount AS SELECT piece, key_id, way_id, amount_no, amount, count(*)::HUGEINT AS times FROM (${amounts}) WHERE amount <> 0 OR amount_no = 0 GROUP BY ALL`);
  await duck.run("CREATE TEMP TABLE whole AS SELECT row_number() OVER ()::INTEGER AS amount_id, * FROM (SELECT DISTINCT way_id, amount FROM slot_amount)");
  await duck.run(`CREATE TEMP TABLE ${DIVIDED_USAGE} AS SELECT piece, key_id, amount_no, amount_id, times
    FROM slot_amount JOIN whole ON slot_amount.way_id = whole.way_id AND slot_amount.amount IS NOT DISTINCT FROM whole.amount`);
  const tags = await sqlSplitOf(duck, { parts: "SELECT whole.*, tag_no, place, weight, all_weights FROM whole JOIN way_tag USING (way_id)", whole: ["amount_id"], weights: plans.map((plan) => BigInt(plan.tags.length)) });
  await duck.run(`CREATE TEMP TABLE tagged AS FROM ${tags}`);
  const parts = await sqlSplitOf(duck, { parts: "SELECT tagged.*, part_no, place, weight, all_weights FROM tagged JOIN way_part USING (way_id)", whole: ["amount_id", "tag_no"], weights: plans.map((plan) => sumWeights(plan.parts)) });
  await duck.run(`CREATE TEMP TABLE ${DIVIDED_AMOUNT} AS SELECT row_number() OVER ()::INTEGER AS divided_id, * FROM ${parts}`);
  for (const table of ["slot_amount", "tagged"]) await duck.run(`DROP TABLE ${table}`);
  return true;
}

/**
 * SQL that splits amounts of `whole`.
 * @param parts SQL of the amounts with their parts @param whole columns in which the parts of one amount agree
 * @param weights sums of the weights that amounts are split by
 */
export async function sqlSplitOf(duck: DuckDBConnection, { parts, whole, weights }: { parts: string; whole: readonly string[]; weights: readonly bigint[] }): Promise<string> {
  const heaviest = weights.reduce((most, weight) => (weight > most ? weight : most), 1n);
  if (heaviest > HEAVIEST) throw tooHeavy(heaviest);
  // A part is never larger than its whole.
  return sqlSplit(parts, whole, await findLargest(duck, `SELECT amount, ${String(heaviest)}::HUGEINT AS all_weights FROM whole`));
}

/** Each team's cost in the span before pools take parts of it. The first version of the calculation leaves out what pools take. */
export async function sumDirect(duck: DuckDBConnection, { plans }: Ways, { version, isDivided }: { version: AllocationVersion; isDivided: boolean }): Promise<DirectCosts> {
  const divided = `UNION ALL SELECT way_id, part_no, sum(amount * times)::HUGEINT FROM ${DIVIDED_USAGE} JOIN ${DIVIDED_AMOUNT} USING (amount_id) WHERE amount_no = 0 GROUP BY way_id, part_no`;
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
