import { readdirSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { reportMonth, serveWithDatasets } from "../../src/chargeback/report-month.ts";
import type { FocusFormat, FocusVersion } from "../../src/chargeback/focus/focus-settings.ts";
import { keepTrueUp, type KeptTrueUp } from "../../src/lake/records/kept-true-ups.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { changeLedger } from "../change-ledger.ts";
import { close, CLOSER } from "../e2e/closing.ts";
import { recordWrites } from "../hooked-store.ts";
import { query } from "../query.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

/** Asks $20 for what cost $10 at one gateway and $6 at another: $12.50 and $7.50. */
const BILL: KeptTrueUp = {
  month: "2026-10",
  madeAt: new Date("2026-11-02T08:00:00Z"),
  madeBy: "finance@example.com",
  files: [{ name: "cost.json", sha256: "0".repeat(64) }],
  amounts: [{ provider: "anthropic", model: "claude-opus-4-8", invoice: 20_000_000_000n }],
};

let folder: string;
let ledger: Ledger;

beforeEach(async () => {
  folder = temporaryFolder();
  const [prod, lab] = [temporaryFolder(), temporaryFolder()];
  writeRequests(prod, [{ by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: 10 }, { by: "bob@example.com", at: "2026-10-05T12:00:00Z", dollars: 3, model: "openai/gpt-5" }]);
  writeRequests(lab, [{ by: "ann@example.com", at: "2026-10-06T12:00:00Z", dollars: 6 }]);
  const [lake, sources] = [new FsStore(folder), [{ instance: "prod", store: new FsStore(prod) }, { instance: "lab", store: new FsStore(lab) }]];
  ledger = testLedger(new FsStore(prod), lake, { stores: { lake, archive: lake, sources }, rules: { allocation: { ...settingsOf({}), trueUps: [BILL] } } });
  await keepTrueUp(lake, BILL);
  await runOnce(ledger);
});

function asking(version: FocusVersion, formats: readonly FocusFormat[] = ["parquet"]): Ledger {
  return changeLedger(ledger, { rules: { report: { ...ledger.rules.report, focus: { ...ledger.rules.report.focus, version, formats } } } });
}

const table = (name: string): string => `read_parquet('${folder}/reports/2026-10/focus${name}.parquet')`;
const time = (name: string): string => `strftime(${name}, '%Y-%m-%dT%H:%M:%SZ') AS ${name}`;
const datasetFiles = (): string[] => readdirSync(`${folder}/reports/2026-10`).filter((name) => name.startsWith("focus-")).toSorted();

async function periods(): Promise<unknown[]> {
  const times = ["BillingPeriodCreated", "BillingPeriodEnd", "BillingPeriodLastUpdated", "BillingPeriodStart"].map(time);
  return await query(`SELECT ${times.join(", ")}, BillingPeriodStatus, InvoiceIssuerName, x_CloseId FROM ${table("-billing-period")} ORDER BY InvoiceIssuerName`);
}

const OCTOBER = { BillingPeriodCreated: "2026-10-01T00:00:00Z", BillingPeriodEnd: "2026-11-01T00:00:00Z", BillingPeriodStart: "2026-10-01T00:00:00Z" };

test("the period of each issuer is open until the last export, and closed at the close, by its id", async () => {
  await reportMonth(asking("1.4"), "2026-10");
  // The export of the 6th came an hour after its last second.
  const open = { ...OCTOBER, BillingPeriodLastUpdated: "2026-10-07T00:59:59Z", BillingPeriodStatus: "Open", x_CloseId: null };
  expect(await periods()).toEqual(["anthropic", "openai"].map((InvoiceIssuerName) => ({ ...open, InvoiceIssuerName })));
  const { record } = await close(asking("1.4"), "2026-10");
  await serveWithDatasets(asking("1.4"), record);
  const closed = { ...OCTOBER, BillingPeriodLastUpdated: CLOSER.now.toISOString().replace(".000", ""), BillingPeriodStatus: "Closed", x_CloseId: record.id };
  expect(await periods()).toEqual(["anthropic", "openai"].map((InvoiceIssuerName) => ({ ...closed, InvoiceIssuerName })));
});

test("a bill's lines are what the charges that name them add up to, at each gateway, and come to the bill", async () => {
  await reportMonth(asking("1.4"), "2026-10");
  const times = ["BillingPeriodEnd", "BillingPeriodStart", "InvoiceDetailCreated", "InvoiceDetailLastUpdated", "InvoiceIssueDate", "PaymentDueDate"];
  const lines = await query(`SELECT * REPLACE (BilledCost::VARCHAR AS BilledCost, ${times.map(time).join(", ")}) FROM ${table("-invoice-detail")}`);
  const lineOf = (instance: string, billed: string): object => ({
    BilledCost: billed, BillingAccountId: instance, BillingCurrency: "USD", BillingPeriodEnd: "2026-11-01T00:00:00Z", BillingPeriodStart: "2026-10-01T00:00:00Z", ChargeCategory: "Usage",
    InvoiceDetailCreated: "2026-11-02T08:00:00Z", InvoiceDetailDescription: "claude-opus-4-8, 2026-10", InvoiceDetailGrain: `{"ServiceName":"anthropic","x_Instance":"${instance}","x_Model":"claude-opus-4-8"}`,
    InvoiceDetailId: `${instance}/claude-opus-4-8`, InvoiceDetailLastUpdated: "2026-11-02T08:00:00Z", InvoiceId: "anthropic/2026-10", InvoiceIssueDate: null, InvoiceIssueStatus: "Issued",
    InvoiceIssuerName: "anthropic", PaymentDueDate: null, PaymentTerms: null, ReferenceInvoiceId: "anthropic/2026-10",
  });
  expect(lines).toEqual([lineOf("lab", "7.500000000"), lineOf("prod", "12.500000000")]);
  expect(await query(`SELECT InvoiceIssuerName AS issuer, InvoiceId AS invoice, InvoiceDetailId AS line, BillingAccountId AS account, sum(BilledCost)::VARCHAR AS billed FROM ${table("")} GROUP BY ALL ORDER BY ALL`)).toEqual([
    { issuer: "anthropic", invoice: "anthropic/2026-10", line: "lab/claude-opus-4-8", account: "lab", billed: "7.500000000" },
    { issuer: "anthropic", invoice: "anthropic/2026-10", line: "prod/claude-opus-4-8", account: "prod", billed: "12.500000000" },
    { issuer: "openai", invoice: null, line: null, account: "prod", billed: "3.000000000" },
  ]);
});

test("the close changes no line of a bill, and no bill comes after it", async () => {
  await reportMonth(asking("1.4"), "2026-10");
  const lines = async (): Promise<unknown> => await query(`SELECT * FROM ${table("-invoice-detail")}`);
  const before = await lines();
  const { record } = await close(asking("1.4"), "2026-10");
  await serveWithDatasets(asking("1.4"), record);
  expect(await lines()).toEqual(before);
  expect(await query(`SELECT DISTINCT InvoiceDetailCreated <= BillingPeriodLastUpdated AS held FROM ${table("-invoice-detail")} JOIN ${table("-billing-period")} USING (BillingPeriodStart, InvoiceIssuerName)`)).toEqual([{ held: true }]);
});

test("data sets are written where they changed, in the formats asked for, and only in the version that has them", async () => {
  const whole = asking("1.4", ["csv", "parquet"]);
  const { store, writes } = recordWrites(whole.stores.lake);
  const recorded = changeLedger(whole, { stores: { lake: store } });
  await reportMonth(recorded, "2026-10");
  const files = ["focus-billing-period.csv", "focus-billing-period.parquet", "focus-invoice-detail.csv", "focus-invoice-detail.parquet"];
  expect(datasetFiles()).toEqual(files);
  writes.length = 0;
  await reportMonth(recorded, "2026-10");
  expect(writes).toEqual([]);
  await reportMonth(asking("1.4", ["csv.gz"]), "2026-10");
  expect(datasetFiles()).toEqual(["focus-billing-period.csv.gz", "focus-invoice-detail.csv.gz"]);
  await reportMonth(asking("1.3"), "2026-10");
  expect(datasetFiles()).toEqual([]);
});

test("the CSV has times and amounts as FOCUS writes them", async () => {
  await reportMonth(asking("1.4", ["csv"]), "2026-10");
  const cells = async (name: string, columns: string): Promise<unknown[]> => await query(`SELECT ${columns} FROM read_csv('${folder}/reports/2026-10/focus-${name}.csv', all_varchar = true) ORDER BY ALL LIMIT 1`);
  expect(await cells("billing-period", "BillingPeriodCreated AS created, BillingPeriodStatus AS status, x_CloseId AS id")).toEqual([{ created: "2026-10-01T00:00:00Z", status: "Open", id: null }]);
  expect(await cells("invoice-detail", "BilledCost AS billed, InvoiceIssueDate AS issued")).toEqual([{ billed: "12.5", issued: null }]);
});

test("without a bill there are no lines, and a month that was closed in 1.2 has its period in 1.4", async () => {
  const plain = changeLedger(asking("1.2"), { rules: { allocation: settingsOf({}) } });
  const { record } = await close(plain, "2026-10");
  await serveWithDatasets(plain, record);
  expect(datasetFiles()).toEqual([]);
  await serveWithDatasets(asking("1.4"), record);
  expect(await query(`SELECT BillingPeriodStatus AS status, count(*)::INTEGER AS issuers FROM ${table("-billing-period")} GROUP BY ALL`)).toEqual([{ status: "Closed", issuers: 2 }]);
});
