import { changeLedger } from "../change-ledger.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { allocateMonths } from "../../src/allocation/allocate-months.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { parsePolicy } from "../../src/aperture/gateway/policy.ts";
import { renderJson } from "../../src/chargeback/report/render-json.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { fillLake, type RealLake, reportOf } from "../chargeback/real-lake.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { makeFigures } from "./autumn/make-figures.ts";

type Figures = ReturnType<typeof makeFigures>;
const FOLDER = join(import.meta.dirname, "autumn");
const checkedIn = JSON.parse(readFileSync(join(FOLDER, "figures.json"), "utf8")) as Figures;
const MONTHS = ["2026-09", "2026-10"] as const;

describeWithFixtures("who pays for the autumn exports", ["autumn", "aperture-config.hujson", "policy.hujson"], (pathOf) => {
  let lake: RealLake;
  let ledger: Ledger;
  let table: string;

  beforeAll(async () => {
    lake = await fillLake(pathOf("autumn"));
    const config = checkConfig(parse(readFileSync(join(FOLDER, "aperture-ledger.yaml"), "utf8")), "aperture-ledger.yaml");
    const policy = parsePolicy(readFileSync(pathOf("policy.hujson"), "utf8"), "policy.hujson");
    ledger = changeLedger(lake.ledger, { rules: { allocation: allocationSettings(config, [{ date: "2026-09-01", ...policy }]) } });
    const { days } = await loadLedgerState(lake.store);
    await allocateMonths(ledger, [...days.values()]);
    table = `read_parquet('${lake.directory}/allocations/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)`;
  });
  afterAll(async () => await lake.remove());

  test("the checked-in figures are what the independent script works out", () => {
    expect(checkedIn).toEqual(makeFigures());
  });

  test.each(MONTHS)("teams of %s: usage, adjustments, what they owe, list values, requests, all to the billionth", async (month) => {
    const rows = await query(`
      SELECT team, coalesce(sum(cost_usd) FILTER (method <> 'adjustment'), 0)::DECIMAL(38,9)::VARCHAR AS usage,
        coalesce(sum(cost_usd) FILTER (method = 'adjustment'), 0)::DECIMAL(38,9)::VARCHAR AS adjustments,
        coalesce(sum(cost_usd) FILTER (billing <> 'subscription'), 0)::DECIMAL(38,9)::VARCHAR AS owed,
        coalesce(sum(cost_usd) FILTER (billing = 'subscription'), 0)::DECIMAL(38,9)::VARCHAR AS list_value,
        sum(requests)::VARCHAR AS requests, sum(unpriced_requests)::VARCHAR AS unpriced
      FROM ${table} WHERE month = '${month}' GROUP BY team`);
    expect(Object.fromEntries(rows.map(({ team, ...figures }) => [team as string, figures]))).toEqual(checkedIn[month]!.teams);
  });

  test.each(MONTHS)("tags, and tag:ci by repository, of %s", async (month) => {
    const usage = `FROM ${table} WHERE month = '${month}' AND method <> 'adjustment'`;
    const tags = await query(`SELECT tag AS name, sum(cost_usd)::DECIMAL(38,9)::VARCHAR AS cost ${usage} GROUP BY ALL`);
    const ci = await query(`SELECT coalesce(dimensions['repo'], '') AS name, sum(cost_usd)::DECIMAL(38,9)::VARCHAR AS cost ${usage} AND tag = 'tag:ci' GROUP BY ALL`);
    const named = (rows: typeof tags): unknown => Object.fromEntries(rows.map(({ name, cost }) => [name as string, cost]));
    expect({ tags: named(tags), ci: named(ci) }).toEqual({ tags: checkedIn[month]!.tags, ci: checkedIn[month]!.ci });
  });

  test.each(MONTHS)("the report of %s charges the same", async (month) => {
    const report = await reportOf(ledger, month);
    const { by_team: teams } = JSON.parse(renderJson(report)) as { by_team: { team: string; cost_center: string | null; owed_usd: string; list_value_usd: string }[] };
    const expected = Object.entries(checkedIn[month]!.teams).map(([team, { owed, list_value }]) => [team, owed, list_value]);
    expect(teams.map(({ team, owed_usd, list_value_usd }) => [team, owed_usd, list_value_usd]).toSorted()).toEqual(expected.toSorted());
    expect(teams.find(({ team }) => team === "web")!.cost_center).toBe("CC-200");
    expect(teams.at(-1)!.team).toBe("(unallocated)");
  });

  test("teams, tags and dimensions add up to the usage table, by month, billing and model", async () => {
    const [difference] = await query(`
      WITH usage AS (
        SELECT strftime(ts::TIMESTAMP, '%Y-%m') AS month, billing, provider, model, caller, sum(cost_usd)::DECIMAL(38,9) AS cost, count(*)::DECIMAL(38,9) AS requests,
          sum(input_tokens)::DECIMAL(38,9) AS input, sum(output_tokens)::DECIMAL(38,9) AS output
        FROM read_parquet('${lake.directory}/usage/*/*.parquet') GROUP BY ALL
      ), allocated AS (
        SELECT month, billing, provider, model, caller, sum(cost_usd)::DECIMAL(38,9) AS cost, sum(requests)::DECIMAL(38,9) AS requests,
          sum(input_tokens)::DECIMAL(38,9) AS input, sum(output_tokens)::DECIMAL(38,9) AS output
        FROM ${table} WHERE method <> 'adjustment' GROUP BY ALL
      )
      SELECT (SELECT count(*) FROM (FROM usage EXCEPT ALL FROM allocated)) AS more, (SELECT count(*) FROM (FROM allocated EXCEPT ALL FROM usage)) AS fewer,
        (SELECT count(*) FROM usage) > 100 AS enough`);
    expect(difference).toEqual({ more: "0", fewer: "0", enough: true });
  });

  test("the scenario has what it is there for", async () => {
    const [has] = await query(`
      SELECT count(*) FILTER (caller = 'user11@example.com') > 0 AS mixed_case, count(DISTINCT dimensions['repo']) = 2 AS repositories,
        count(*) FILTER (tag = 'tag:ci' AND cardinality(dimensions) = 0 AND team = '(unallocated)') > 0 AS without_header,
        count(DISTINCT team) FILTER (caller = 'user05@example.com') = 2 AS in_two_groups, count(DISTINCT team) FILTER (caller = 'user18@example.com') = 2 AS moved,
        count(*) FILTER (caller = 'user19@example.com' AND team = '(unallocated)') > 0 AS in_none, count(*) FILTER (billing = 'subscription') > 0 AS passthrough,
        count(*) FILTER (cost_usd IS NULL AND unpriced_requests > 0) > 0 AS unpriced, count(DISTINCT method) AS methods
      FROM ${table}`);
    expect(has).toEqual({
      mixed_case: true,
      repositories: true,
      without_header: true,
      in_two_groups: true,
      moved: true,
      in_none: true,
      passthrough: true,
      unpriced: true,
      methods: "7",
    });
  });
});
