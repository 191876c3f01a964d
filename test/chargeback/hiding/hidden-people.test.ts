import { beforeEach, describe, expect, test } from "vitest";
import { closeMonth } from "../../../src/chargeback/close-month.ts";
import { diffMonths } from "../../../src/chargeback/diff-months.ts";
import { teamChargebacks } from "../../../src/chargeback/gathering/team-chargebacks.ts";
import { type OpenReport, reportMonth } from "../../../src/chargeback/report-month.ts";
import { layout } from "../../../src/lake/layout.ts";
import { runOnce } from "../../../src/run/run-once.ts";
import type { FsStore } from "../../../src/storage/fs/fs-store.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { changeLedger } from "../../change-ledger.ts";
import { CLOSER } from "../../e2e/closing.ts";
import { compilePriceList } from "../../../src/prices/list/price-list.ts";
import { settingsOf } from "../../allocation/who-pays.ts";
import { contentsOf } from "../../keys-of.ts";
import { query } from "../../query.ts";
import { writeRequests } from "../../request-exports.ts";
import { tableDigests } from "../../test-ledger.ts";
import { companyLedger, hiddenCompany, jsonOf, login, person, recognised, reportAll } from "./hidden-company.ts";

let ledger: Ledger;
let lake: FsStore;
let source: string;
let folder: string;

beforeEach(async () => {
  ({ ledger, lake, source, folder } = await hiddenCompany());
});

/** What rows owe, by the values of their key, as dollars without needless zeros. */
function owed(rows: readonly Record<string, unknown>[], ...key: string[]): Record<string, string> {
  return Object.fromEntries(rows.map((row) => [key.map((name) => String(row[name])).join(" "), String(row["owed_usd"] ?? row["cost_usd"]).replace(/\.?0+$/, "")]));
}

describe("a report without names", () => {
  test.each(["1.2", "1.4"] as const)("names nobody in any byte of any file, company's, team's or FOCUS %s, and no device", async (version) => {
    ledger = changeLedger(ledger, { rules: { report: { ...ledger.rules.report, focus: { ...ledger.rules.report.focus, version } } } });
    await reportAll(ledger, "2026-10");
    await reportAll(ledger, "2026-11");
    expect(await recognised(folder, "reports/")).toEqual([]);
  });

  test("is searched for names in a way that finds them where they are", async () => {
    const named = await hiddenCompany(undefined);
    await reportMonth(companyLedger(named.source, named.lake, undefined), "2026-10");
    expect(await recognised(named.folder, "reports/2026-10/focus.parquet", ["hermit"])).toEqual(["reports/2026-10/focus.parquet: hermit"]);
    expect(await recognised(named.folder, "reports/2026-10/focus.csv.gz", ["umbriel"])).toEqual(["reports/2026-10/focus.csv.gz: umbriel"]);
    expect(await recognised(named.folder, "reports/2026-10/chargeback.html", ["macbook"])).toEqual(["reports/2026-10/chargeback.html: macbook"]);
  });

  test("leaves the tables of the ledger as they are", async () => {
    const before = await tableDigests(lake);
    await reportAll(ledger, "2026-10");
    expect(await tableDigests(lake)).toEqual(before);
  });

  test("gives a person one pseudonym in all months and files", async () => {
    await reportAll(ledger, "2026-10");
    await reportAll(ledger, "2026-11");
    expect(person("quilla")).toMatch(/^person(?:-[0-9a-hjkmnp-tv-z]{4}){3}$/);
    for (const month of ["2026-10", "2026-11"]) {
      for (const file of ["chargeback.html", "chargeback.csv", "teams.csv", "summary.csv", "chargeback.json", "focus.csv", "teams/core/chargeback.html", "teams/core/chargeback.csv", "teams/core/chargeback.json"]) {
        expect(Buffer.from(await lake.read(layout.report(month, file))).toString(), `${month} ${file}`).toContain(person("quilla"));
      }
    }
  });

  test("adds up callers of small teams, with others so that they are five, and keeps every sum", async () => {
    await reportAll(ledger, "2026-10");
    const report = await jsonOf(lake, "reports/2026-10/chargeback.json");
    // dorsey 10, delphi 20, hermit 40, stray 5: four people. The cheapest of the others goes with them: yarrow 3.
    expect(owed(report["by_caller"] as never, "caller", "caller_type")).toEqual({
      "(others) user": "78", "tag:ci tag": "100", [`${person("quilla")} user`]: "10", [`${person("wexford")} user`]: "6",
      [`${person("umbriel")} user`]: "3", [`${person("vesper")} user`]: "3", [`${person("xanthe")} user`]: "3",
    });
    expect(owed(report["by_team"] as never, "team")).toEqual({ core: "128", solo: "40", duo: "30", "(unallocated)": "5" });
    expect(report["privacy"]).toEqual({ callers: "pseudonym", smallest_group: 5 });
  });

  test("adds up rows of few people, and the next smallest row with a single one", async () => {
    await reportAll(ledger, "2026-10");
    const report = await jsonOf(lake, "reports/2026-10/chargeback.json");
    // One person uses claude-odd-9 (7), so that claude-sonnet-4-5 (6, six people) goes with it.
    expect(owed(report["by_model"] as never, "model")).toEqual({ "claude-opus-4-8": "190", "(others)": "13" });
    const { insights } = report as unknown as { insights: { days: { date: string; metered_usd: string }[]; top_sessions: unknown[]; teams: { team: string; by_model: never; by_dimension: { rows: never }[] }[] } };
    // One person worked on Sunday the 11th (3); the 6th (12) goes with it.
    expect(Object.fromEntries(insights.days.filter(({ metered_usd }) => Number(metered_usd) > 0).map(({ date, metered_usd }) => [date, Number(metered_usd)]))).toEqual({ "2026-10-05": 188, "(others)": 15 });
    expect(insights.top_sessions).toEqual([]);
    const core = insights.teams.find(({ team }) => team === "core");
    expect(owed(core?.by_model ?? [], "model")).toEqual({ "claude-opus-4-8": "115", "(others)": "13" });
    const fork = `acme/fork-of-${person("umbriel")}`;
    // quilla/notes (7) has one person; of the two with six, the cheaper by name last goes with it.
    const [repo] = core?.by_dimension ?? [];
    const repos = owed(repo?.rows ?? [], "value");
    expect(repos["acme/web"]).toBe("109");
    expect(repos["(others)"]).toBe("13");
    expect(Object.keys(repos).filter((name) => name !== "acme/web" && name !== "(others)")).toHaveLength(1);
    expect([fork, `acme/${person("umbriel")}`]).toContain(Object.keys(repos).find((name) => name !== "acme/web" && name !== "(others)"));
  });

  test("charges a team of one its total, and says nothing else of it", async () => {
    await reportAll(ledger, "2026-10");
    const solo = await jsonOf(lake, "reports/2026-10/teams/solo/chargeback.json");
    const [center] = solo["cost_centers"] as unknown as Record<string, never>[];
    expect(center).toMatchObject({ owed_usd: "40.000000000", active_persons: null, per_active_person_usd: null, sessions: null, per_session_usd: null, top_sessions: [] });
    for (const [list, key] of [["by_caller", "caller"], ["by_model", "model"], ["by_tag", "tag"], ["by_agent", "agent"]] as const) expect(owed(center?.[list] ?? [], key)).toEqual({ "(others)": "40" });
    const [repo] = (center?.["by_dimension"] ?? []) as { rows: never }[];
    expect(owed(repo?.rows ?? [], "value")).toEqual({ "(others)": "40" });
    expect(((center?.["days"] ?? []) as { date: string; requests: number }[]).filter(({ requests }) => requests > 0).map(({ date }) => date)).toEqual(["(others)"]);
    const csv = Buffer.from(await lake.read("reports/2026-10/teams/solo/chargeback.csv")).toString().trim().split("\n");
    expect(csv).toHaveLength(2);
    expect(csv[1]).toContain("(others),(others),(others),(others),metered");
  });

  test("hides the same in FOCUS, whose sums by team and list costs stay", async () => {
    const named = await hiddenCompany(undefined);
    await reportMonth(companyLedger(named.source, named.lake, undefined), "2026-10");
    await reportAll(ledger, "2026-10");
    const sums = (of: string): string => `SELECT SubAccountName, sum(BilledCost) AS billed, sum(ListCost) AS list, sum(ConsumedQuantity) AS quantity FROM read_parquet('${of}/reports/2026-10/focus.parquet') GROUP BY ALL ORDER BY ALL`;
    expect(await query(sums(folder))).toEqual(await query(sums(named.folder)));
    const rows = await query(`SELECT SubAccountName, x_Caller, x_Model, x_Agent, x_Dimensions, x_Tag, ChargePeriodStart::VARCHAR AS start, ChargePeriodEnd::VARCHAR AS end_, BilledCost::DOUBLE AS cost FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE SubAccountName IN ('solo', 'duo') ORDER BY ALL`);
    const month = { start: "2026-10-01 00:00:00+00", end_: "2026-11-01 00:00:00+00" };
    const hidden = { x_Caller: "(others)", x_Model: "(others)", x_Agent: "(others)", x_Dimensions: '{"repo":"(others)"}', x_Tag: "(others)", ...month };
    expect(rows).toEqual([{ SubAccountName: "duo", ...hidden, cost: 30 }, { SubAccountName: "solo", ...hidden, cost: 40 }]);
    const core = await query(`SELECT x_Caller, sum(BilledCost)::DOUBLE AS cost FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE SubAccountName = 'core' GROUP BY ALL`);
    expect(Object.fromEntries(core.map((row) => [row["x_Caller"], row["cost"]]))).toEqual({
      "tag:ci": 100, [person("quilla")]: 10, [person("wexford")]: 6, [person("umbriel")]: 3, [person("vesper")]: 3, [person("xanthe")]: 3, [person("yarrow")]: 3,
    });
    const models = await query(`SELECT x_Model, sum(BilledCost)::DOUBLE AS cost FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE SubAccountName = 'core' GROUP BY ALL ORDER BY cost`);
    expect(models).toEqual([{ x_Model: "(others)", cost: 13 }, { x_Model: "claude-opus-4-8", cost: 115 }]);
  });

  test("adds up what a team pays as a share of few people's usage", async () => {
    writeRequests(source, [{ by: login("stray"), at: "2026-10-21T10:00:00Z", dollars: 4, model: "anthropic/claude-lab-1", repo: "the/lab", agent: "lab-tool/1.0" }]);
    await runOnce(ledger);
    const { pools } = settingsOf({ directory: { teams: [{ name: "core", members: [] }] }, allocation: { pools: [{ name: "lab", when: { repo: "the/lab" }, spread: "even", over: ["core"] }] } });
    ledger = changeLedger(ledger, { rules: { allocation: { ...ledger.rules.allocation, pools } } });
    await reportAll(ledger, "2026-10");
    const core = Buffer.from(await lake.read(layout.report("2026-10", "teams/core/chargeback.json"))).toString();
    expect(core).toContain('"owed_usd": "132.000000000"');
    for (const name of ["claude-lab-1", "the/lab", "lab-tool"]) expect(core, name).not.toContain(name);
    const focus = await query(`SELECT x_Caller, x_Model, x_Dimensions, x_Agent, sum(BilledCost)::DOUBLE AS billed, min(ChargePeriodStart)::VARCHAR AS start FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE x_Method = 'pool_even' GROUP BY ALL`);
    expect(focus).toEqual([{ x_Caller: person("stray"), x_Model: "(others)", x_Dimensions: '{"repo":"(others)"}', x_Agent: "(others)", billed: 4, start: "2026-10-01 00:00:00+00" }]);
  });

  test("does not say in the price of a hidden model's charge which model that is", async () => {
    const prices = { list: compilePriceList([{ match: "claude-odd-*", input: 7, output: 11 }, { match: "claude-opus-*", input: 5, output: 25 }], "UTC"), gateways: new Map() };
    await reportMonth(changeLedger(ledger, { money: { prices } }), "2026-10");
    const charges = await query(`SELECT SkuPriceId AS id, SkuPriceDetails AS details, ListUnitPrice::VARCHAR AS price FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE x_Model = '(others)' AND ListUnitPrice IN (7, 11) ORDER BY ALL`);
    expect(charges).toEqual([["input", "7"], ["output", "11"]].map(([meter, price]) => ({
      id: `anthropic/(others)/${String(meter)} at ${String(price)}.000000000000000000`, details: `{"x_Model":"(others)","x_Meter":"${String(meter)}"}`, price: `${String(price)}.000000000000000000`,
    })));
    expect(await recognised(folder, "reports/2026-10/focus", ["claude-odd"])).toEqual([]);
    expect(await query(`SELECT count(*) > 0 AS named FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE x_Model = 'claude-opus-4-8' AND contains(SkuPriceId, 'claude-opus-*')`)).toEqual([{ named: true }]);
  });

  test("leaves out budgets of callers, whose spending is one person's", async () => {
    const budget = { amount: 50_000_000_000n, per: "month", timezone: "UTC", thresholds: [], forecast: false, notify: [] } as const;
    const budgets = [{ ...budget, name: "the cave", scope: new Map([["caller", login("hermit")]]) }, { ...budget, name: "everything", scope: new Map() }];
    const { open } = (await reportMonth(changeLedger(ledger, { rules: { budgets: () => budgets } }), "2026-10")) as OpenReport;
    const { company, others } = open.report.insights.budgets;
    expect([...company, ...others].map(({ name, spent }) => [name, spent])).toEqual([["everything", 203_000_000_000n]]);
  });

  test("is refused without a key, before anything is written", async () => {
    const before = await contentsOf(lake, "");
    const without = companyLedger(source, lake, undefined);
    const keyless = { ...without, rules: { ...without.rules, report: { ...without.rules.report, privacy: { smallestGroup: 5, key: undefined } } } };
    await expect(reportMonth(keyless, "2026-10")).rejects.toMatchObject({ code: "key_missing", message: "no key is configured to make the pseudonyms of reports" });
    await expect(closeMonth(keyless, "2026-10", CLOSER)).rejects.toMatchObject({ code: "key_missing" });
    expect(await contentsOf(lake, "")).toEqual(before);
  });

  test("replaces team pages that named people before, and removes those of teams that are gone", async () => {
    const named = companyLedger(source, lake, undefined);
    const { open } = (await reportMonth(named, "2026-10")) as OpenReport;
    await teamChargebacks(lake, open.report, { all: true });
    await lake.replace("reports/2026-10/teams/gone/chargeback.html", Buffer.from("hermit was here"));
    expect((await recognised(folder, "reports/2026-10/teams/")).length).toBeGreaterThan(0);
    await reportMonth(ledger, "2026-10");
    expect(await recognised(folder, "reports/2026-10/")).toEqual([]);
  });
});

describe("a closed month", () => {
  test("keeps which setting was in force, and hides people in what is corrected later", async () => {
    const { record } = await closeMonth(ledger, "2026-10", CLOSER);
    const frozen = record.files.find(({ name }) => name === "privacy.json");
    expect(JSON.parse(Buffer.from(await lake.read(frozen?.key ?? "")).toString())).toEqual({ privacy: { callers: "pseudonym", smallest_group: 5 } });
    const published = record.files.filter(({ report }) => report);
    for (const { key } of published) expect(await recognised(folder, key)).toEqual([]);
    writeRequests(source, [{ by: login("hermit"), at: "2026-10-20T10:00:00Z", dollars: 9, session: "hermit-macbook-2" }, { by: login("dorsey"), at: "2026-10-20T11:00:00Z", dollars: 1 }]);
    await runOnce(ledger);
    await reportAll(ledger, "2026-11");
    expect(await recognised(folder, "reports/2026-11/")).toEqual([]);
    const { corrections } = (await jsonOf(lake, "reports/2026-11/chargeback.json")) as unknown as { corrections: { team: string; caller: string; difference_usd: string }[] };
    expect(corrections.map(({ team, caller, difference_usd }) => [team, caller, difference_usd])).toEqual([["duo", "(others)", "1.000000000"], ["solo", "(others)", "9.000000000"]]);
  });

  test("names nobody where its states are compared", async () => {
    await closeMonth(ledger, "2026-10", CLOSER);
    writeRequests(source, [{ by: login("hermit"), at: "2026-10-20T10:00:00Z", dollars: 9 }, { by: login("dorsey"), at: "2026-10-20T11:00:00Z", dollars: 1 }]);
    await runOnce(ledger);
    const { byCaller, byTeam, total } = await diffMonths(ledger, "2026-10@closed", "2026-10@now");
    expect(byTeam.map(({ key, difference }) => [key[0], difference])).toEqual([["solo", 9_000_000_000n], ["duo", 1_000_000_000n]]);
    expect(byCaller.map(({ key, was, is, difference }) => [key[0], was, is, difference])).toEqual([["(others)", 50_000_000_000n, 60_000_000_000n, total.difference]]);
  });

  test("without pseudonyms has no record of them, so that its bytes are as before", async () => {
    const { record } = await closeMonth(companyLedger(source, lake, undefined), "2026-10", CLOSER);
    expect(record.files.map(({ name }) => name)).not.toContain("privacy.json");
  });
});
