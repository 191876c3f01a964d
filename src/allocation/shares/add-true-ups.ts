import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { COUNT_COLUMNS, USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { toUsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import type { TrueUp } from "../settings/settings.ts";
import { ALLOCATED } from "./span-tables.ts";
import { trueUp } from "./true-ups.ts";
import { type Piece, USAGE_KEY } from "./usage-tables.ts";
import type { Ways } from "./ways.ts";

const ownedRow = z
  .object({ ...usageKeyColumns, key_id: z.number(), period: z.number().nullable(), owner_id: z.number(), nanodollars: z.bigint().nullable() })
  .transform(({ key_id, period, owner_id, nanodollars, ...key }) => ({ usage: toUsageKey(key), key: key_id, period, owner: owner_id, cost: nanodollars }));

/**
 * Adds rows that bring what is owed for a provider's model to its invoice. They belong to no piece, but to the whole span.
 * @param starts of the periods, in milliseconds since 1970
 */
export async function addTrueUps(duck: DuckDBConnection, trueUps: readonly TrueUp[], { pieces, starts, ways }: { pieces: readonly Piece[]; starts: readonly number[]; ways: Ways }): Promise<void> {
  const models = trueUps.flatMap(({ amounts }) => amounts.map(({ provider, model }) => `(${sqlText(provider)}, ${sqlText(model)})`));
  if (models.length === 0) return;
  const found = await duck.runAndReadAll(`
    SELECT key_id, ([${pieces.map(({ period }) => period).join(", ")}])[piece + 1]::INTEGER AS period, owner_id, sum(cost)::HUGEINT AS nanodollars, ${USAGE_KEYS.map((name) => `any_value(${name}) AS ${name}`).join(", ")}
    FROM ${ALLOCATED} JOIN ${USAGE_KEY} USING (key_id)
    WHERE billing = 'metered' AND (provider, model) IN (${models.join(", ")}) GROUP BY key_id, period, owner_id ORDER BY key_id, period, owner_id`);
  const rows = z.array(ownedRow).parse(found.getRowObjectsJS()).map((row) => ({ ...row, ...ownerAt(ways, row.owner) }));
  const places = placesOf(rows, starts);
  const owned = rows.map((row, index) => ({ ...row, from: places[index] ?? 0 }));
  const changes = trueUp(owned, trueUps).map(({ owned: { key, team, costCenter, tag }, rule, base, cost }) => {
    const owner = ways.ownerOf({ team, costCenter, tag, method: "adjustment", rule, base });
    return [null, key, owner, 0n, cost, ...COUNT_COLUMNS.map(() => 0n)];
  });
  await appendRows(duck, ALLOCATED, changes);
}

/**
 * Distinguishes costs of one team, tag and key that are owed separately, by the start of their period. What charges cover belongs to the whole
 * month; where there is any, costs are separate only where the team's cost centre differs.
 */
function placesOf(rows: readonly Placed[], starts: readonly number[]): number[] {
  if (rows.every(({ period }) => period !== null)) return rows.map(({ period }) => starts[period ?? 0] ?? 0);
  const centers = [...new Set(rows.map(({ costCenter }) => costCenter ?? ""))].sort();
  return rows.map(({ costCenter }) => centers.indexOf(costCenter ?? ""));
}

interface Placed {
  period: number | null;
  costCenter: string | null;
}

function ownerAt({ owners }: Ways, number: number): Ways["owners"][number] {
  const owner = owners[number];
  if (owner === undefined) throw new RangeError(`no owner ${String(number)}`);
  return owner;
}
