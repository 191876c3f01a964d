import { join } from "node:path";
import { readdirSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { writeAllocations } from "../../src/allocation/shares/write-allocations.ts";
import { writeFocus } from "../../src/chargeback/export-focus.ts";
import { sumAgents } from "../../src/chargeback/gathering/sum-agents.ts";
import { sumDays } from "../../src/chargeback/gathering/sum-days.ts";
import type { MonthTables } from "../../src/chargeback/gathering/month-tables.ts";
import { hideReport } from "../../src/chargeback/hiding/hide-report.ts";
import { readCrowds } from "../../src/chargeback/hiding/read-crowds.ts";
import { NO_INSIGHTS } from "../../src/chargeback/report/insights.ts";
import type { ReportFigures } from "../../src/chargeback/report/report.ts";
import { sumAllocations } from "../../src/chargeback/report/sum-allocations.ts";
import { sumMonth } from "../../src/chargeback/report/sum-month.ts";
import type { Figures } from "../../src/chargeback/report/usage-figures.ts";
import { detailTeams, sumTeams } from "../../src/chargeback/sections/each-team/team-parts.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { adjustments, allocationSettings } from "../allocation/settings-arbitrary.ts";
import { builtRecord, withBuiltMonth } from "../chargeback/built-month.ts";
import { runs } from "./runs.ts";

const records = fc.array(builtRecord, { minLength: 1, maxLength: 40 });
const settings = fc.tuple(allocationSettings, adjustments, fc.bigInt({ min: 0n, max: 10n ** 12n })).map(([all, changes, invoice]) => ({
  ...all,
  adjustments: changes,
  trueUps: [{ month: "2026-10", amounts: [{ provider: "anthropic", model: "opus", invoice }] }],
}));
const prices = { list: compilePriceList([{ match: "opus", input: 3, output: 15, cached: 0.3 }], "UTC"), gateways: new Map() };
const key = Buffer.from("a secret of the tests, long enough for a key");

async function partsOf(tables: MonthTables): Promise<{ figures: ReportFigures; insights: typeof NO_INSIGHTS; corrections: [] }> {
  const { duck, days, month, workspace } = tables;
  const file = join(workspace, "allocations.parquet");
  await writeAllocations(duck, file, tables.allocation);
  const allocations = await sumAllocations(duck, file, ["repo"]);
  const dimensions = allocations.byDimension.map(({ name }) => name);
  const sums = await sumDays(duck, days);
  const sessions = { top: [], byTeam: new Map() };
  const teams = detailTeams(allocations.byTeam, { sums: await sumTeams(duck, file, dimensions), byAgent: await sumAgents(duck), days: sums, sessions, budgets: new Map(), compared: null });
  const rollups = readdirSync(workspace).filter((name) => name.startsWith("rollups-")).map((name) => join(workspace, name));
  const figures = { usage: await sumMonth(duck, rollups, month), allocations, quality: {} } as unknown as ReportFigures;
  return { figures, insights: { ...NO_INSIGHTS, teams, days: sums.all }, corrections: [] };
}

function total(rows: readonly Figures[]): (bigint | null)[] {
  const sum = (amounts: readonly (bigint | null)[]): bigint => amounts.reduce<bigint>((all, amount) => all + (amount ?? 0n), 0n);
  return [sum(rows.map(({ requests }) => requests)), sum(rows.map(({ cost }) => cost)), sum(rows.map(({ tokens }) => tokens.input)), sum(rows.map(({ unpricedRequests }) => unpricedRequests))];
}

/** The sums of every table of a report, by its name. */
function totals({ figures: { usage, allocations }, insights }: Awaited<ReturnType<typeof partsOf>>): Record<string, unknown> {
  const ofSummary = (rows: readonly { figures: Figures & { adjustments: bigint | null } }[]): unknown[] => [...total(rows.map(({ figures }) => figures)), rows.reduce((sum, { figures }) => sum + (figures.adjustments ?? 0n), 0n)];
  const ofDays = (days: typeof insights.days): bigint[] => [days.reduce((sum, { requests }) => sum + requests, 0n), days.reduce((sum, { billing }) => sum + billing.metered + billing.subscription, 0n)];
  return {
    rows: total(usage.rows), lines: total(allocations.rows), byTag: ofSummary(allocations.byTag), dimensions: allocations.byDimension.map(({ rows }) => ofSummary(rows)), days: ofDays(insights.days),
    teams: insights.teams.map(({ byCaller, byTag, byModel, byAgent, byDimension, days }) => [...[byCaller, byTag, byModel, byAgent, ...byDimension.map(({ rows }) => rows)].map((rows) => ofSummary(rows)), ofDays(days)]),
  };
}

const FOCUS_SUMS = `coalesce(SubAccountId, ''), x_CostCenter, InvoiceIssuerName, x_Billing, AllocatedMethodId, AllocatedMethodDetails, InvoiceId, x_Method, SkuMeter, ChargeCategory, sum(BilledCost)::VARCHAR, sum(ConsumedQuantity)::VARCHAR, sum(ListCost::DOUBLE)`;

async function focusSums({ duck }: MonthTables, files: { parquet?: string }): Promise<unknown[][]> {
  return (await duck.runAndReadAll(`SELECT ${FOCUS_SUMS} FROM read_parquet(${sqlText(files.parquet ?? "")}) GROUP BY ALL ORDER BY ALL`)).getRows();
}

test("hiding people keeps the sums of every table and of FOCUS, shows no row of few people, and makes no two rows alike", async () => {
  await fc.assert(
    fc.asyncProperty(records, settings, fc.integer({ min: 2, max: 4 }), async (all, of, smallestGroup) => {
      const [named, teamOfModels] = await withBuiltMonth(all, of, async (tables) => {
        const { files } = await writeFocus(tables, { prices, settings: { version: "1.4", detail: "caller", formats: ["parquet"] }, allocation: of }, { corrections: [] });
        // People of whom a team pays a share count where it has none of its own.
        const direct = await tables.duck.runAndReadAll(`SELECT team, cost_center, provider, model, coalesce(nullif(count(DISTINCT caller) FILTER (method NOT IN ('pool_even', 'pool_weights', 'pool_proportional')), 0), count(DISTINCT caller))::INTEGER
          FROM allocated JOIN allocated_owner USING (owner_id) JOIN usage_key USING (key_id) WHERE caller_type = 'user' AND method <> 'adjustment' AND requests > 0 GROUP BY ALL`);
        return [await focusSums(tables, files), new Map(direct.getRows().map(([team, center, provider, model, people]) => [JSON.stringify([team, center, provider, model]), Number(people)]))] as const;
      });
      await withBuiltMonth(all, of, async (tables) => {
        const parts = await partsOf(tables);
        const crowds = await readCrowds(tables.duck, tables.days, parts.figures.allocations.byDimension.map(({ name }) => name));
        const { hiding, ...hidden } = hideReport(parts, { smallestGroup, key }, { crowds, compared: null, used: [], logins: [] });
        expect(totals(hidden as typeof parts)).toEqual(totals(parts));
        const small = hidden.insights.teams.flatMap(({ team, costCenter, byModel }) => byModel.filter(({ key: { provider, model } }) => {
          const people = teamOfModels.get(JSON.stringify([team, costCenter, provider, model])) ?? 0;
          return people > 0 && people < smallestGroup;
        }));
        expect(small).toEqual([]);
        const { files, rows } = await writeFocus(tables, { prices, settings: { version: "1.4", detail: "caller", formats: ["parquet"] }, allocation: of }, { corrections: [], hiding });
        const sums = await focusSums(tables, files);
        expect(sums.map((row) => row.slice(0, -1))).toEqual(named.map((row) => row.slice(0, -1)));
        for (const [index, row] of sums.entries()) expect(Math.abs(Number(row.at(-1)) - Number(named[index]?.at(-1)))).toBeLessThanOrEqual(Math.abs(Number(row.at(-1))) * 1e-9);
        const distinct = await tables.duck.runAndReadAll(`SELECT count(*)::INTEGER FROM (SELECT DISTINCT * EXCLUDE (BilledCost, ContractedCost, EffectiveCost, ListCost, PricingQuantity, ConsumedQuantity) FROM read_parquet(${sqlText(files.parquet ?? "")}))`);
        const large = await tables.duck.runAndReadAll(`SELECT count(*)::INTEGER FROM read_parquet(${sqlText(files.parquet ?? "")}) WHERE abs(ListCost) >= 1000000`);
        // Charges that no row can hold together stay apart.
        expect(large.getRows()[0]?.[0] === 0 ? distinct.getRows()[0]?.[0] : rows).toBe(rows);
      });
    }),
    { ...runs(6), endOnFailure: true },
  );
});
