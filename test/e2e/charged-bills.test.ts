import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExchangeRate } from "../../src/ledger/exchange-rate.ts";
import { describe, expect, test, vi } from "vitest";
import { reconcileBills } from "../../src/cli/commands/reconcile.ts";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import { parseDollars } from "../../src/ledger/money.ts";
import { trueUpMonth } from "../../src/reconciliation/reconcile-month.ts";
import { releaseWriters } from "../../src/storage/writers.ts";
import { expectCoherent } from "../expect-coherent.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { beginOctober, BOOKED, bring, COMMITMENT, dollars, folder, lake, ledgerWith, LINES, october, owed, owedByTeam, partsOfInvoices, SEATS } from "./charged-october.ts";

beginOctober();

describe("the bill of a month with seats and a commitment", () => {
  test("adds up to the invoice, before and after the bill is charged", async () => {
    const ledger = await ledgerWith([SEATS, COMMITMENT]);
    const brought = await bring();
    expect(partsOfInvoices(await october(ledger))).toEqual([["anthropic", "101.96", "16.00", "82.10", { other_charge: "3.26", price_version: "0.60" }, "0.00", "98.10"]]);

    expect(await trueUpMonth(lake, brought, BOOKED)).toEqual([]);
    const report = await october(await ledgerWith([SEATS, COMMITMENT]));
    expect(partsOfInvoices(report)).toEqual([["anthropic", "101.96", "16.00", "85.36", { price_version: "0.60" }, "0.00", "101.96"]]);
    expect(dollars(sumOwed(report.allocated).cost)).toBe("101.96");
    expect(owed(report.byTeam.map(({ figures }) => figures))).toBe(parseDollars("101.96"));
    await expectCoherent(folder);
  });

  test("the other lines of a bill are charged to those who used the provider, without any charge in the configuration", async () => {
    await trueUpMonth(lake, await bring(["2026-10-05,anthropic,claude-opus-4-8,all,,12", "2026-10-10,anthropic,claude-opus-4-8,all,,18", "2026-10-12,anthropic,claude-haiku-4-5,all,,6", "2026-10-15,anthropic,Priority tier,other,,1500"]), BOOKED);
    const report = await october(await ledgerWith([]));
    // 1500 by 12 to 24 dollars of usage.
    expect(owedByTeam(report)).toEqual({ payments: "512.00", web: "1024.00", "(unallocated)": "0.00" });
    expect(report.insights.charges?.map(({ name, kind, cost }) => [name, kind, dollars(cost)])).toEqual([["Priority tier", "invoice", "1500.00"]]);
  });

  test("a line that is named like a model is a charge beside what the model's requests cost", async () => {
    await trueUpMonth(lake, await bring([...LINES, "2026-10-15,anthropic,claude-opus-4-8,other,,3"]), BOOKED);
    const report = await october(await ledgerWith([SEATS, COMMITMENT]));
    expect(partsOfInvoices(report)).toEqual([["anthropic", "104.96", "16.00", "88.36", { price_version: "0.60" }, "0.00", "104.96"]]);
    expect(report.insights.charges?.map(({ name, cost }) => [name, dollars(cost)])).toEqual([["Claude seats", "62.10"], ["Opus commitment", "20.00"], ["Code execution", "3.26"], ["claude-opus-4-8", "3.00"]]);
  });

  test("a line that is named like a discount covers no usage", async () => {
    const discounted = { allocation: { adjustments: [{ name: "Partner", when: {}, percent: -10 }] } };
    await trueUpMonth(lake, await bring(["2026-10-05,anthropic,claude-opus-4-8,all,,12", "2026-10-10,anthropic,claude-opus-4-8,all,,18", "2026-10-12,anthropic,claude-haiku-4-5,all,,6", "2026-10-15,anthropic,Partner,other,,-3"]), BOOKED);
    expect(partsOfInvoices(await october(await ledgerWith([], discounted)))).toEqual([["anthropic", "33.00", "36.00", "-3.00", {}, "0.00", "33.00"]]);
  });

  test("a bill without amounts takes no invoice away", async () => {
    await bring();
    await bring(["2026-10-05,anthropic,claude-opus-4-8,input,100,"]);
    expect((await october(await ledgerWith([SEATS, COMMITMENT]))).insights.invoices?.map(({ invoice }) => dollars(invoice))).toEqual(["101.96"]);
  });

  test("what a bill asks for a model that nobody used is nobody's", async () => {
    await trueUpMonth(lake, await bring([...LINES, "2026-10-15,anthropic,claude-fable-1,all,,7"]), BOOKED);
    expect(owedByTeam(await october(await ledgerWith([SEATS, COMMITMENT])))["(unallocated)"]).toBe("7.00");
  });
});

test("reconcile takes the configured line of a charge, and names a charge that is on no line", async () => {
  const bill = join(temporaryFolder(), "bill.csv");
  writeFileSync(bill, ["date,provider,model,token_type,tokens,cost_usd", ...LINES].join("\n"));
  const said = async (charges: readonly object[]): Promise<string[]> => {
    const config = join(temporaryFolder(), "aperture-ledger.yaml");
    writeFileSync(config, JSON.stringify({ lake: folder, charges }));
    let stdout = "";
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((stdout += String(text))));
    try {
      await reconcileBills({ config, month: "2026-10", bill: [bill], trueUp: true, by: "finance@example.com" }, () => new Date("2026-11-03T00:00:00Z"));
    } finally {
      write.mockRestore();
      await releaseWriters();
    }
    return stdout.split("\n").filter((line) => /^(?:charged|not on it) /.test(line));
  };
  expect(await said([SEATS, COMMITMENT])).toEqual([
    "charged      anthropic/Claude seats, $62.10: a charge other than usage",
    "charged      anthropic/Code execution, $3.26: a charge other than usage",
    "charged      anthropic/Opus commitment, $20.00: a charge other than usage",
  ]);
  expect(await said([{ ...SEATS, line: undefined }])).toContainEqual(expect.stringMatching(/^not on it {4}the charge Claude seats: if it is one of the lines of anthropic .*Claude Team October/));
});

/*
 * The same bill in euros, code execution 2.60. At the days' 0.80 it is Opus 10.00, Haiku 6.60, seats 62.10, commitment 20.00, code execution 3.25: 101.95 dollars. At the
 * month's last 0.8156 its 81.56 euros are 100.00 dollars.
 */
const EUROS = ["0", "0", "3.20", "4.80", "1.76", "3.52", "49.68", "16", "2.60"];
const IN_EUROS = LINES.map((line, index) => line.replace(/[^,]*$/, `${EUROS[index] ?? ""},EUR`));
const rate = (from: string, perDollar: bigint): ExchangeRate => ({ currency: "EUR", from, perDollar, source: "a bank" });
const RATES = [rate("2026-09-30", 800_000_000n), rate("2026-10-31", 815_600_000n)];

describe("a bill in euros", () => {
  test("comes to its euros to the cent: what the rates of the days and of the month's last make different is a line", async () => {
    const { exchanged } = await bring(IN_EUROS, { columns: "cost,currency", rates: RATES });
    expect(exchanged.map(({ provider, currency, amount, cost, costAtEnd }) => [provider, currency, ...[amount, cost, costAtEnd].map(dollars)])).toEqual([["anthropic", "EUR", "81.56", "101.95", "100.00"]]);
    const { insights: { invoices = [] } } = await october(await ledgerWith([SEATS, COMMITMENT]));
    expect(invoices.map(({ invoice, usage, charges, unexplained }) => [invoice, usage, charges, unexplained].map(dollars))).toEqual([["100.00", "16.00", "82.10", "0.00"]]);
    expect(invoices[0]?.explained.map(({ cause, amount }) => [cause, dollars(amount)])).toEqual([["other_charge", "3.25"], ["price_version", "0.60"], ["exchange", "-1.95"]]);
    expect(invoices[0]?.foreign).toEqual([{ currency: "EUR", amount: 81_560_000_000n }]);
    const page = readFileSync(join(folder, "reports/2026-10/chargeback.html"), "utf8").replace(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
    expect(page).toMatch(/anthropic 81\.56 EUR \$100\.00 \$16\.00 \$82\.10 \+\$1\.90 \$0\.00/);
    expect(page).toMatch(/Exchange: the rate of the month’s last day versus the rates of each day -\$1\.95/);
  });

  test("counts once where it is given twice", async () => {
    const { exchanged } = await bring(IN_EUROS, { columns: "cost,currency", rates: RATES, times: 2 });
    expect(exchanged.map(({ amount, costAtEnd }) => [amount, costAtEnd].map(dollars))).toEqual([["81.56", "100.00"]]);
  });

  test.each<[string, readonly string[]]>([
    ["all of it", IN_EUROS.filter((line) => !line.includes("put,"))],
    ["a part of it", [...LINES.slice(0, -1).map((line) => `${line},USD`), IN_EUROS.at(-1) ?? ""]],
  ])("is no invoice where there is no rate for %s", async (_, lines) => {
    const { reconciliation } = await bring(lines, { columns: "cost,currency" });
    expect(reconciliation.foreign.map(({ currency }) => currency)).toEqual(["EUR"]);
    expect((await october(await ledgerWith([SEATS, COMMITMENT]))).insights.invoices).toBeUndefined();
  });

  test("can be the month's true-up, each line at the rate of its day", async () => {
    await trueUpMonth(lake, await bring(IN_EUROS, { columns: "cost,currency", rates: RATES }), { madeAt: new Date("2026-11-02T09:00:00Z"), madeBy: "finance@example.com" });
    expect(dollars(sumOwed((await october(await ledgerWith([SEATS, COMMITMENT]))).allocated).cost)).toBe("101.95");
  });
});
