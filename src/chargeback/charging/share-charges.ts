import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { ALLOCATED, ALLOCATED_OWNER } from "../../allocation/shares/span-tables.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { formatDollars } from "../../ledger/money.ts";
import { ascending } from "../../ledger/orders.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { findLargest, sqlSplit } from "../../ledger/sql/sql-split.ts";
import { UNALLOCATED, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { FOCUS_PART } from "./split-by-meter.ts";

/** What an owner is charged for a part: `part_id`, `owner_id`, `cost` in nanodollars, `quantity` in millionths of the unit. */
export const SPLIT_CHARGE = "split_charge";

/**
 * Splits the parts of each key and day over the owners. The charges of an owner add up to the owner's cost, and those of a part to the
 * part: each owner in turn takes from what is left of the parts.
 * @param days beginnings of the days
 */
export async function splitCharges(duck: DuckDBConnection, days: readonly Date[]): Promise<void> {
  await createOwners(duck);
  await refuseDifference(duck, days);
  await duck.run(`CREATE TEMP TABLE ${SPLIT_CHARGE} AS SELECT part_id, owner_id, part.cost, quantity * 1000000 AS quantity
    FROM ${FOCUS_PART} AS part JOIN focus_owner USING (day, key_id) WHERE owners = 1`);
  const found = await duck.runAndReadAll("SELECT coalesce(max(owners), 0)::INTEGER FROM focus_owner");
  const most = z.number().parse(found.getRowsJS()[0]?.[0]);
  if (most > 1) await shareOut(duck, most);
  await duck.run("DROP TABLE focus_owner");
  await duck.run(`DELETE FROM ${SPLIT_CHARGE} WHERE cost = 0 AND quantity = 0`);
}

/** Owners of each key and day, with their places in the order of their names. */
async function createOwners(duck: DuckDBConnection): Promise<void> {
  const rows = (await duck.runAndReadAll(`SELECT owner_id, team, tag, method, rule, base FROM ${ALLOCATED_OWNER} WHERE method <> 'adjustment'`)).getRowsJS();
  const owners = z.array(z.tuple([z.number(), z.string(), z.string(), z.string(), z.string(), z.string().nullable()])).parse(rows).map(([id, team, tag, method, rule, base]) => ({
    id,
    turn: JSON.stringify([team, tag, method, rule, base]),
    name: JSON.stringify([team === UNALLOCATED ? null : team, tag === UNTAGGED ? null : tag, method, rule]),
  }));
  const [turns, names] = [placesOf(owners.map(({ turn }) => turn)), placesOf(owners.map(({ name }) => name))];
  await duck.run("CREATE TEMP TABLE owner_order (owner_id INTEGER, turn INTEGER, name_place INTEGER)");
  await appendRows(duck, "owner_order", owners.map(({ id, turn, name }) => [id, turns.get(turn) ?? 0, names.get(name) ?? 0]));
  await duck.run(`CREATE TEMP TABLE focus_owner AS SELECT piece AS day, key_id, owner_id, coalesce(cost, 0) AS cost, share, name_place,
      (row_number() OVER (PARTITION BY piece, key_id ORDER BY turn))::INTEGER AS turn, (count(*) OVER (PARTITION BY piece, key_id))::INTEGER AS owners
    FROM ${ALLOCATED} JOIN owner_order USING (owner_id) WHERE piece IS NOT NULL`);
  await duck.run("DROP TABLE owner_order");
}

/** Places of texts in their order. */
function placesOf(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(texts)].sort(ascending).map((text, place) => [text, place]));
}

async function shareOut(duck: DuckDBConnection, turns: number): Promise<void> {
  const shared = `(SELECT part.*, name_place, turn, owner_id, share, owners FROM ${FOCUS_PART} AS part JOIN focus_owner USING (day, key_id) WHERE owners > 1)`;
  const quantities = `SELECT part_id, owner_id, quantity * 1000000 AS amount, share AS weight, sum(share) OVER (PARTITION BY part_id) AS all_weights, row_number() OVER (PARTITION BY part_id ORDER BY name_place, turn) - 1 AS place FROM ${shared}`;
  await duck.run(`CREATE TEMP TABLE quantity_taken AS FROM ${sqlSplit(quantities, ["part_id"], await findLargest(duck, quantities))}`);
  await duck.run("CREATE TEMP TABLE cost_taken (part_id INTEGER, owner_id INTEGER, amount HUGEINT)");
  await duck.run(`CREATE TEMP TABLE cost_left AS SELECT DISTINCT day, key_id, part_id, place, part.cost AS amount_left FROM ${FOCUS_PART} AS part JOIN focus_owner USING (day, key_id) WHERE owners > 1`);
  const most = await findLargest(duck, "SELECT cost AS amount, sum(cost) OVER (PARTITION BY day, key_id) AS all_weights FROM focus_owner WHERE owners > 1");
  for (let turn = 1; turn <= turns; turn += 1) {
    const parts = `SELECT day, key_id, part_id, owner_id, cost AS amount, amount_left, CASE WHEN whole = 0 THEN 1 ELSE amount_left END AS weight, CASE WHEN whole = 0 THEN parts ELSE whole END AS all_weights, place
      FROM (SELECT *, sum(amount_left) OVER one AS whole, count(*) OVER one AS parts FROM cost_left WINDOW one AS (PARTITION BY day, key_id))
      JOIN (SELECT day, key_id, owner_id, cost FROM focus_owner WHERE turn = ${String(turn)}) USING (day, key_id)`;
    await duck.run(`CREATE OR REPLACE TEMP TABLE taken AS FROM ${sqlSplit(parts, ["day", "key_id"], most)}`);
    await duck.run("INSERT INTO cost_taken SELECT part_id, owner_id, amount FROM taken");
    await duck.run(`CREATE OR REPLACE TEMP TABLE cost_left AS SELECT day, key_id, cost_left.part_id, cost_left.place, cost_left.amount_left - amount AS amount_left
      FROM cost_left JOIN taken USING (day, key_id, part_id)`);
  }
  await duck.run(`INSERT INTO ${SPLIT_CHARGE} SELECT part_id, owner_id, cost.amount, quantity.amount FROM cost_taken AS cost JOIN quantity_taken AS quantity USING (part_id, owner_id)`);
  for (const table of ["quantity_taken", "cost_taken", "cost_left", "taken"]) await duck.run(`DROP TABLE ${table}`);
}

/** Throws unless what is allocated of each key and day is what its requests cost. */
async function refuseDifference(duck: DuckDBConnection, days: readonly Date[]): Promise<void> {
  const found = await duck.runAndReadAll(`SELECT day, allocated, used FROM
      (SELECT day, key_id, sum(cost)::HUGEINT AS used FROM ${FOCUS_PART} GROUP BY day, key_id)
      LEFT JOIN (SELECT day, key_id, sum(cost)::HUGEINT AS allocated FROM focus_owner GROUP BY day, key_id) USING (day, key_id)
    WHERE coalesce(allocated, 0) <> used ORDER BY day, key_id LIMIT 1`);
  const [first] = z.array(z.tuple([z.number(), z.bigint().nullable(), z.bigint()])).parse(found.getRowsJS());
  if (first === undefined) return;
  const [day, allocated, used] = first;
  throw new LedgerError("allocation_differs", `of ${formatDollars(used)} dollars that one key used on the day from ${days[day]?.toISOString() ?? ""} on, ${formatDollars(allocated ?? 0n)} are allocated`, {
    remedy: "run aperture-ledger run, then ask again; report it if that does not help",
  });
}
