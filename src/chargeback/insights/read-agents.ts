import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { BILLIONTHS } from "../allocation-figures.ts";
import type { NumberedUsages } from "./numbered-usages.ts";
import type { AgentUsage, AgentUsages } from "./split-agents.ts";

const SUMS = ["requests", "unpriced_requests", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens"];

const agentRow = z.tuple([z.number(), z.string().nullable(), z.bigint().nullable(), z.bigint(), z.bigint(), z.bigint(), z.bigint(), z.bigint(), z.bigint()]);

/** Which agents each usage was made with, by local `rollups` files. */
export async function readAgents(duck: DuckDBConnection, usages: NumberedUsages, rollups: readonly string[]): Promise<AgentUsages> {
  const result = await duck.stream(`
    SELECT usage_id, agent, (sum(cost_usd) * 1000000000)::HUGEINT, ${SUMS.map((name) => `sum(${name})::HUGEINT`).join(", ")}
    FROM ${usages.rowsOf(rollups, "slot")} GROUP BY usage_id, agent ORDER BY usage_id, agent NULLS FIRST`);
  const agents = new Map<string, AgentUsage[]>();
  for await (const rows of result.yieldRowsJs()) {
    for (const row of rows) {
      const [id, agent, cost, requests, unpriced, input, output, cached, cacheWrite] = agentRow.parse(row);
      const name = usages.names[id] ?? "";
      const tokens = { input: input * BILLIONTHS, output: output * BILLIONTHS, cached: cached * BILLIONTHS, cacheWrite: cacheWrite * BILLIONTHS };
      const used = { agent, figures: { cost, requests: requests * BILLIONTHS, unpricedRequests: unpriced * BILLIONTHS, tokens } };
      const known = agents.get(name);
      if (known === undefined) agents.set(name, [used]);
      else known.push(used);
    }
  }
  return agents;
}
