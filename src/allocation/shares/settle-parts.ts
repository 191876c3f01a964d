import type { DuckDBConnection } from "@duckdb/node-api";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { sqlAdjust } from "../../ledger/sql/sql-split.ts";
import { COUNT_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import { WHOLE } from "./adjustments.ts";
import { sqlSplitOf, USED } from "./divide-usages.ts";
import { ALLOCATED } from "./span-tables.ts";
import { USAGE_AMOUNTS } from "./usage-tables.ts";
import type { Target } from "./ways.ts";

const AMOUNTS = USAGE_AMOUNTS.join(", ");

/** Gives every part to its owners, and adjusts what they owe. */
export async function settle(duck: DuckDBConnection, targets: readonly Target[], isDivided: boolean): Promise<void> {
  await duck.run(`CREATE TEMP TABLE ${ALLOCATED} AS SELECT piece, key_id, owner_id, share, ${AMOUNTS} FROM undivided JOIN way_target USING (way_id)`);
  if (isDivided) await settleDivided(duck, await sqlSpread(duck, targets, ""));
  await adjust(duck, targets, isDivided);
}

/** SQL that spreads what tags and teams have over the teams that pools give it to. @param which SQL that selects parts */
async function sqlSpread(duck: DuckDBConnection, targets: readonly Target[], which: string): Promise<string> {
  const parts = `SELECT whole_id, piece, key_id, way_id, amount_no, amount, times, target_no, owner_id, place, weight, all_weights FROM divided JOIN way_target USING (way_id, tag_no, part_no) ${which}`;
  return await sqlSplitOf(duck, "divided", { parts, weights: targets.map(({ allWeights }) => allWeights) });
}

async function settleDivided(duck: DuckDBConnection, spread: string): Promise<void> {
  const shares = "(SELECT way_id, owner_id, sum(share)::HUGEINT AS share FROM way_target GROUP BY way_id, owner_id)";
  const sums = USAGE_AMOUNTS.map((name, number) => {
    const sum = `sum(amount) FILTER (amount_no = ${String(number)})`;
    return `${number === 0 ? sum : `coalesce(${sum}, 0)`}::HUGEINT AS ${name}`;
  });
  await duck.run(`INSERT INTO ${ALLOCATED} SELECT piece, key_id, owner_id, share, ${AMOUNTS} FROM (
      SELECT piece, key_id, way_id, owner_id, ${sums.join(", ")} FROM (
        SELECT piece, key_id, way_id, owner_id, amount_no, sum(amount * times)::HUGEINT AS amount FROM ${spread} GROUP BY piece, key_id, way_id, owner_id, amount_no
      ) GROUP BY piece, key_id, way_id, owner_id
    ) JOIN ${shares} USING (way_id, owner_id)`);
}

/** Adds a row for what each adjustment changes, one after the other: a markup after a discount is on the discounted cost. */
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
    const divided = isDivided ? `SELECT piece, key_id, target_no, amount AS cost, times FROM ${await sqlSpread(duck, targets, "WHERE amount_no = 0")} WHERE amount IS NOT NULL UNION ALL ` : "";
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
