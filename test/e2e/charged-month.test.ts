import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { explainTeam } from "../../src/allocation/explain-team.ts";
import { describeChargeback } from "../../src/cli/commands/describe-chargeback.ts";
import { readReport } from "../../src/chargeback/delivery/read-report.ts";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import { renderJson } from "../../src/chargeback/report/render-json.ts";
import { layout } from "../../src/lake/layout.ts";
import { formatDollars, parseDollars } from "../../src/ledger/money.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FocusChecker } from "../focus/check-focus.ts";
import { CONTRADICTED, CORRECTED, SUPPORTED } from "../focus/deviations.ts";
import { readFocusCsv, readFocusParquet } from "../focus/focus-data.ts";
import { describeWithModel } from "../focus/focus-model.ts";
import { query } from "../query.ts";
import { writeRequests } from "../request-exports.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { bookedIn, close, correctedFigures, figuresOf } from "./closing.ts";
import { ANN, beginLake, beginOctober, BOB, bring, CAT, COMMITMENT, DAN, dollars, folder, ledgerWith, october, owed, owedByTeam, SEATS, source } from "./charged-october.ts";

beginOctober();

describe("a month with seats, a commitment and a bill", () => {
  test("owes its usage less what the commitment pays, and the charges", async () => {
    const report = await october(await ledgerWith([SEATS, COMMITMENT]));
    expect([report.allocated.adjustments, report.allocated.charges, sumOwed(report.allocated).cost].map(dollars)).toEqual(["-20.00", "82.10", "98.10"]);
    // Of 62.10 for 77 days of seats: ann 15 days 12.0974025974…, cat and dan 31 days 25.0012987012… each; the last nanodollar is ann's.
    // payments: ann 12 - 8 + 8 + her seat, and dan's; web: bob 18 - 12 + 12 + 6, and cat's seat.
    const [annSeat, catSeat, danSeat] = [12_097_402_598n, 25_001_298_701n, 25_001_298_701n];
    expect(owedByTeam(report)).toEqual({ payments: dollars(12_000_000_000n + annSeat + danSeat), web: dollars(24_000_000_000n + catSeat), "(unallocated)": "0.00" });
    for (const { figures, byCaller, byTag, byModel, byAgent, byDimension } of report.insights.teams) {
      for (const rows of [byCaller, byTag, byModel, byAgent, ...byDimension.map((one) => one.rows)]) expect(owed(rows.map((row) => row.figures))).toBe(sumOwed(figures).cost ?? 0n);
    }
  });

  test("shows what each person used beside the seat, who does not use it and who should have one", async () => {
    const { insights } = await october(await ledgerWith([SEATS]));
    expect(insights.charges?.[0]?.seats?.people.map(({ caller, hasSeat, cost, listed, verdict }) => [caller, hasSeat, dollars(cost), dollars(listed), verdict])).toEqual([
      [DAN, true, "25.00", "0.00", "not used"],
      // Metered usage of 24 dollars is less than a seat of 25.
      [ANN, true, "12.096774194", "2.00", "costs more"],
      [CAT, true, "25.00", "40.00", "pays"],
      [BOB, false, "0.00", "24.00", "without"],
    ]);
    const cheaper = await october(await ledgerWith([{ ...SEATS, price: 20 }]));
    expect(cheaper.insights.charges?.[0]?.seats?.people.find(({ caller }) => caller === BOB)?.verdict).toBe("should have one");
  });

  test.each<[string, readonly object[], object]>([
    ["half of it is discounted", [], { allocation: { adjustments: [{ name: "half", when: {}, percent: -50 }] } }],
    ["another charge covers it", [{ name: "throughput", kind: "provisioned", provider: "anthropic", amount: 30 }], {}],
  ])("nobody should have a seat whose use costs the company less: %s", async (_, others, more) => {
    const { insights } = await october(await ledgerWith([{ ...SEATS, price: 20 }, ...others], more));
    const bob = insights.charges?.[0]?.seats?.people.find(({ caller }) => caller === BOB);
    expect([bob?.verdict, dollars(bob?.listed)]).toEqual(["without", "24.00"]);
  });

  test("costs each team in the FOCUS export what it owes, as billed and in effect", async () => {
    const report = await october(await ledgerWith([SEATS, COMMITMENT]));
    const rows = await query(`SELECT coalesce(SubAccountName, '(unallocated)') AS team, sum(BilledCost)::DECIMAL(38,9)::VARCHAR AS billed, sum(EffectiveCost)::DECIMAL(38,9)::VARCHAR AS effective FROM read_parquet('${folder}/${layout.report("2026-10", "focus.parquet")}') GROUP BY ALL ORDER BY ALL`);
    const teams = report.byTeam.flatMap(({ key: { team }, figures }) => (team === "(unallocated)" ? [] : [{ team, billed: formatDollars(sumOwed(figures).cost ?? 0n), effective: formatDollars(sumOwed(figures).cost ?? 0n) }]));
    expect(rows).toEqual(teams.toSorted((a, b) => (a.team < b.team ? -1 : 1)));
  });

  test("is a purchase in the FOCUS export, and covered usage keeps its list cost", async () => {
    await october(await ledgerWith([SEATS, COMMITMENT]));
    const rows = await query(`SELECT ChargeCategory, ChargeFrequency, x_Billing, x_Model, sum(BilledCost)::DECIMAL(38,2)::VARCHAR AS billed, sum(ListCost)::DECIMAL(38,2)::VARCHAR AS list, min(ChargePeriodStart)::VARCHAR AS since
      FROM read_parquet('${folder}/${layout.report("2026-10", "focus.parquet")}') WHERE ChargeCategory <> 'Usage' GROUP BY ALL ORDER BY ALL`);
    expect(rows.map((row) => [row["ChargeCategory"], row["ChargeFrequency"], row["x_Billing"], row["x_Model"], row["billed"], row["list"]])).toEqual([
      ["Adjustment", "Usage-Based", "metered", "claude-opus-4-8", "-20.00", "0.00"],
      ["Purchase", "Recurring", "charge", "Claude seats", "62.10", "62.10"],
      ["Purchase", "Recurring", "charge", "Opus commitment", "20.00", "20.00"],
    ]);
  });

  describeWithModel("and every MUST of FOCUS 1.2 is kept", (model) => {
    test.each(["parquet", "csv"] as const)("%s", async (format) => {
      await october(await ledgerWith([SEATS, COMMITMENT, { name: "goodwill", kind: "other", provider: "anthropic", amount: -1 }]));
      const data = await (format === "csv" ? readFocusCsv : readFocusParquet)(join(folder, layout.report("2026-10", `focus.${format}`)));
      expect(new Set(data.rows.map(({ ChargeCategory }) => ChargeCategory))).toEqual(new Set(["Usage", "Adjustment", "Purchase", "Credit"]));
      const verdicts = new FocusChecker(data, model, SUPPORTED, CORRECTED).all();
      expect([...verdicts].flatMap(([id, verdict]) => (verdict.is === "failed" ? [id] : []))).toEqual(CONTRADICTED);
    });
  });

  test("every file of the report has its charges", async () => {
    await bring();
    await october(await ledgerWith([SEATS, COMMITMENT]));
    const file = (name: string): string => readFileSync(join(folder, layout.report("2026-10", name)), "utf8");
    const json = JSON.parse(file("chargeback.json")) as { total: { charges_usd: string }; insights: { charges: { name: string; cost_usd: string }[]; invoices: { unexplained_usd: string }[] } };
    expect([json.total.charges_usd, json.insights.charges.map(({ name, cost_usd }) => [name, cost_usd]), json.insights.invoices.map((one) => one.unexplained_usd)]).toEqual([
      "82.100000000", [["Claude seats", "62.100000000"], ["Opus commitment", "20.000000000"]], ["0.000000000"],
    ]);
    expect(file("summary.csv")).toMatch(/\ncharge,,Claude seats,"anthropic, seats",,.*,62\.100000000\b/);
    expect(file("summary.csv")).toMatch(/\ninvoice,,anthropic,unexplained,,.*,0\.000000000\b/);
    const page = file("chargeback.html");
    for (const said of ["Charges other than usage", "<bdi>Claude seats</bdi>: who uses a seat", "What providers billed", "$62.10", "$101.96", "Does not use it"]) expect(page).toContain(said);
  });
});

test("the JSON that messages and closed months are read from includes charges in what teams owe", async () => {
  await bring();
  const report = await october(await ledgerWith([SEATS, COMMITMENT]));
  const { booking } = readReport(Buffer.from(renderJson(report)), "chargeback.json");
  expect(booking.total.owed).toEqual({ exact: 98_100_000_000n, cents: 9_810n });
  expect(booking.rows.reduce((sum, { owed: { cents } }) => sum + cents, 0n)).toBe(9_810n);
});

test("seats are not charged in a month that only a time zone touches, so that the first month of a ledger can be closed", async () => {
  const [exports, lake] = [temporaryFolder(), temporaryFolder()];
  // In Los Angeles the first day of the exports begins on the last evening of September, when nobody made a request.
  writeRequests(exports, [{ by: ANN, at: "2026-10-01T10:00:00Z", dollars: 1 }]);
  const seats = { name: "seats", kind: "seats", provider: "anthropic", price: 7, people: [ANN] };
  const settings = settingsOf({ directory: { teams: [{ name: "payments", members: [ANN] }] }, charges: [seats], timezone: "America/Los_Angeles" });
  const ledger = testLedger(new FsStore(exports), new FsStore(lake), { rules: { allocation: settings } });
  await runOnce(ledger);
  const { record } = await close(ledger, "2026-10");
  expect(record.totals.owed_usd).toBe("8.000000000");
});

test("the command and explain name charges and the invoice", async () => {
  await bring();
  const ledger = await ledgerWith([SEATS, COMMITMENT]);
  const report = await october(ledger);
  expect(describeChargeback({ report, written: [] }, [])).toEqual(expect.arrayContaining([
    "charges      $82.10, other than usage",
    "owed         $98.10: metered, self-hosted, adjustments, charges",
    "invoice      anthropic: $101.96 = usage $16.00 + charges $82.10 + explained $3.86 + unexplained $0.00",
  ]));
  const { reasons, rules, members } = await explainTeam(ledger, "2026-10", "payments", 0);
  expect(reasons.filter(({ billing }) => billing === "charge").map(({ rule, base, cost }) => [rule, base, cost === null ? null : formatDollars(cost)])).toEqual([
    ["Claude seats", "1 seat, not used", "25.001298701"],
    ["Claude seats", "1 seat, 15 of 31 days", "12.097402598"],
    ["Opus commitment", "$12.000000000 of $30.000000000", "8.000000000"],
  ]);
  expect(rules.map(({ name, kind }) => [name, kind])).toEqual([["Claude seats", "charge"], ["Opus commitment", "charge"]]);
  expect(members.map(({ caller }) => caller)).toEqual([ANN, DAN]);
});

test("a charge that comes after the close is booked as a correction, and only it", async () => {
  writeRequests(source, [{ by: BOB, at: "2026-11-02T12:00:00Z", dollars: 1 }]);
  const before = await ledgerWith([SEATS]);
  await runOnce(before);
  await close(before, "2026-10");
  const after = await ledgerWith([SEATS, { ...COMMITMENT, until: "2026-11-01" }]);
  expect((await runOnce(after)).corrections).toMatchObject({ booking: "2026-11", corrected: ["2026-10"] });
  const booked = await bookedIn(folder, "2026-11");
  expect([new Set(booked.map(({ cause }) => cause)), new Set(booked.map(({ reason }) => reason))]).toEqual([new Set(["charge_change"]), new Set(["changed since the close: charges Opus commitment"])]);
  expect(booked.reduce((sum, { difference }) => sum + (parseDollars(difference) ?? 0n), 0n)).toBe(0n);
  const corrected = await correctedFigures(folder, "2026-10", ["2026-11"]);
  const whole = temporaryFolder();
  beginLake(whole);
  await runOnce(await ledgerWith([SEATS, { ...COMMITMENT, until: "2026-11-01" }]));
  expect(corrected).toEqual(await figuresOf(whole, "2026-10"));
});
