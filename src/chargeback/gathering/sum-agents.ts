import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { ALLOCATED, ALLOCATED_OWNER, PAYING_TEAM } from "../../allocation/shares/span-tables.ts";
import { SLOT_USAGE, USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import { ascending } from "../../ledger/orders.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { findLargest, sqlSplit } from "../../ledger/sql/sql-split.ts";
import { mapReported, REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { BILLINGS, CHARGE } from "../../ledger/usage/usage-record.ts";
import { ADJUSTMENT, type AllocatedPart, type AllocatedSummary, groupAllocated } from "../report/allocation-figures.ts";
import { nameTeam } from "../report/name-team.ts";

/** Amounts that agents are given a part of, in the order of their numbers; what adjustments change is split like the cost. */
const AMOUNTS = ["cost", "adjustments", "requests", "unpriced_requests", ...REPORTED_COLUMNS.map(({ name }) => name)] as const;
const COUNTS = AMOUNTS.slice(2);

const agentRow = z.object({
  team: z.string(),
  cost_center: z.string().nullable(),
  billing: z.enum(BILLINGS),
  agent: z.string().nullable(),
  cost: z.bigint().nullable(),
  adjustments: z.bigint().nullable(),
  requests: z.bigint(),
  unpriced_requests: z.bigint(),
});

/**
 * Splits what each team pays over the agents that made the requests, day by day and key by key. Cost is split in proportion to the agents' cost,
 * requests and each kind of token likewise, by largest remainder with ties by name. What invoices change is split by the agents' cost in the
 * month. The agents of a team add up to the team exactly. By `nameTeam`.
 */
export async function sumAgents(duck: DuckDBConnection): Promise<ReadonlyMap<string, AllocatedSummary<{ agent: string | null }>>> {
  await createAgents(duck);
  const sums = (from: (name: string) => string): string => AMOUNTS.map((name) => `sum(${from(name)})::HUGEINT AS ${name}`).join(", ");
  const alone = `SELECT team_no, agent_id, billing, ${sums((name) => `payer.${name}`)}
    FROM payer JOIN day_agent AS used USING (piece, key_id) JOIN ${USAGE_KEY} USING (key_id) WHERE agents = 1 GROUP BY ALL`;
  await shareAmong(duck);
  const shared = `SELECT team_no, agent_id, billing, ${AMOUNTS.map((_, number) => sumOf(number)).join(", ")}
    FROM agent_part JOIN payer USING (payer_id) JOIN ${USAGE_KEY} USING (key_id) GROUP BY ALL`;
  const invoiced = `SELECT team_no, agent_id, billing, NULL, sum(amount)::HUGEINT, ${COUNTS.map(() => "0").join(", ")} FROM agent_true_up GROUP BY ALL`;
  const found = await duck.runAndReadAll(`SELECT team, cost_center, billing, agent, ${sums((name) => `used.${name}`)}
    FROM (${alone} UNION ALL ${shared} UNION ALL ${invoiced}) AS used JOIN month_agent USING (agent_id) JOIN ${PAYING_TEAM} USING (team_no) GROUP BY ALL ORDER BY ALL`);
  for (const table of ["month_agent", "day_agent", "payer", "agent_part", "agent_true_up"]) await duck.run(`DROP TABLE ${table}`);
  const parts = [...found.getRowObjectsJS().map((row) => toParts(agentRow.parse(row), row)).flat(), ...(await readCharges(duck))];
  return new Map([...Map.groupBy(parts, ({ name }) => name)].map(([name, ofTeam]) => [name, groupAllocated(ofTeam, ({ agent }) => ({ agent }))]));
}

/** Charges other than usage come from no agent. */
const CHARGES = "(charges)";

const chargeRow = z.tuple([z.string(), z.string().nullable(), z.bigint()]);

async function readCharges(duck: DuckDBConnection): Promise<AgentPart[]> {
  const found = await duck.runAndReadAll(`SELECT team, cost_center, sum(cost)::HUGEINT FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${USAGE_KEY} USING (key_id) WHERE billing = '${CHARGE}' GROUP BY ALL ORDER BY ALL`);
  return z.array(chargeRow).parse(found.getRowsJS()).map(([team, costCenter, cost]) => ({
    name: nameTeam({ team, costCenter }), agent: CHARGES, billing: CHARGE, method: ADJUSTMENT, cost, requests: 0n, unpricedRequests: 0n, tokens: mapReported(() => 0n),
  }));
}

/** SQL of the sum of one amount of agents; a count of nothing is 0. */
function sumOf(number: number): string {
  const sum = `sum(amount) FILTER (amount_no = ${String(number)})`;
  return `${AMOUNTS.length - number > COUNTS.length ? sum : `coalesce(${sum}, 0)`}::HUGEINT`;
}

type AgentPart = AllocatedPart & { name: string; agent: string | null };

function toParts({ team, cost_center, billing, agent, cost, adjustments, requests, unpriced_requests }: z.infer<typeof agentRow>, row: Readonly<Record<string, unknown>>): AgentPart[] {
  const [name, tokens] = [nameTeam({ team, costCenter: cost_center }), mapReported((_, column) => z.bigint().parse(row[column]))];
  const usage = { name, agent, billing, method: "usage", cost, requests, unpricedRequests: unpriced_requests, tokens };
  if (adjustments === null) return [usage];
  return [usage, { ...usage, method: ADJUSTMENT, cost: adjustments, requests: 0n, unpricedRequests: 0n, tokens: mapReported(() => 0n) }];
}

/** Who made the requests of each key and day, who pays for them, and the places of agents in the order of their names. */
async function createAgents(duck: DuckDBConnection): Promise<void> {
  const found = z.array(z.tuple([z.string().nullable()])).parse((await duck.runAndReadAll(`SELECT DISTINCT agent FROM ${SLOT_USAGE}`)).getRowsJS());
  const inOrder = found.map(([agent]) => agent).sort((a, b) => ascending(a ?? "", b ?? "") || Number(a !== null) - Number(b !== null));
  await duck.run("CREATE TEMP TABLE month_agent (agent_id INTEGER, agent VARCHAR)");
  await appendRows(duck, "month_agent", inOrder.map((agent, id) => [id, agent]));
  await duck.run(`CREATE TEMP TABLE day_agent AS SELECT *, count(*) OVER (PARTITION BY piece, key_id) AS agents FROM (
    SELECT piece, key_id, agent_id, sum(cost)::HUGEINT AS cost, ${COUNTS.map((name) => `sum(${name})::HUGEINT AS ${name}`).join(", ")}
    FROM ${SLOT_USAGE} AS used JOIN month_agent ON used.agent IS NOT DISTINCT FROM month_agent.agent GROUP BY piece, key_id, agent_id)`);
  await duck.run(`CREATE TEMP TABLE payer AS SELECT (row_number() OVER ())::INTEGER AS payer_id, piece, key_id, team_no, sum(cost) FILTER (method <> 'adjustment')::HUGEINT AS cost, sum(cost) FILTER (method = 'adjustment')::HUGEINT AS adjustments,
      ${COUNTS.map((name) => `sum(${name})::HUGEINT AS ${name}`).join(", ")}
    FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) WHERE piece IS NOT NULL GROUP BY piece, key_id, team_no`);
}

/** Splits what several agents have together; requests without a price get no part of a cost. Counts of zero are left out. */
async function shareAmong(duck: DuckDBConnection): Promise<void> {
  const numbers = AMOUNTS.map((_, number) => number).join(", ");
  const whole = `SELECT payer_id, agent_id, agents, unnest([${numbers}])::INTEGER AS amount_no,
      unnest([${AMOUNTS.map((name) => `payer.${name}`).join(", ")}]) AS amount, unnest([${["cost", "cost", ...COUNTS].map((name) => `coalesce(used.${name}, 0)`).join(", ")}]) AS share, used.cost IS NULL AS is_unpriced
    FROM payer JOIN day_agent AS used USING (piece, key_id) WHERE agents > 1`;
  const parts = `SELECT * EXCLUDE (agents, share, whole_share), CASE WHEN whole_share = 0 THEN 1 ELSE share END AS weight, CASE WHEN whole_share = 0 THEN agents ELSE whole_share END AS all_weights,
      row_number() OVER (PARTITION BY payer_id, amount_no ORDER BY agent_id) - 1 AS place
    FROM (SELECT *, sum(share) OVER (PARTITION BY payer_id, amount_no) AS whole_share FROM (${whole}) WHERE amount_no = 0 OR (amount IS NOT NULL AND (amount_no = 1 OR amount <> 0)))`;
  const bounds = `SELECT greatest(${AMOUNTS.map((name) => `abs(${name})`).join(", ")}) AS amount, (SELECT max(greatest(cost, ${COUNTS.join(", ")})) * max(agents) FROM day_agent) AS all_weights FROM payer`;
  await duck.run(`CREATE TEMP TABLE agent_part AS SELECT * EXCLUDE (is_unpriced) REPLACE (CASE WHEN amount_no < 2 AND is_unpriced THEN NULL ELSE amount END AS amount)
    FROM ${sqlSplit(parts, ["payer_id", "amount_no"], await findLargest(duck, bounds))}`);
  await createTrueUps(duck);
}

/** What invoices change, over the agents whose requests have a price; over all of them where none has. */
async function createTrueUps(duck: DuckDBConnection): Promise<void> {
  const invoiced = `SELECT row_number() OVER () AS change_id, key_id, team_no, billing, cost AS amount FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${USAGE_KEY} USING (key_id) WHERE piece IS NULL`;
  const ofMonth = "SELECT key_id, agent_id, sum(cost)::HUGEINT AS cost FROM day_agent GROUP BY key_id, agent_id";
  const over = `SELECT *, count(*) OVER whole AS parts, sum(coalesce(cost, 0)) OVER whole AS whole_cost FROM (
      SELECT *, count(cost) OVER (PARTITION BY change_id) AS priced FROM (${invoiced}) JOIN (${ofMonth}) USING (key_id)
    ) WHERE cost IS NOT NULL OR priced = 0 WINDOW whole AS (PARTITION BY change_id)`;
  const parts = `SELECT change_id, team_no, billing, agent_id, amount, CASE WHEN whole_cost = 0 THEN 1 ELSE cost END AS weight, CASE WHEN whole_cost = 0 THEN parts ELSE whole_cost END AS all_weights,
      row_number() OVER (PARTITION BY change_id ORDER BY agent_id) - 1 AS place FROM (${over})`;
  await duck.run(`CREATE TEMP TABLE agent_true_up AS FROM ${sqlSplit(parts, ["change_id"], await findLargest(duck, parts))}`);
}
