import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { WHOLE } from "../../allocation/shares/adjustments.ts";
import { KEY_WAY } from "../../allocation/shares/find-ways.ts";
import { ALLOCATED, ALLOCATED_OWNER, PAYING_TEAM } from "../../allocation/shares/span-tables.ts";
import { type Piece, USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import type { Ways } from "../../allocation/shares/ways.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { findLargest, sqlAdjust, sqlSplit } from "../../ledger/sql/sql-split.ts";
import { sqlNanodollars, sqlPlaceAmong, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { sqlSameKey } from "../../ledger/usage/usage-key.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import type { RankedSessions, SessionFigures } from "../sections/sessions.ts";
import type { Span } from "../../allocation/settings/periods.ts";
import { nameTeam } from "../report/name-team.ts";
import type { MonthTables } from "./month-tables.ts";

const MOST = 20;
const MOST_OF_TEAM = 10;

/** Sessions are numbered in the order of their names. */
const ORDER = "owed DESC, list_value DESC, requests DESC, session_no";
/** What a session says besides what it cost; worked out for the ones that are shown. */
const FIGURES = "min(caller_no) AS caller_no, min(agent) AS agent, min(first_us) AS first_us, max(last_us) AS last_us";
const NAMED = "JOIN month_session USING (session_no)";
const CALLERS = "JOIN (SELECT DISTINCT caller_no, caller FROM session_key) USING (caller_no)";

/**
 * Ranks sessions by the amount owed for them, then by list value, overall and by team. What a session used of each key on each day is split over
 * those who pay for it by their shares, by largest remainder, and then adjusted, so the teams' parts add up to the session. The sessions of a
 * team may differ from the team's own sum by their rounding.
 */
export async function rankSessions({ duck, month, usage, allocation: { pieces, ways } }: Pick<MonthTables, "duck" | "month" | "usage" | "allocation">): Promise<RankedSessions> {
  await createParts(duck, usage.map(({ file }) => file), month, pieces);
  await splitOverPayers(duck, pieces, ways);
  const costs = `coalesce(sum(cost) FILTER (NOT is_list_value), 0)::HUGEINT AS owed, coalesce(sum(cost) FILTER (is_list_value), 0)::HUGEINT AS list_value`;
  await duck.run(`CREATE TEMP TABLE team_session AS SELECT team_no, session_no, sum(requests)::HUGEINT AS requests, ${costs} FROM session_cost GROUP BY team_no, session_no`);
  const top = await duck.runAndReadAll(`SELECT session_id, instance, caller, agent, first_us, last_us, requests, owed, list_value FROM (
      SELECT * FROM (SELECT session_no, sum(owed)::HUGEINT AS owed, sum(list_value)::HUGEINT AS list_value FROM team_session GROUP BY session_no)
        JOIN (SELECT session_no, sum(requests)::HUGEINT AS requests FROM session_part GROUP BY session_no) USING (session_no)
      ORDER BY ${ORDER} LIMIT ${String(MOST)}
    ) ${NAMED} JOIN (SELECT session_no, ${FIGURES} FROM session_part GROUP BY session_no) USING (session_no) ${CALLERS} ORDER BY ${ORDER}`);
  const ofTeams = await duck.runAndReadAll(`SELECT team, cost_center, count(*)::INTEGER, sum(owed)::HUGEINT FROM team_session JOIN ${PAYING_TEAM} USING (team_no) GROUP BY team, cost_center`);
  const topOfTeams = await duck.runAndReadAll(`WITH ranked AS MATERIALIZED (FROM team_session QUALIFY row_number() OVER (PARTITION BY team_no ORDER BY ${ORDER}) <= ${String(MOST_OF_TEAM)})
    SELECT team, cost_center, session_id, instance, caller, agent, first_us, last_us, requests, owed, list_value
    FROM ranked JOIN (
      SELECT team_no, session_no, ${FIGURES} FROM session_part JOIN (SELECT part_id, team_no FROM session_cost SEMI JOIN ranked USING (team_no, session_no)) USING (part_id) GROUP BY team_no, session_no
    ) USING (team_no, session_no) JOIN ${PAYING_TEAM} USING (team_no) ${NAMED} ${CALLERS} ORDER BY ${ORDER}`);
  for (const table of ["month_session", "session_key", "session_part", "session_cost", "team_session"]) await duck.run(`DROP TABLE ${table}`);
  const sessions = z.array(teamSessionRow).parse(topOfTeams.getRowObjectsJS());
  const byTeam = Map.groupBy(sessions, ({ team, cost_center }) => nameTeam({ team, costCenter: cost_center }));
  return {
    top: z.array(sessionRow).parse(top.getRowObjectsJS()).map(toSession),
    byTeam: new Map(z.array(teamRow).parse(ofTeams.getRowsJS()).map(([team, costCenter, count, owed]) => {
      const name = nameTeam({ team, costCenter });
      return [name, { sessions: count, owed, top: (byTeam.get(name) ?? []).map(toSession) }];
    })),
  };
}

const teamRow = z.tuple([z.string(), z.string().nullable(), z.number(), z.bigint()]);

const sessionRow = z.object({
  session_id: z.string(),
  instance: z.string(),
  caller: z.string(),
  agent: z.string().nullable(),
  first_us: z.bigint(),
  last_us: z.bigint(),
  requests: z.bigint(),
  owed: z.bigint(),
  list_value: z.bigint(),
});

const teamSessionRow = sessionRow.extend({ team: z.string(), cost_center: z.string().nullable() });

function toSession({ session_id, instance, caller, agent, first_us, last_us, requests, owed, list_value }: z.infer<typeof sessionRow>): SessionFigures {
  const [from, to] = [new Date(Number(first_us / 1000n)), new Date(Number(last_us / 1000n))];
  return { session: session_id, instance, caller, agent, from, to, requests, owed, listValue: list_value };
}

/** What sessions used of each key on each day. */
async function createParts(duck: DuckDBConnection, files: readonly string[], { from, to }: Span, pieces: readonly Piece[]): Promise<void> {
  const used = `(SELECT * REPLACE (map_entries(dimensions) AS dimensions) FROM ${readParquet(...files)} WHERE ${sqlWithin("ts", { from, to })} AND session_id <> '')`;
  await duck.run(`CREATE TEMP TABLE month_session AS SELECT (row_number() OVER (ORDER BY session_id, instance))::INTEGER AS session_no, * FROM (SELECT DISTINCT instance, session_id FROM ${used})`);
  await duck.run(`CREATE TEMP TABLE session_key AS SELECT key_id, dense_rank() OVER (ORDER BY caller)::INTEGER AS caller_no, caller, ${IS_LIST_VALUE} AS is_list_value FROM ${USAGE_KEY}`);
  await duck.run(`CREATE TEMP TABLE session_part AS SELECT (row_number() OVER ())::INTEGER AS part_id, summed.*, caller_no, is_list_value FROM (
      SELECT session_no, ${sqlPlaceAmong("ts", pieces.map((piece) => piece.from))} AS piece, key_id,
        min(agent) AS agent, epoch_us(min(ts)) AS first_us, epoch_us(max(ts)) AS last_us, count(*)::BIGINT AS requests, coalesce(${sqlNanodollars("sum(cost_usd::DECIMAL(38,9))")}, 0) AS amount
      FROM ${used} AS used JOIN ${USAGE_KEY} ON ${sqlSameKey("used", USAGE_KEY)} JOIN month_session ON used.session_id = month_session.session_id AND used.instance = month_session.instance
      GROUP BY ALL
    ) AS summed JOIN session_key USING (key_id)`);
}

/** Splits the parts over those who pay for them, and adjusts each payer's cost. */
async function splitOverPayers(duck: DuckDBConnection, pieces: readonly Piece[], ways: Ways): Promise<void> {
  const owners = `(SELECT owner_id, team_no FROM ${ALLOCATED_OWNER} WHERE method <> 'adjustment')`;
  await duck.run(`CREATE TEMP TABLE share_payer AS SELECT *, (count(*) OVER whole)::INTEGER AS payers, (row_number() OVER (whole ORDER BY team_no) - 1)::INTEGER AS place FROM (
      SELECT piece, key_id, team_no, sum(share)::HUGEINT AS weight FROM ${ALLOCATED} JOIN ${owners} USING (owner_id) WHERE piece IS NOT NULL GROUP BY piece, key_id, team_no
    ) WINDOW whole AS (PARTITION BY piece, key_id)`);
  const columns = "part_id, session_no, piece, key_id, team_no, is_list_value, requests, amount, weight AS share";
  const paid = "session_part JOIN share_payer USING (piece, key_id)";
  const parts = `SELECT ${columns}, weight, 1000000000::HUGEINT AS all_weights, place FROM ${paid} WHERE payers > 1`;
  const split = `(SELECT ${columns} FROM ${paid} WHERE payers = 1 UNION ALL SELECT * FROM ${sqlSplit(parts, ["part_id"], await findLargest(duck, "SELECT amount, 1000000000::HUGEINT AS all_weights FROM session_part"))} WHERE share > 0)`;
  const steps = await createChanges(duck, ways);
  const percents = Array.from({ length: steps }, (_, step) => `coalesce(percent_${String(step)}, 0) AS percent_${String(step)}`);
  const adjusted = sqlAdjust(`SELECT part_id, session_no, team_no, is_list_value, requests, ${["amount", "amount AS left_0", ...percents].join(", ")} FROM ${split} AS used
    LEFT JOIN (SELECT piece_id AS piece, key_id, way_id FROM ${KEY_WAY} JOIN piece_period USING (period)) USING (piece, key_id)
    LEFT JOIN (SELECT way_id, team_no, team_change.* EXCLUDE (way_id, team) FROM team_change JOIN ${PAYING_TEAM} USING (team)) USING (way_id, team_no)`, steps, WHOLE);
  await duck.run("CREATE TEMP TABLE piece_period (piece_id INTEGER, period INTEGER)");
  await appendRows(duck, "piece_period", pieces.map(({ period }, piece) => [piece, period]));
  await duck.run(`CREATE TEMP TABLE session_cost AS SELECT part_id, session_no, team_no, is_list_value, requests, CASE WHEN is_list_value THEN amount ELSE adjusted END AS cost FROM ${adjusted}`);
  for (const table of ["share_payer", "piece_period", "team_change"]) await duck.run(`DROP TABLE ${table}`);
}

/** The discounts and markups of each way on each team, one after the other. Returns how many there are at the most. */
async function createChanges(duck: DuckDBConnection, { plans }: Ways): Promise<number> {
  const changed = plans.flatMap((plan, way) => plan.payers.flatMap((team) => {
    const changes = plan.adjustmentsOf(team);
    return changes.length === 0 ? [] : [{ way, team, changes }];
  }));
  const steps = changed.reduce((most, { changes }) => Math.max(most, changes.length), 0);
  const columns = Array.from({ length: steps }, (_, step) => `, percent_${String(step)} HUGEINT`);
  await duck.run(`CREATE TEMP TABLE team_change (way_id INTEGER, team VARCHAR${columns.join("")})`);
  await appendRows(duck, "team_change", changed.map(({ way, team, changes }) => [way, team, ...columns.map((_, step) => changes[step]?.percent ?? 0n)]));
  return steps;
}
