import fc from "fast-check";
import readWorkbook from "read-excel-file/node";
import { expect, test } from "vitest";
import { type JournalAccounts, renderJournal } from "../../src/chargeback/closing/journal.ts";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { renderJson } from "../../src/chargeback/report/render-json.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { renderSummaryCsv } from "../../src/chargeback/report/render-summary-csv.ts";
import { renderWorkbook } from "../../src/chargeback/report/render-workbook.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import { bookReport } from "../../src/chargeback/report/bookings.ts";
import { cutToTeam, listTeams } from "../../src/chargeback/team/cut-to-team.ts";
import { renderTeamHtml } from "../../src/chargeback/team/render-team-html.ts";
import { TEAM_FILES } from "../../src/chargeback/team/render-team.ts";

import { runs } from "../property/runs.ts";
import { readCsv } from "./read-csv.ts";
import { inventInsights } from "./invented-insights.ts";
import { allocateRow, inventReport, inventRow } from "./invented-report.ts";

interface Part {
  team: string;
  costCenter: string | null;
  cost: bigint;
  corrected: bigint | null;
}

const part = fc.record({
  team: fc.constantFrom("a", "b", "c", "d"),
  costCenter: fc.constantFrom("CC-1", null),
  cost: fc.oneof(fc.constantFrom(0n, 1n, 4_000_000n, 5_000_000n, 10_000_000n), fc.bigInt({ min: 0n, max: 10n ** 14n })),
  corrected: fc.oneof(fc.constant(null), fc.bigInt({ min: -(10n ** 11n), max: 10n ** 11n })),
});

/** A month of these teams; corrections are of August and September in turn. */
function invent(parts: readonly Part[]): ChargebackReport {
  const rows = parts.map(({ cost }) => inventRow({ cost }));
  const allocations = parts.map(({ team, costCenter }, index) => allocateRow(rows[index]!, { team, costCenter }));
  const report = inventReport(rows, {}, { rows: allocations });
  const usage = { caller: "ann@example.com", callerType: "user" as const, tag: "(untagged)", dimensions: {}, instance: "prod", provider: "anthropic", model: "opus", billing: "metered" as const };
  const corrections = parts.flatMap(({ team, costCenter, corrected }, index) =>
    corrected === null ? [] : [{ ...usage, corrects: index % 2 === 0 ? "2026-08" : "2026-09", cause: "price_version" as const, reason: "", team, costCenter, method: "member", rule: "directory", was: 0n, is: corrected, difference: corrected, requests: 0n }],
  );
  return { ...report, corrections, insights: { ...inventInsights(report, allocations), pools: [] } };
}

const cents = (dollars: string): bigint => BigInt(dollars.replace(".", "").replace(",", ""));
const floor = (exact: bigint): bigint => (exact >= 0n ? exact / 10_000_000n : -((-exact + 9_999_999n) / 10_000_000n));
const nearest = (exact: bigint): bigint => floor(exact + 5_000_000n);

interface Booked {
  owed_usd: string;
  corrections_usd: string;
  to_book_usd: string;
}
type BookJson = Booked & { team: string; cost_center: string | null; booked: Booked };

const bookOf = (report: ChargebackReport): { total: BookJson; teams: BookJson[] } => (JSON.parse(renderJson(report)) as { book: { total: BookJson; teams: BookJson[] } }).book;

test("what is owed in all is rounded to the nearest cent, each team to a cent beside its exact amount, and the teams come to the total", () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
      const { total, teams } = bookOf(invent(parts));
      const owed = parts.reduce((sum, { cost }) => sum + cost, 0n);
      const corrected = parts.reduce((sum, one) => sum + (one.corrected ?? 0n), 0n);
      expect(cents(total.booked.owed_usd)).toBe(nearest(owed));
      expect(cents(total.booked.to_book_usd)).toBe(nearest(owed + corrected));
      for (const amount of ["owed_usd", "corrections_usd", "to_book_usd"] as const) {
        expect(teams.reduce((sum, { booked }) => sum + cents(booked[amount]), 0n)).toBe(cents(total.booked[amount]));
        for (const team of teams) {
          const exact = cents(team[amount]);
          expect([floor(exact), floor(exact + 9_999_999n)]).toContain(cents(team.booked[amount]));
          expect(team.booked[amount]).not.toMatch(/^-0\.00$/);
        }
      }
      for (const { booked } of teams) expect(cents(booked.owed_usd) + cents(booked.corrections_usd)).toBe(cents(booked.to_book_usd));
    }),
    runs(200),
  );
});

test("in a second currency the total is rounded to the nearest hundredth too, and the teams come to it, at any rate", () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 10 }), fc.bigInt({ min: 1n, max: 10n ** 13n }), (parts, perDollar) => {
      const report = invent(parts);
      const booking = bookReport({ ...report, head: { ...report.head, rate: { currency: "EUR", from: "2026-10-31", perDollar, source: "a bank" } } });
      const { second: total } = booking.total;
      const exchanged = booking.rows.map(({ owed, corrections }) => [owed.exact, corrections.exact].map((amount) => exchangeByHand(amount, perDollar)));
      expect(total?.owed).toBe(nearest(exchanged.reduce((sum, [owed = 0n]) => sum + owed, 0n)));
      expect(total?.toBook).toBe(nearest(exchanged.flat().reduce((sum, amount) => sum + amount, 0n)));
      for (const amount of ["owed", "corrections", "toBook"] as const) expect(booking.rows.reduce((sum, { second }) => sum + (second?.[amount] ?? 0n), 0n)).toBe(total?.[amount]);
      for (const [index, { second }] of booking.rows.entries()) {
        const [owed = 0n, corrected = 0n] = exchanged[index] ?? [];
        for (const [rounded, exact] of [[second?.owed, owed], [second?.corrections, corrected], [second?.toBook, owed + corrected]] as const) expect([floor(exact), floor(exact + 9_999_999n)]).toContain(rounded);
      }
    }),
    runs(100),
  );
});

/** Times a rate in billionths, to the nearest billionth, halves away from zero. */
function exchangeByHand(amount: bigint, perDollar: bigint): bigint {
  const product = amount * perDollar;
  const size = ((product < 0n ? -product : product) * 2n + 1_000_000_000n) / 2_000_000_000n;
  return product < 0n ? -size : size;
}

test("amounts of the field: 187.0638, 32.8792 and nothing are $187.06, $32.88 and $0.00", () => {
  const { total, teams } = bookOf(invent([
    { team: "a", costCenter: null, cost: 187_063_800_000n, corrected: null },
    { team: "b", costCenter: null, cost: 32_879_200_000n, corrected: null },
    { team: "c", costCenter: null, cost: 0n, corrected: null },
  ]));
  expect(total.booked.owed_usd).toBe("219.94");
  expect(teams.filter(({ team }) => team.length === 1).map(({ team, booked }) => [team, booked.owed_usd])).toEqual([["a", "187.06"], ["b", "32.88"], ["c", "0.00"]]);
});

/** The texts of the amounts that a page prints for an exact amount. */
const printed = (page: string, exact: string): Set<string> => new Set([...page.matchAll(/title="(-?)\$(\d+\.\d{9})">\+?([^<]*)</g)].flatMap(([, sign = "", digits = "", text = ""]) => (`${sign}${digits}` === exact ? [text.replaceAll(",", "")] : [])));
const dollar = (text: string): string => (text.startsWith("-") ? `-$${text.slice(1)}` : `$${text}`);

test("a team's cents are the same on the page, on its own page, in summary.csv, in the workbook and in the journal", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(part, { minLength: 2, maxLength: 5, selector: ({ team }) => team }), async (drawn) => {
      // Every exact amount names one thing: no two of them are equal.
      const parts = drawn.map((one, index) => ({ ...one, costCenter: null, cost: one.cost + 10n ** 12n + BigInt(index) * 7_654_321n, corrected: (one.corrected ?? 0n) + BigInt(index + 1) * 3_456_789n }));
      const report = invent(parts);
      const { teams } = bookOf(report);
      const page = await renderHtml(report, REPORT_FILES);
      const rows = readCsv(renderSummaryCsv(report));
      const [head = []] = rows;
      const booked = (section: string, team: string): string | undefined => rows.find((row) => row[0] === section && row[1] === team)?.[head.indexOf("booked_usd")];
      const [sheet] = await readWorkbook(Buffer.from(await renderWorkbook(report, bookReport(report))));
      for (const team of listTeams(report)) {
        const one = teams.find((row) => row.team === team)!;
        const own = await renderTeamHtml(cutToTeam(report, team), TEAM_FILES);
        expect(booked("team", team) ?? "0.00").toBe(one.booked.owed_usd);
        expect(booked("to book", team)).toBe(one.booked.to_book_usd);
        expect(sheet?.data.find(([name]) => name === team)?.slice(2, 5).map(Number)).toEqual([one.booked.owed_usd, one.booked.corrections_usd, one.booked.to_book_usd].map(Number));
        for (const amount of ["owed_usd", "to_book_usd"] as const) {
          if (team === "(unallocated)") continue;
          expect([...printed(page, one[amount])]).toEqual([dollar(one.booked[amount])]);
          expect([...printed(own, one[amount])]).toEqual([dollar(one.booked[amount])]);
        }
      }
    }),
    runs(8),
  );
});

const ACCOUNTS: JournalAccounts = { account: "6815", accounts: new Map([["CC-1", "=6816"]]), clearing: "1590" };

test("each document of the journal comes to zero; the first books what is owed, the others the corrections of each month", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async (parts) => {
      const report = invent(parts);
      const booking = bookReport(report);
      const [head = [], ...lines] = readCsv(renderJournal(report, booking, "0123456789abcdef", ACCOUNTS));
      const read = (line: string[], name: string): string => line[head.indexOf(name)] ?? "";
      const amounts = lines.map((line) => ({ document: read(line, "document"), team: read(line, "team"), center: read(line, "cost_center"), cents: cents(read(line, "amount_usd")), clears: read(line, "account") === "1590" }));
      for (const [, of] of Map.groupBy(amounts, ({ document }) => document)) expect(of.reduce((sum, one) => sum + one.cents, 0n)).toBe(0n);
      const sum = (wanted: (document: string) => boolean): bigint => amounts.filter(({ document, clears }) => wanted(document) && !clears).reduce((all, one) => all + one.cents, 0n);
      expect(sum((document) => document === "0123456789abcdef")).toBe(booking.total.owed.cents);
      expect(sum((document) => document !== "0123456789abcdef")).toBe(booking.total.corrections.cents);
      for (const { key: { team, costCenter }, toBook } of booking.rows) {
        const own = amounts.filter((one) => !one.clears && one.team === team && one.center === (costCenter ?? ""));
        expect(own.reduce((all, one) => all + one.cents, 0n)).toBe(toBook.cents);
      }
    }),
    runs(60),
  );
});

test("the journal of a small month, line by line: a credit is on the other side", () => {
  const report = invent([
    { team: "a", costCenter: "CC-1", cost: 12_340_000_000n, corrected: -1_500_000_000n },
    { team: "b", costCenter: null, cost: 1_000_000_000n, corrected: 2_000_000_000n },
  ]);
  expect(renderJournal(report, bookReport(report), "0123456789abcdef", ACCOUNTS).replace("\uFEFF", "").trimEnd().split("\n")).toEqual([
    "document,date,month,account,cost_center,team,debit_usd,credit_usd,amount_usd,currency,text",
    "0123456789abcdef,2026-10-31,2026-10,'=6816,CC-1,a,12.34,,12.34,USD,AI usage October 2026",
    "0123456789abcdef,2026-10-31,2026-10,6815,,b,1.00,,1.00,USD,AI usage October 2026",
    "0123456789abcdef,2026-10-31,2026-10,1590,,,,13.34,-13.34,USD,AI usage October 2026",
    "0123456789abcdef-2026-08,2026-10-31,2026-10,'=6816,CC-1,a,,1.50,-1.50,USD,Corrections of AI usage 2026-08",
    "0123456789abcdef-2026-08,2026-10-31,2026-10,1590,,,1.50,,1.50,USD,Corrections of AI usage 2026-08",
    "0123456789abcdef-2026-09,2026-10-31,2026-10,6815,,b,2.00,,2.00,USD,Corrections of AI usage 2026-09",
    "0123456789abcdef-2026-09,2026-10-31,2026-10,1590,,,,2.00,-2.00,USD,Corrections of AI usage 2026-09",
  ]);
});

test("the workbook holds numbers, the texts as they are, and is the same to the byte each time", async () => {
  const report = invent([{ team: "=1+1", costCenter: null, cost: 187_063_800_000n, corrected: null }]);
  const [bytes, again] = [await renderWorkbook(report, bookReport(report)), await renderWorkbook(report, bookReport(report))];
  expect(Buffer.from(bytes).equals(again)).toBe(true);
  const sheets = await readWorkbook(Buffer.from(bytes));
  expect(sheets.map(({ sheet }) => sheet)).toEqual(["To book", "Summary"]);
  expect(sheets[0]?.data[1]).toEqual(["=1+1", null, 187.06, 0, 187.06, 187.0638, "2026-10", "USD", "complete", null]);
  const [head = [], ...rows] = sheets[1]?.data ?? [];
  const total = rows.find(([section]) => section === "total");
  expect(total?.[head.indexOf("owed_usd")]).toBe(187.0638);
  expect(sumOwed(report.allocated).cost).toBe(187_063_800_000n);
});
