import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ledger } from "../../src/open/ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { makeFigures } from "../allocation/autumn/make-figures.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { AUTUMN_PRICES, exportOf, fillAutumn } from "./autumn-focus.ts";
import { SOME_CORRECTIONS } from "./some-corrections.ts";

const MONTHS = ["2026-09", "2026-10"] as const;
const FIGURES = JSON.parse(readFileSync(join(import.meta.dirname, "../allocation/autumn/figures.json"), "utf8")) as ReturnType<typeof makeFigures>;
/** Without the self-hosted model, which nobody priced in the independent figures. */
const PRICES = AUTUMN_PRICES.filter(({ billing }) => billing !== "self_hosted");

describeWithFixtures("FOCUS figures of the autumn exports", ["autumn", "aperture-config.hujson", "policy.hujson"], (pathOf) => {
  let folder: string;
  let ledger: Ledger;
  const exported: Record<string, string> = {};
  const unpriced: Record<string, bigint> = {};

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
    ledger = await fillAutumn(pathOf, new FsStore(join(folder, "lake")), PRICES);
    for (const [name, month, corrections] of [["2026-09", "2026-09", []], ["2026-10", "2026-10", []], ["corrected", "2026-10", SOME_CORRECTIONS]] as const) {
      mkdirSync(join(folder, name));
      const written = await exportOf(ledger, month, join(folder, name), corrections);
      exported[name] = `read_parquet('${written.files.parquet}')`;
      unpriced[name] = written.unpriced.requests;
    }
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("by team, each row is the sum of the rows by caller that differ in nothing else, corrections too", async () => {
    const other = SOME_CORRECTIONS.map((correction) => ({ ...correction, caller: "user04@example.com" }));
    const corrections = [...SOME_CORRECTIONS, ...other];
    const files: string[] = [];
    for (const detail of ["caller", "team"] as const) {
      mkdirSync(join(folder, detail));
      const { files: written } = await exportOf(ledger, "2026-10", join(folder, detail), corrections, { detail });
      files.push(`read_parquet('${written.parquet}')`);
    }
    const amounts = ["BilledCost", "EffectiveCost", "ContractedCost", "PricingQuantity", "ConsumedQuantity"];
    const rest = `EXCLUDE (${[...amounts, "ListCost"].join(", ")}`;
    const [byCaller, byTeam] = [`SELECT * ${rest}, x_Caller, x_CallerType), ${amounts.map((name) => `sum(${name})::DECIMAL(38,12)`).join(", ")}, sum(ListCost)::DECIMAL(38,24) FROM ${files[0]!} GROUP BY ALL`,
      `SELECT * ${rest}), ${amounts.map((name) => `${name}::DECIMAL(38,12)`).join(", ")}, ListCost FROM ${files[1]!}`];
    const different = `(SELECT count(*) FROM ((${byCaller}) EXCEPT ALL (${byTeam})))::INTEGER AS missing, (SELECT count(*) FROM ((${byTeam}) EXCEPT ALL (${byCaller})))::INTEGER AS more`;
    expect(await query(`SELECT ${different}, (SELECT count(*) FROM ${files[0]!}) > (SELECT count(*) FROM ${files[1]!}) AS is_smaller`)).toEqual([{ missing: 0, more: 0, is_smaller: true }]);
  });

  test.each(MONTHS)("BilledCost of %s is what each team owes by the independent figures", async (month) => {
    const rows = await query(`SELECT coalesce(SubAccountId, '(unallocated)') AS team, sum(BilledCost)::VARCHAR AS owed,
      coalesce(sum(BilledCost) FILTER (ChargeCategory = 'Adjustment'), 0)::DECIMAL(38,9)::VARCHAR AS adjustments FROM ${exported[month]} GROUP BY 1`);
    const truth = Object.entries(FIGURES[month]!.teams).map(([team, { owed, adjustments }]) => [team, { owed, adjustments }]);
    expect(Object.fromEntries(rows.map(({ team, ...sums }) => [team, sums]))).toEqual(Object.fromEntries(truth));
  });

  test.each(MONTHS)("what %s owes is what the allocations say by caller, model, tag, dimension and cost centre", async (month) => {
    const key = "cost_center, caller, caller_type, model, provider, billing, method, rule, instance";
    const allocated = await query(`SELECT ${key}, tag, dimensions['repo'] AS repo, sum(CASE billing WHEN 'subscription' THEN 0 ELSE cost_usd END)::DECIMAL(38,9)::VARCHAR AS owed
      FROM '${folder}/lake/allocations/month=${month}/*.parquet' WHERE cost_usd IS NOT NULL GROUP BY ALL ORDER BY ALL`);
    const charged = await query(`SELECT x_CostCenter AS cost_center, x_Caller AS caller, x_CallerType AS caller_type, x_Model AS model, ProviderName AS provider,
      x_Billing AS billing, x_Method AS method, x_Rule AS rule, x_Instance AS instance, coalesce(x_Tag, '(untagged)') AS tag, x_Dimensions ->> 'repo' AS repo, sum(BilledCost)::VARCHAR AS owed
      FROM ${exported[month]} GROUP BY ALL ORDER BY ALL`);
    expect(charged).toEqual(allocated);
  });

  test.each(MONTHS)("days of %s have what was used on them", async (month) => {
    const used = await query(`SELECT date::VARCHAR AS day, sum(cost_usd)::DECIMAL(38,9)::VARCHAR AS cost FROM read_parquet('${folder}/lake/usage/*/*.parquet', hive_partitioning = true)
      WHERE strftime(date, '%Y-%m') = '${month}' AND billing <> 'subscription' GROUP BY 1 ORDER BY 1`);
    expect(await query(`SELECT strftime(ChargePeriodStart, '%Y-%m-%d') AS day, sum(BilledCost)::VARCHAR AS cost FROM ${exported[month]}
      WHERE ChargeCategory = 'Usage' GROUP BY 1 ORDER BY 1`)).toEqual(used);
    expect(await query(`SELECT count(*)::INTEGER AS rows FROM ${exported[month]} WHERE ChargePeriodEnd - ChargePeriodStart <> INTERVAL 1 DAY`)).toEqual([{ rows: 0 }]);
  });

  test.each(MONTHS)("subscriptions of %s are owed by nobody, and listed at Anthropic's prices for what was counted", async (month) => {
    const charged = await query(`SELECT x_Model AS model, SkuMeter AS meter, sum(BilledCost)::DOUBLE AS billed, sum(ListCost)::DECIMAL(38,12)::VARCHAR AS list, sum(ConsumedQuantity)::BIGINT::VARCHAR AS tokens
      FROM ${exported[month]} WHERE x_Billing = 'subscription' GROUP BY ALL ORDER BY ALL`);
    const meters = [
      ["Cache Write Tokens (1 Hour)", "cache_write_1h_tokens", 2],
      ["Cache Write Tokens (5 Minutes)", "greatest(cache_write_tokens - cache_write_1h_tokens, cache_write_5m_tokens)", 1.25],
      ["Cached Input Tokens", "cached_tokens", 0.1],
      ["Input Tokens", "input_tokens", 1],
      ["Output Tokens", "output_tokens", 5],
      ["Reasoning Tokens", "reasoning_tokens", 5],
      ["Web Searches", "web_searches", null],
    ] as const;
    const input = "CASE model WHEN 'claude-opus-4-8' THEN 5 WHEN 'claude-sonnet-4-6' THEN 3 WHEN 'claude-haiku-4-5' THEN 1 WHEN 'claude-sonnet-4-5' THEN 3.3 END";
    const counted = meters.map(([meter, count, factor]) => `SELECT model, '${meter}' AS meter, ${count} AS tokens, ${factor === null ? "10000" : `${input} * ${String(factor)}`} AS price FROM usage`);
    expect(charged).toEqual(
      await query(`WITH usage AS (FROM read_parquet('${folder}/lake/usage/*/*.parquet', hive_partitioning = true) WHERE strftime(date, '%Y-%m') = '${month}' AND billing = 'subscription' AND cost_usd IS NOT NULL)
        SELECT model, meter, 0::DOUBLE AS billed, (sum(tokens * price::DECIMAL(18,6))::DECIMAL(30,6) * 0.000001)::DECIMAL(38,12)::VARCHAR AS list, sum(tokens)::VARCHAR AS tokens
        FROM (${counted.join(" UNION ALL ")}) GROUP BY ALL HAVING sum(tokens) > 0 ORDER BY ALL`),
    );
    expect(charged.length).toBeGreaterThan(0);
  });

  test.each(MONTHS)("a figure that the list cannot take apart is a charge of so many dollars, in %s", async (month) => {
    const rows = await query(`SELECT DISTINCT x_Model, x_CostSource, PricingUnit, ConsumedUnit, ListUnitPrice::DOUBLE AS price, ListCost = BilledCost AS alike FROM ${exported[month]} WHERE SkuMeter = 'Estimated Cost'`);
    expect(rows).toEqual([{ x_Model: "gemini-2.5-pro", x_CostSource: "aperture, no list price", PricingUnit: "Dollars", ConsumedUnit: "Requests", price: 1, alike: true }]);
  });

  test.each(MONTHS)("unpriced requests of %s are counted, and in no row", async (month) => {
    const [counted] = await query(`SELECT count(*)::VARCHAR AS requests FROM read_parquet('${folder}/lake/usage/*/*.parquet', hive_partitioning = true)
      WHERE strftime(date, '%Y-%m') = '${month}' AND cost_usd IS NULL AND input_tokens + output_tokens + cached_tokens + cache_write_tokens > 0`);
    expect(String(unpriced[month])).toBe(counted!["requests"]);
    expect(await query(`SELECT count(*)::INTEGER AS rows FROM ${exported[month]} WHERE x_Model LIKE 'qwen%'`)).toEqual([{ rows: 0 }]);
  });

  test("a correction is booked in its month, at the period it corrects, and changes nothing else", async () => {
    expect(await query(`SELECT BilledCost::VARCHAR AS billed, ListCost::DECIMAL(38,9)::VARCHAR AS list, SubAccountId AS team, x_CorrectionCause AS cause, ChargeCategory AS category, ListUnitPrice AS price,
      strftime(ChargePeriodStart, '%Y-%m-%d') AS start, strftime(ChargePeriodEnd, '%Y-%m-%d') AS until, strftime(BillingPeriodStart, '%Y-%m-%d') AS booked
      FROM ${exported["corrected"]} WHERE ChargeClass = 'Correction' ORDER BY billed`)).toEqual(
      [
        ["-0.000000025", "-0.000000025", "web", "late_export", "Adjustment"],
        ["-0.500000000", "-0.500000000", "web", "price_version", "Usage"],
        ["0.000000000", "3.000000000", "web", "late_export", "Usage"],
        ["0.000000007", "0.000000007", null, "directory_change", "Usage"],
        ["0.250000001", "0.250000001", "web", "late_export", "Usage"],
      ].map(([billed, list, team, cause, category]) => ({ billed, list, team, cause, category, price: null, start: "2026-09-01", until: "2026-10-01", booked: "2026-10-01" })),
    );
    expect(await query(`SELECT count(*)::INTEGER AS rows FROM ((FROM ${exported["2026-10"]}) EXCEPT ALL (FROM ${exported["corrected"]}))`)).toEqual([{ rows: 0 }]);
  });
});
