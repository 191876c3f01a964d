import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { BILLIONTHS } from "../../ledger/money.ts";
import { sqlText } from "../../ledger/sql/duckdb.ts";
import { sqlNanodollars } from "../../ledger/sql/sql-values.ts";
import { mapReported, REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import type { NumberedUsages } from "./numbered-usages.ts";
import type { AgentUsage, AgentUsages } from "./split-agents.ts";

const SUMS = ["requests", "unpriced_requests", ...REPORTED_COLUMNS.map(({ name }) => name)];

const agentRow = z.tuple([z.number(), z.string().nullable(), z.bigint().nullable(), z.bigint(), z.bigint()], z.bigint());

/** A day of a month, what was used on it, and the local `rollups` files that tell of it. */
export interface NamedDay {
  day: string;
  rollups: readonly string[];
  /** Of its usages, by number. */
  names: ReadonlyMap<number, string>;
}

/** Which agents the usages of a day were made with. */
export async function readAgents(duck: DuckDBConnection, usages: NumberedUsages, { day, rollups, names }: NamedDay): Promise<AgentUsages> {
  if (rollups.length === 0) return new Map();
  const result = await duck.stream(`
    SELECT usage_id, agent, ${sqlNanodollars("sum(cost_usd)")}, ${SUMS.map((name) => `sum(${name})::HUGEINT`).join(", ")}
    FROM ${usages.rowsOf(rollups, "slot")} WHERE day = ${sqlText(day)} GROUP BY usage_id, agent ORDER BY usage_id, agent NULLS FIRST`);
  const agents = new Map<string, AgentUsage[]>();
  for await (const rows of result.yieldRowsJs()) {
    for (const row of rows) {
      const [id, agent, cost, requests, unpriced, ...counts] = agentRow.parse(row);
      const name = names.get(id);
      if (name === undefined) continue;
      const tokens = mapReported((_, column) => (counts[REPORTED_COLUMNS.findIndex(({ name: one }) => one === column)] ?? 0n) * BILLIONTHS);
      const used = { agent, figures: { cost, requests: requests * BILLIONTHS, unpricedRequests: unpriced * BILLIONTHS, tokens } };
      const known = agents.get(name);
      if (known === undefined) agents.set(name, [used]);
      else known.push(used);
    }
  }
  return agents;
}
