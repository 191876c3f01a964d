import type { DuckDBConnection } from "@duckdb/node-api";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { sqlAdjust } from "../../ledger/sql/sql-split.ts";
import { COUNT_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import { WHOLE } from "./adjustments.ts";
import { DIVIDED_AMOUNT, DIVIDED_USAGE, sqlSplitOf, USED } from "./divide-usages.ts";
import { ALLOCATED } from "./span-tables.ts";
import { USAGE_AMOUNTS } from "./usage-tables.ts";
import type { Target } from "./ways.ts";

const AMOUNTS = USAGE_AMOUNTS.join(", ");

/** The part of each divided amount that each target gets: `amount_id`, `target_no`, `amount`. */
export const SPREAD_AMOUNT = "spread_amount";

/** Gives every part to its owners, and adjusts what they owe. */
export async function settle(duck: DuckDBConnection, targets: readonly Target[], isDivided: boolean): Promise<void> {
  await duck.run(`CREATE TEMP TABLE ${ALLOCATED} AS SELECT piece, key_id, owner_id, share, ${AMOUNTS} FROM undivided JOIN way_target USING (way_id)`);
  if (isDivided) {
    await spread(duck, targets);
    await settleDivided(duck);
  }
  await adjust(duck, targets, isDivided);
}

/** Spreads the amounts of tags and teams over the teams that pools assign them to. */
async function spread(duck: DuckDBConnection, targets: readonly Target[]): Promise<void> {
  const parts = `SELECT divided_id, amount_id, target_no, amount, place, weight, all_weights FROM ${DIVIDED_AMOUNT} JOIN way_target USING (way_id, tag_no, part_no)`;
  const split = await sqlSplitOf(duck, { parts, whole: ["divided_id"], weights: targets.map(({ allWeights }) => allWeights) });
  await duck.run(`CREATE TEMP TABLE ${SPREAD_AMOUNT} AS SELECT amount_id, target_no, amount FROM ${split}`);
}

async function settleDivided(duck: DuckDBConnection): Promise<void> {
  const shares = "(SELECT way_id, owner_id, sum(share)::HUGEINT AS share FROM way_target GROUP BY way_id, owner_id)";
  const sums = USAGE_AMOUNTS.map((name, number) => {
    const sum = `sum(amount) FILTER (amount_no = ${String(number)})`;
    return `${number === 0 ? sum : `coalesce(${sum}, 0)`}::HUGEINT AS ${name}`;
  });
  await duck.run(`INSERT INTO ${ALLOCATED} SELECT piece, key_id, owner_id, share, ${AMOUNTS} FROM (
      SELECT piece, key_id, way_id, owner_id, ${sums.join(", ")} FROM (
        SELECT piece, key_id, target_no, amount_no, sum(amount * times)::HUGEINT AS amount FROM ${DIVIDED_USAGE} JOIN ${SPREAD_AMOUNT} USING (amount_id) GROUP BY piece, key_id, target_no, amount_no
      ) JOIN way_target USING (target_no) GROUP BY piece, key_id, way_id, owner_id
    ) JOIN ${shares} USING (way_id, owner_id)`);
}

/** Adds a row for each adjustment, one after the other: a markup after a discount applies to the discounted cost. */
async function adjust(duck: DuckDBConnection, targets: readonly Target[], isDivided: boolean): Promise<void> {
  const steps = targets.reduce((most, { changes }) => Math.max(most, changes.length), 0);
  if (steps === 0) return;
  const numbers = Array.from({ length: steps }, (_, index) => index);
  await duck.run(`CREATE TEMP TABLE way_change (target_no INTEGER, ${numbers.map((step) => `percent_${String(step)} HUGEINT, owner_${String(step)} INTEGER`).join(", ")})`);
  try {
    await appendRows(duck, "way_change", targets.flatMap(({ changes }, target) => {
      if (changes.length === 0) return [];
      return [[target, ...numbers.flatMap((step) => [changes[step]?.percent ?? 0n, changes[step]?.owner ?? null])]];
    }));
    const divided = isDivided ? `SELECT piece, key_id, target_no, amount AS cost, times FROM ${DIVIDED_USAGE} JOIN ${SPREAD_AMOUNT} USING (amount_id) WHERE amount_no = 0 AND amount IS NOT NULL UNION ALL ` : "";
    const costs = `${divided}SELECT piece, key_id, target_no, cost, 1 AS times FROM (
        SELECT piece, key_id, way_id, sum(cost)::HUGEINT AS cost FROM ${USED} WHERE NOT is_divided AND is_adjusted GROUP BY slot, piece, key_id, way_id
      ) JOIN way_target USING (way_id) WHERE cost IS NOT NULL`;
    const changes = numbers.map((step) => `SELECT piece, key_id, owner_${String(step)} AS owner_id, change_${String(step)} * times AS change FROM changed WHERE change_${String(step)} <> 0`);
    const changed = sqlAdjust(`SELECT piece, key_id, way_change.*, times, cost AS left_0 FROM (${costs}) AS costs JOIN way_change USING (target_no)`, steps, WHOLE);
    await duck.run(`INSERT INTO ${ALLOCATED} WITH changed AS MATERIALIZED (FROM ${changed})
      SELECT piece, key_id, owner_id, 0, sum(change)::HUGEINT, ${COUNT_COLUMNS.map(() => "0").join(", ")} FROM (${changes.join(" UNION ALL ")}) GROUP BY piece, key_id, owner_id`);
  } finally {
    await duck.run("DROP TABLE way_change");
  }
}
