import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { listPeriods, type Span } from "../settings/periods.ts";
import type { AllocationSettings } from "../settings/settings.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "../shares/span-tables.ts";

/** What a team's discounts and markups were calculated from, by rule and rate. */
export type AdjustedBases = ReadonlyMap<string, Nanodollars>;

export function nameAdjustment({ rule, base }: { rule: string; base: string | null }): string {
  return JSON.stringify([rule, base]);
}

/**
 * Sums what each discount and markup of a team was applied to: the cost, changed by the adjustments before it. The span must be allocated without
 * cuts, so that its pieces are its periods.
 */
export async function sumBases(duck: DuckDBConnection, team: string, settings: AllocationSettings, span: Span): Promise<AdjustedBases> {
  const places = listPeriods(settings, span).flatMap((period, piece) => period.settings.adjustments.map(({ name }, place) => [piece, name, place]));
  if (places.length === 0) return new Map();
  await duck.run("CREATE TEMP TABLE adjustment_place (piece INTEGER, rule VARCHAR, place INTEGER)");
  try {
    await appendRows(duck, "adjustment_place", places);
    const own = `(SELECT piece, key_id, tag, method, rule, base, cost FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) WHERE team = ${sqlText(team)} AND piece IS NOT NULL)`;
    const found = await duck.runAndReadAll(`
      WITH own AS MATERIALIZED (SELECT own.*, place FROM ${own} AS own LEFT JOIN adjustment_place ON method = 'adjustment' AND adjustment_place.piece = own.piece AND adjustment_place.rule = own.rule)
      SELECT one.rule, one.base, sum(other.cost)::HUGEINT AS adjusted FROM (SELECT DISTINCT piece, key_id, tag, rule, base, place FROM own WHERE place IS NOT NULL) AS one
      JOIN own AS other ON other.piece = one.piece AND other.key_id = one.key_id AND other.tag = one.tag AND (other.method <> 'adjustment' OR other.place < one.place)
      GROUP BY one.rule, one.base`);
    const rows = z.array(z.object({ rule: z.string(), base: z.string().nullable(), adjusted: z.bigint() })).parse(found.getRowObjectsJS());
    return new Map(rows.map((row) => [nameAdjustment(row), row.adjusted]));
  } finally {
    await duck.run("DROP TABLE adjustment_place");
  }
}
