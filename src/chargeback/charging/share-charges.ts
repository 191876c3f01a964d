import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { ALLOCATED, ALLOCATED_OWNER } from "../../allocation/shares/span-tables.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { formatDollars } from "../../ledger/money.ts";
import { ascending } from "../../ledger/orders.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { findLargest, sqlSplit } from "../../ledger/sql/sql-split.ts";
import { UNALLOCATED, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { sqlGrain } from "../focus/list-cost.ts";
import { FOCUS_PART } from "./split-by-meter.ts";

/**
 * What an owner is charged for a part: `part_id`, `owner_id`, `cost` in nanodollars, `quantity` in millionths of the unit, `share` of the part in
 * billionths.
 */
export const SPLIT_CHARGE = "split_charge";

/**
 * Splits the parts of each key and day over the owners. The charges of an owner add up to the owner's cost, and those of a part to the
 * part: each owner in turn takes from what is left of the parts.
 * @param days beginnings of the days
 */
export async function splitCharges(duck: DuckDBConnection, days: readonly Date[]): Promise<void> {
  await createOwners(duck);
  await refuseDifference(duck, days);
  await duck.run(`CREATE TEMP TABLE ${SPLIT_CHARGE} AS SELECT part_id, owner_id, part.cost, quantity * 1000000 AS quantity, share::INTEGER AS share
    FROM ${FOCUS_PART} AS part JOIN focus_owner USING (day, key_id) WHERE owners = 1`);
  await shareOut(duck);
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
  await duck.run(`CREATE TEMP TABLE focus_owner AS SELECT piece AS day, key_id, owner_id, coalesce(cost, 0) AS cost, share::INTEGER AS share, name_place,
      (row_number() OVER (PARTITION BY piece, key_id ORDER BY turn))::INTEGER AS turn, (count(*) OVER (PARTITION BY piece, key_id))::INTEGER AS owners
    FROM ${ALLOCATED} JOIN owner_order USING (owner_id) WHERE piece IS NOT NULL`);
  await duck.run("DROP TABLE owner_order");
}

/** Places of texts in their order. */
function placesOf(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(texts)].sort(ascending).map((text, place) => [text, place]));
}

/** Shares out parts that have several owners. */
async function shareOut(duck: DuckDBConnection): Promise<void> {
  await duck.run(`CREATE TEMP TABLE shared_part AS SELECT part.*, ${sqlGrain("unit_price")} AS grain, owners, count(*) OVER (PARTITION BY day, key_id) AS parts FROM ${FOCUS_PART} AS part JOIN (SELECT DISTINCT day, key_id, owners FROM focus_owner WHERE owners > 1) USING (day, key_id)`);
  const turns = z.number().parse((await duck.runAndReadAll("SELECT coalesce(max(owners) FILTER (parts > 1), 0)::INTEGER FROM shared_part")).getRowsJS()[0]?.[0]);
  const quantities = `SELECT part_id, owner_id, turn, grain, quantity * (1000000 // grain) AS amount, share, share::HUGEINT AS weight, sum(share) OVER (PARTITION BY part_id) AS all_weights,
    row_number() OVER (PARTITION BY part_id ORDER BY name_place, turn) - 1 AS place FROM shared_part JOIN focus_owner USING (day, key_id)`;
  const shared = sqlSplit(quantities, ["part_id"], await findLargest(duck, "SELECT quantity * 1000000 AS amount, 1000000000::HUGEINT AS all_weights FROM shared_part"));
  // The only part of its key and day is charged to the owners as they owe.
  const costs = ["SELECT part_id, turn, focus_owner.cost AS amount FROM shared_part JOIN focus_owner USING (day, key_id) WHERE parts = 1"];
  await duck.run("CREATE TEMP TABLE taken_0 AS SELECT day, key_id, part_id, place, cost AS left_over, 0::HUGEINT AS amount FROM shared_part WHERE parts > 1");
  const most = await findLargest(duck, "SELECT cost AS amount, sum(cost) OVER (PARTITION BY day, key_id) AS all_weights FROM focus_owner WHERE owners > 1");
  for (let turn = 1; turn <= turns; turn += 1) {
    costs.push(`SELECT part_id, ${String(turn)}, amount FROM taken_${String(turn)}`);
    await duck.run(`CREATE TEMP TABLE taken_${String(turn)} AS SELECT * RENAME (place_of_part AS place) FROM ${sqlSplit(partsOfTurn(turn), ["day", "key_id"], most)}`);
  }
  await duck.run(`INSERT INTO ${SPLIT_CHARGE} SELECT part_id, owner_id, cost.amount, quantity.amount * grain, share FROM (${costs.join(" UNION ALL ")}) AS cost(part_id, turn, amount) JOIN ${shared} AS quantity USING (part_id, turn)`);
  for (const table of ["shared_part", ...costs.map((_, turn) => `taken_${String(turn)}`)]) await duck.run(`DROP TABLE ${table}`);
}

/** SQL of the rest of each part after the previous owner. The next owner takes from that rest, and takes nothing from an empty rest. */
function partsOfTurn(turn: number): string {
  return `SELECT day, key_id, part_id, place, place AS place_of_part, cost AS amount, left_over, CASE WHEN whole = 0 THEN 1 ELSE left_over END AS weight, CASE WHEN whole = 0 THEN parts ELSE whole END AS all_weights
    FROM (SELECT *, sum(left_over) OVER one AS whole, count(*) OVER one AS parts FROM (SELECT day, key_id, part_id, place, left_over - amount AS left_over FROM taken_${String(turn - 1)}) WINDOW one AS (PARTITION BY day, key_id))
    JOIN (SELECT day, key_id, cost FROM focus_owner WHERE turn = ${String(turn)}) USING (day, key_id)`;
}

/** Throws unless the allocated amount of each key and day equals the cost of its requests. */
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
