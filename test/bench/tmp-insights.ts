import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { payByDay } from "../../jobs/pay-by-day.ts";
import { allocateSpan } from "../../src/allocation/allocate-span.ts";
import { COUNTS } from "../../src/allocation/sums.ts";
import { writeAllocations } from "../../src/allocation/write-allocations.ts";
import { NumberedUsages } from "../../src/chargeback/insights/numbered-usages.ts";
import { rankSessions } from "../../src/chargeback/insights/rank-sessions.ts";
import { readAgents } from "../../src/chargeback/insights/read-agents.ts";
import { countPartial, readSessionParts } from "../../src/chargeback/insights/read-sessions.ts";
import { splitOverAgents } from "../../src/chargeback/insights/split-agents.ts";
import { sumDays } from "../../src/chargeback/insights/sum-days.ts";
import { sumTeams } from "../../src/chargeback/insights/sum-teams.ts";
import { boundMonth, daysOfMonth } from "../../src/chargeback/month.ts";
import { sqlText, withDuckDb } from "../../src/duckdb.ts";
import { NO_TEAMS } from "../no-teams.ts";
import { mostResidentMiB } from "./resident.ts";
const settings = {
    ...NO_TEAMS, several: "even" as const,
    teams: [{ name: "a", members: ["user1*"] }, { name: "b", members: ["user*"] }, { name: "platform", members: ["tag:prod"] }],
    pools: [{ name: "platform", when: { team: "platform" }, spread: "proportional" as const }],
    adjustments: [],
};
const [, , rowsText = "1000000", people = "97"] = process.argv;
const rows = Number(rowsText);
async function write(duck: DuckDBConnection, rollups: string, usage: string): Promise<void> {
  const each = Math.ceil(rows / 2976);
  const tokens = COUNTS.slice(2).map((name) => `(i % 1000)::BIGINT AS ${name}`);
  const key = `'prod' AS instance,
      CASE WHEN i % 20 > 0 THEN 'user' || (hash(i) % ${people})::VARCHAR || '@example.com' ELSE 'tag:api,tag:prod' END AS caller,
      CASE WHEN i % 20 > 0 THEN 'user' ELSE 'tag' END AS caller_type, CASE WHEN i % 20 > 0 THEN []::VARCHAR[] ELSE ['tag:api', 'tag:prod'] END AS tags,
      'anthropic' AS provider, 'model-' || (i % 5)::VARCHAR AS model, 'metered' AS billing,
      CASE WHEN i % 3 = 0 THEN MAP {'repo': 'acme/' || (i % 7)::VARCHAR} ELSE MAP {}::MAP(VARCHAR, VARCHAR) END AS dimensions, CASE WHEN i % 4 = 0 THEN 'codex' ELSE 'claude-code' END AS agent, ((i % 1000) / 1e6)::DECIMAL(18,9) AS cost_usd`;
  await duck.run(`COPY (SELECT TIMESTAMPTZ '2026-10-01 00:00:00+00' + to_minutes(15 * (i // ${String(each)})) AS slot, ${key},
      1::BIGINT AS requests, 0::BIGINT AS unpriced_requests, ${tokens.join(", ")} FROM range(${String(rows)}) numbers(i)) TO ${sqlText(rollups)} (FORMAT parquet)`);
  await duck.run(`COPY (SELECT TIMESTAMPTZ '2026-10-01 00:00:00+00' + to_minutes(15 * (i // ${String(each)})) AS ts, ${key}, 's' || (i // 100 * 20 + i % 20)::VARCHAR AS session_id, false AS partial FROM range(${String(rows)}) numbers(i)) TO ${sqlText(usage)} (FORMAT parquet)`);
}
const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-month-"));
let last = performance.now();
const lap = (what: string): void => { const t = performance.now(); process.stdout.write(`${what} ${((t - last) / 1000).toFixed(2)} s, ${String(mostResidentMiB())} MiB\n`); last = t; };
try {
  const [rollups, usage] = [join(folder, "r.parquet"), join(folder, "u.parquet")];
  await withDuckDb({ temporaryDirectory: folder }, (duck) => write(duck, rollups, usage));
  const month = boundMonth("2026-10", "UTC"); const days = daysOfMonth(month);
  lap("write");
  await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    const { allocated } = await allocateSpan(duck, [rollups], month, settings);
    await writeAllocations(duck, allocated, join(folder, "a.parquet"));
  });
  lap("allocate");
  await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    const paid = await payByDay(duck, [rollups], month, days, settings);
    lap(`pay by day ${String(paid.size)}`);
    const usages = await NumberedUsages.create(duck, [rollups], month, days);
    lap("number");
    const agents = await readAgents(duck, usages, [rollups]);
    lap("read agents");
    splitOverAgents(paid, agents);
    lap("split agents");
    const ranked = await rankSessions(readSessionParts(duck, usages, [usage]), paid);
    lap(`sessions ${String([...ranked.byTeam.values()].map(({ sessions }) => sessions))}`);
    await countPartial(duck, usages, [usage]);
    lap("partial");
    sumDays(paid, days);
    lap("days");
    await sumTeams(duck, join(folder, "a.parquet"), ["repo"]);
    lap("teams");
  });
} finally { rmSync(folder, { recursive: true, force: true }); }
