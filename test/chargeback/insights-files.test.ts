import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Insights, NO_INSIGHTS } from "../../src/chargeback/report/insights.ts";
import { renderJson } from "../../src/chargeback/report/render-json.ts";
import { renderSummaryCsv } from "../../src/chargeback/report/render-summary-csv.ts";
import type { TeamDetail } from "../../src/chargeback/sections/each-team/each-team.ts";
import type { SessionFigures } from "../../src/chargeback/sections/sessions.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { HOSTILE_NAMES, inventHostileReport } from "./invented-report.ts";

const NOTHING = { requests: 0n, cost: null, unpricedRequests: 0n };
const FIGURES = { ...NOTHING, adjustments: null, charges: null, tokens: { input: 1n, output: 0n, cached: 0n, cacheWrite: 0n }, billing: { metered: { ...NOTHING, cost: 5n }, subscription: NOTHING, caller_key: NOTHING, self_hosted: NOTHING } };

/** As a strict reader has it, without the header. */
async function readCsv(csv: string): Promise<string[][]> {
  const file = join(temporaryFolder(), "summary.csv");
  writeFileSync(file, csv);
  const rows = await query(`FROM read_csv('${file}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', new_line = '\\n', strict_mode = true)`);
  return rows.map((row) => Object.values(row).map((cell) => (typeof cell === "string" ? cell : "")));
}

/** Every name from outside is this one. */
function inventInsights(name: string): Insights {
  const at = new Date("2026-10-05T12:00:00Z");
  const session: SessionFigures = { session: name, instance: name, caller: name, agent: name, from: at, to: at, requests: 3n, owed: 7n, listValue: 0n };
  const change = { month: "2026-09", days: null, before: 10n, now: 3n, price: -4n, volume: -5n, mix: 2n };
  const team: TeamDetail = {
    team: name, costCenter: name, figures: FIGURES, change, drivers: [], averagesBefore: null,
    budgets: [{ name, scope: name, isWholeTeam: true, period: "2026-10", amount: 9n, spent: 5n, percent: 55.5, forecast: null }],
    byCaller: [{ key: { caller: name, callerType: "user" }, figures: FIGURES }],
    byTag: [{ key: { tag: name }, figures: FIGURES }],
    byDimension: [{ name, rows: [{ key: { value: name, given: true }, figures: FIGURES }] }],
    byModel: [{ key: { provider: name, model: name }, figures: FIGURES }],
    byAgent: [{ key: { agent: name }, figures: FIGURES }, { key: { agent: null }, figures: FIGURES }],
    activePersons: 1, perActivePerson: 5n, sessions: 1, perSession: 7n, topSessions: [session],
    days: [{ date: "2026-10-05", billing: { metered: 5n, subscription: 0n, caller_key: 0n, self_hosted: 1n }, requests: 500_000_000n }],
  };
  return {
    ...NO_INSIGHTS, change, teams: [team], topSessions: [session],
    pools: [{ pool: name, cost: 5n, shares: [{ team: name, cost: 5n, listValue: 2n, base: name }] }],
    cacheSavings: [{ provider: name, model: name, billing: "subscription", cachedTokens: 12n, saved: 3n }],
  };
}

test.each(HOSTILE_NAMES)("%j is text in summary.csv and comes back as it was from the JSON", async (name) => {
  const report = { ...inventHostileReport(), insights: inventInsights(name) };
  const rows = await readCsv(renderSummaryCsv(report));
  expect(rows.every((row) => row.length === 23)).toBe(true);
  for (const cell of rows.flatMap((row) => row.slice(0, 4))) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]|\0/u);
  const { insights } = JSON.parse(renderJson(report)) as { insights: { teams: { team: string; by_agent: { agent: string | null }[] }[]; top_sessions: { caller: string }[] } };
  expect([insights.teams[0]!.team, insights.top_sessions[0]!.caller, ...insights.teams[0]!.by_agent.map(({ agent }) => agent)]).toEqual([name, name, name, null]);
});

test("each line of a team is a row, with exact amounts", async () => {
  const report = { ...inventHostileReport(), insights: inventInsights("web") };
  const rows = (await readCsv(renderSummaryCsv(report))).filter(([section, team]) => team === "web" && section !== "pool");
  const shown = rows.map((row) => [...row.slice(0, 5), row.at(-4)].join("|"));
  expect(shown).toEqual([
    "change|web|before|against 2026-09||0.000000010",
    "change|web|now|against 2026-09||0.000000003",
    "change|web|difference|against 2026-09||-0.000000007",
    "change|web|price|against 2026-09||-0.000000004",
    "change|web|volume|against 2026-09||-0.000000005",
    "change|web|mix|against 2026-09||0.000000002",
    "budget|web|web|amount 2026-10||0.000000009",
    "budget|web|web|spent 2026-10||0.000000005",
    "budget|web|web|forecast 2026-10||",
    "team caller|web|web|user|0.000000005|",
    "team tag|web|web|web|0.000000005|",
    "team dimension|web|web|web|0.000000005|",
    "team model|web|web/web|web|0.000000005|",
    "team agent|web|web|web|0.000000005|",
    "team agent|web|(unknown)|web|0.000000005|",
    "per active person|web|web|1 active||0.000000005",
    "per session|web|web|1 sessions||0.000000007",
    "day|web|2026-10-05|before adjustments|0.000000006|",
    "session|web|web|web, web, web|0.000000007|",
  ]);
});
