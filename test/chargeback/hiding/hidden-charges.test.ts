import { beforeEach, describe, expect, test } from "vitest";
import { closeMonth } from "../../../src/chargeback/close-month.ts";
import { reportMonth, serveWithDatasets } from "../../../src/chargeback/report-month.ts";
import { configSchema } from "../../../src/config/config.ts";
import { configuredCharges } from "../../../src/open/configured-charges.ts";
import { layout } from "../../../src/lake/layout.ts";
import { keepTrueUp, type KeptTrueUp } from "../../../src/lake/records/kept-true-ups.ts";
import type { FsStore } from "../../../src/storage/fs/fs-store.ts";
import type { Ledger } from "../../../src/open/ledger.ts";
import { changeLedger } from "../../change-ledger.ts";
import { CLOSER } from "../../e2e/closing.ts";
import { query } from "../../query.ts";
import { companyLedger, DISTINCTIVE, hiddenCompany, jsonOf, login, person, recognised, recognisedInReports, reportAll } from "./hidden-company.ts";

let ledger: Ledger;
let lake: FsStore;
let source: string;
let folder: string;

beforeEach(async () => {
  ({ ledger, lake, source, folder } = await hiddenCompany());
});

describe("charges other than usage", () => {
  const SEATS = { name: "seats", kind: "seats", provider: "anthropic", price: 31, people: ["quilla", "wexford", "hermit", "lodovic"].map(login), when: { provider: "anthropic" }, covers: "none" };
  const CREDITS = { name: `credits of ${login("Hermit")}`, kind: "prepaid", provider: "anthropic", amount: 10, when: { caller: login("hermit") } };

  function charging(of: Ledger, ...charges: object[]): Ledger {
    return changeLedger(of, { rules: { allocation: { ...of.rules.allocation, charges: configuredCharges(configSchema.parse({ charges }).charges) } } });
  }

  interface Charges { insights: { charges: { name: string; cost_usd: string; usage_list_value_usd: string; shares: object[]; seats: { people: Record<string, unknown>[] } | null }[] } }

  test("name nobody in any byte, nor somebody who makes no request", async () => {
    ledger = charging(ledger, SEATS, CREDITS);
    await reportAll(ledger, "2026-10");
    await reportAll(ledger, "2026-11");
    expect(await recognised(folder, "reports/", [...DISTINCTIVE, "lodovic"])).toEqual([]);
  });

  test("list people of large teams who have a seat or none, and add up all others", async () => {
    ledger = charging(ledger, SEATS);
    await reportAll(ledger, "2026-10");
    const { insights } = (await jsonOf(lake, "reports/2026-10/chargeback.json")) as unknown as Charges;
    const [{ shares, seats } = { shares: [], seats: null }] = insights.charges;
    const shown = ["quilla", "wexford", "umbriel", "vesper", "xanthe"].map(person);
    expect(Object.fromEntries((seats?.people ?? []).map(({ caller, seat_usd, used_list_value_usd, verdict }) => [caller, [Number(seat_usd), Number(used_list_value_usd), verdict]]))).toEqual({
      [String(shown[0])]: [31, 10, "costs more"], [String(shown[1])]: [31, 6, "costs more"],
      [String(shown[2])]: [0, 3, "without"], [String(shown[3])]: [0, 3, "without"], [String(shown[4])]: [0, 3, "without"],
      // hermit 40, dorsey 10, delphi 20, stray 5, lodovic nothing, and yarrow 3, who goes with them in the table of callers.
      "(others)": [62, 78, null],
    });
    // Solo and those without a team are three people; so core, with two seats, goes with them.
    expect(shares).toEqual([{ team: "(others)", cost_usd: "124.000000000", base: "" }]);
  });

  test("are added up where few people use one, in FOCUS too, whose sums stay", async () => {
    const named = await hiddenCompany(undefined);
    await reportMonth(charging(companyLedger(named.source, named.lake, undefined), SEATS, CREDITS), "2026-10");
    ledger = charging(ledger, SEATS, CREDITS);
    await reportAll(ledger, "2026-10");
    const { insights } = (await jsonOf(lake, "reports/2026-10/chargeback.json")) as unknown as Charges;
    // Seats are for all usage (203), credits for hermit's (40).
    expect(insights.charges.map(({ name, cost_usd, usage_list_value_usd, seats }) => [name, Number(cost_usd), Number(usage_list_value_usd), seats])).toEqual([["(others)", 134, 243, null]]);
    const sums = (of: string): string => `SELECT SubAccountName, ChargeCategory, sum(BilledCost)::DOUBLE AS billed, sum(EffectiveCost)::DOUBLE AS effective, sum(ListCost)::DOUBLE AS list FROM read_parquet('${of}/reports/2026-10/focus.parquet') GROUP BY ALL ORDER BY ALL`;
    expect(await query(sums(folder))).toEqual(await query(sums(named.folder)));
    const solo = await query(`SELECT DISTINCT x_Caller, x_Model FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE SubAccountName = 'solo'`);
    expect(solo).toEqual([{ x_Caller: "(others)", x_Model: "(others)" }]);
    expect(await query(`SELECT count(*)::INTEGER AS amounts FROM read_parquet('${folder}/reports/2026-10/focus.parquet') WHERE contains(ChargeDescription, '$') OR contains(ChargeDescription, 'not used')`)).toEqual([{ amounts: 0 }]);
  });
});

describe("the lines of a bill", () => {
  const bill: KeptTrueUp = {
    month: "2026-10",
    madeAt: new Date("2026-11-02T08:00:00Z"),
    madeBy: "finance@example.com",
    files: [{ name: "cost.json", sha256: "0".repeat(64) }],
    amounts: [{ provider: "anthropic", model: "claude-opus-4-8", invoice: 380_000_000_000n }, { provider: "anthropic", model: "claude-odd-9", invoice: 14_000_000_000n }],
  };

  async function expectLines(): Promise<void> {
    const path = (name: string): string => `read_parquet('${folder}/reports/2026-10/focus${name}.parquet')`;
    const lines = await query(`SELECT InvoiceDetailId AS line, InvoiceDetailDescription AS description, BilledCost::DOUBLE AS billed FROM ${path("-invoice-detail")} ORDER BY billed`);
    expect(lines).toEqual([{ line: "prod/(others)", description: "(others), 2026-10", billed: 164 }, { line: "prod/claude-opus-4-8", description: "claude-opus-4-8, 2026-10", billed: 230 }]);
    const charged = await query(`SELECT InvoiceDetailId AS line, sum(BilledCost)::DOUBLE AS billed FROM ${path("")} WHERE InvoiceId = 'anthropic/2026-10' GROUP BY ALL ORDER BY billed`);
    expect(charged).toEqual(lines.map(({ line, billed }) => ({ line, billed })));
    expect(await query(`SELECT count(*)::INTEGER AS models FROM ${path("")} WHERE concat(InvoiceDetailId, SkuId, SkuPriceDetails, ChargeDescription, x_Rule) LIKE '%odd%'`)).toEqual([{ models: 0 }]);
    const ofBill = await query(`SELECT ChargeDescription AS description, x_Rule AS rule, sum(BilledCost)::DOUBLE AS billed FROM ${path("")} WHERE x_Method = 'adjustment' GROUP BY ALL ORDER BY billed`);
    expect(ofBill).toEqual([["(others)", 82], ["anthropic/claude-opus-4-8", 115]].map(([model, billed]) => ({ description: `invoice ${String(model)} 2026-10`, rule: `invoice ${String(model)} 2026-10`, billed })));
    for (const file of ["teams.csv", "teams/core/chargeback.csv", "chargeback.html"]) expect(Buffer.from(await lake.read(layout.report("2026-10", file))).toString(), file).not.toContain("odd-9");
  }

  test("do not say what charges do not say: models of few people are one line, open and closed", async () => {
    // The bill asks twice of what opus (190) and the model of one person (7) cost. Core has 115 of opus; 75 are small teams'.
    await keepTrueUp(lake, bill);
    ledger = changeLedger(ledger, { rules: { allocation: { ...ledger.rules.allocation, trueUps: [bill] } } });
    await reportAll(ledger, "2026-10");
    await expectLines();
    const { record } = await closeMonth(ledger, "2026-10", CLOSER);
    await serveWithDatasets(companyLedger(source, lake, undefined), record);
    await expectLines();
    expect(await recognisedInReports(folder, "reports/2026-10/")).toEqual([]);
  });

  test("are read from the charges as CSV where they are not written as Parquet", async () => {
    await keepTrueUp(lake, bill);
    ledger = changeLedger(ledger, { rules: { allocation: { ...ledger.rules.allocation, trueUps: [bill] }, report: { ...ledger.rules.report, focus: { ...ledger.rules.report.focus, formats: ["csv.gz"] } } } });
    await reportMonth(ledger, "2026-10");
    const lines = await query(`SELECT InvoiceDetailId AS line, BilledCost::DOUBLE AS billed FROM read_csv('${folder}/reports/2026-10/focus-invoice-detail.csv.gz') ORDER BY billed`);
    expect(lines).toEqual([{ line: "prod/(others)", billed: 164 }, { line: "prod/claude-opus-4-8", billed: 230 }]);
  });
});
