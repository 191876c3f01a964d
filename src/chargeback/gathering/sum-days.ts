import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { ALLOCATED, ALLOCATED_OWNER, PAYING_TEAM } from "../../allocation/shares/span-tables.ts";
import { USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import { type DayFigures, type DaySums, noDays } from "../sections/days.ts";
import { nameTeam } from "../report/name-team.ts";

const dayRow = z.tuple([z.number(), z.string(), z.string().nullable(), z.enum(BILLINGS), z.bigint(), z.bigint()]);

/**
 * What each day cost, before adjustments, in total and by team. A team's days add up to the team, and teams to the total, exactly.
 * @param days names of the pieces of the allocation
 */
export async function sumDays(duck: DuckDBConnection, days: readonly string[]): Promise<DaySums> {
  const found = await duck.runAndReadAll(`SELECT piece, team, cost_center, billing, cost, requests FROM (
      SELECT piece, team_no, billing, coalesce(sum(cost), 0)::HUGEINT AS cost, sum(requests)::HUGEINT AS requests
      FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${USAGE_KEY} USING (key_id) WHERE piece IS NOT NULL AND method <> 'adjustment' GROUP BY ALL
    ) JOIN ${PAYING_TEAM} USING (team_no) ORDER BY ALL`);
  const sums = { all: noDays(days), byTeam: new Map<string, DayFigures[]>() };
  for (const [piece, team, costCenter, billing, cost, requests] of z.array(dayRow).parse(found.getRowsJS())) {
    const name = nameTeam({ team, costCenter });
    const ofTeam = sums.byTeam.get(name) ?? noDays(days);
    sums.byTeam.set(name, ofTeam);
    for (const day of [sums.all[piece], ofTeam[piece]]) {
      if (day === undefined) throw new RangeError(`no day ${String(piece)} in the month`);
      day.requests += requests;
      day.billing[billing] += cost;
    }
  }
  return sums;
}
