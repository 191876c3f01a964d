import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { teamChargebacks } from "../../src/chargeback/gathering/team-chargebacks.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { loadCloses } from "../../src/lake/records/close-record.ts";
import type { ExchangeRate } from "../../src/ledger/exchange-rate.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { readCsv } from "../chargeback/read-csv.ts";
import { plainLedger } from "../plain-ledger.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

let source: string;
let folder: string;
const rate = (from: string, perDollar: bigint): ExchangeRate => ({ currency: "EUR", from, perDollar, source: "ECB" });
const RATES = [rate("2026-08-31", 800_000_000n), rate("2026-09-30", 921_300_000n), rate("2026-10-31", 950_000_000n)];

beforeEach(async () => {
  [source, folder] = [temporaryFolder(), temporaryFolder()];
  writeRequests(source, [
    { by: "ann@example.com", at: "2026-09-10T12:00:00Z", dollars: 10.01 },
    { by: "bob@example.com", at: "2026-09-11T12:00:00Z", dollars: 3.33 },
    { by: "cat@example.com", at: "2026-09-30T12:00:00Z", dollars: 3.33 },
    { by: "cat@example.com", at: "2026-10-01T12:00:00Z", dollars: 1 },
  ]);
  await runOnce(ledger());
});

function ledger(rates: readonly ExchangeRate[] = RATES): Ledger {
  const stores = [new FsStore(source), new FsStore(folder)] as const;
  const { rules: { report } } = plainLedger(...stores);
  const teams = ["ann", "bob", "cat"].map((name) => ({ name, members: [`${name}@example.com`] }));
  return testLedger(...stores, { rules: { allocation: settingsOf({ directory: { teams } }), report: { ...report, secondCurrency: "EUR", rates } } });
}

const read = (file: string): string => readFileSync(join(folder, "reports/2026-09", file), "utf8");
const textOf = (file: string): string => read(file).replace(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");

test("page, team page, files and JSON show what to book in euros too, at the rate of the month's last day, and the parts add up", async () => {
  const reported = await reportMonth(ledger(), "2026-09");
  if ("closed" in reported) throw new Error("closed");
  await teamChargebacks(ledger().stores.lake, reported.open.report, { all: true });
  // 16.67 × 0.9213 = 15.358071; 10.01 × 0.9213 = 9.222213; 3.33 × 0.9213 = 3.067929, of which one is rounded down so that they come to 15.36.
  expect(textOf("chargeback.html")).toContain("$16.67 15.36 EUR, 1 USD = 0.9213 EUR from 2026-09-30 (ECB)");
  expect(textOf("teams/ann/chargeback.html")).toContain("$10.01 9.22 EUR, 1 USD = 0.9213 EUR");
  const { book, second_currency: second } = JSON.parse(read("chargeback.json")) as { book: { total: { second: object }; teams: { team: string; second: { to_book: string } }[] }; second_currency: object };
  expect(second).toEqual({ currency: "EUR", per_usd: "0.9213", from: "2026-09-30", source: "ECB" });
  expect(book.total.second).toEqual({ owed: "15.36", corrections: "0.00", to_book: "15.36" });
  expect(book.teams.map(({ team, second: { to_book } }) => [team, to_book])).toEqual([["ann", "9.22"], ["bob", "3.07"], ["cat", "3.07"], ["(unallocated)", "0.00"]]);
  const [head = [], ...rows] = readCsv(read("summary.csv"));
  const booked = rows.filter(([section]) => section === "to book").map((row) => [row[1], row[head.indexOf("booked_second")], row[head.indexOf("second_currency")]]);
  expect(booked).toEqual([["", "15.36", "EUR"], ["ann", "9.22", "EUR"], ["bob", "3.07", "EUR"], ["cat", "3.07", "EUR"], ["(unallocated)", "0.00", "EUR"]]);
});

test("the close keeps its rate, whatever the table says later, and the journal comes to zero in both currencies", async () => {
  await close(ledger(), "2026-09");
  const [record] = await loadCloses(ledger().stores.lake);
  expect(record).toMatchObject({ rate: { currency: "EUR", per_usd: "0.9213", from: "2026-09-30", source: "ECB" } });
  await reportMonth(ledger([rate("2026-01-01", 500_000_000n)]), "2026-09");
  expect(textOf("chargeback.html")).toContain("15.36 EUR, 1 USD = 0.9213 EUR");
  const [head = [], ...lines] = readCsv(read("journal.csv"));
  const sum = (column: string): number => lines.reduce((all, line) => all + Math.round(Number(line[head.indexOf(column)]) * 100), 0);
  expect([sum("amount_usd"), sum("second_amount")]).toEqual([0, 0]);
  expect(lines.at(-1)?.slice(-3)).toEqual(["EUR", "-15.36", "1 USD = 0.9213 EUR from 2026-09-30 (ECB)"]);
});

test("a month without a rate for its last day is no report, and says what to add", async () => {
  await expect(reportMonth(ledger([rate("2026-10-31", 950_000_000n)]), "2026-09")).rejects.toMatchObject({ code: "no_rate", message: "there is no rate of EUR for 2026-09-30, the last day of 2026-09" });
});
