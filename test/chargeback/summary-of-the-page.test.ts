import { expect, test } from "vitest";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { renderSummaryCsv } from "../../src/chargeback/report/render-summary-csv.ts";
import { formatDollars, parseDollars } from "../../src/ledger/money.ts";
import { ACME } from "../screenshots/acme.ts";
import { inventCompany } from "./invented-company.ts";
import { readCsv } from "./read-csv.ts";

/** Sums of rows that the files have one by one. */
const SUMMED = ["Corrections of closed months", "Shared costs", "What was saved"];

/** A company so small that no table of its page sums up the rest of its rows. */
const company = inventCompany({ people: 6, teams: ACME.slice(0, 3) });

/** The exact amounts of every part of the page, by the heading above them. */
function amountsOf(page: string): { heading: string; exact: string }[] {
  const parts = page.split(/<h[23] id="/).slice(1);
  return parts.flatMap((part) => {
    const heading = (/>([^]*?)<\/h[23]>/.exec(part)?.[1] ?? "").replaceAll(/<[^>]+>/g, "").trim();
    return [...part.matchAll(/title="(-?)\$(\d+\.\d{9})"/g)].map(([, sign = "", digits = ""]) => ({ heading, exact: `${sign}${digits}` }));
  });
}

/** The amounts of the file, and of each row what is owed without its self-hosted part, the list value without that of callers' keys, and both together. */
function writtenAmounts([head = [], ...rows]: string[][]): Set<string> {
  const of = (row: string[], column: string): bigint => parseDollars(row[head.indexOf(column)] ?? "") ?? 0n;
  const rests = rows.flatMap((row) => [of(row, "owed_usd") - of(row, "self_hosted_usd"), of(row, "list_value_usd") - of(row, "caller_key_usd"), of(row, "owed_usd") + of(row, "list_value_usd")]);
  return new Set([...rows.flat(), ...rests.map(formatDollars)]);
}

test("every exact amount of the page is in summary.csv, but for sums of its rows and of those in corrections.csv", async () => {
  const written = writtenAmounts(readCsv(renderSummaryCsv(company)));
  const withoutSumsOfDays = (await renderHtml(company, REPORT_FILES)).replaceAll(/(One row per day[^]*?)<tfoot>[^]*?<\/tfoot>/g, "$1");
  const page = amountsOf(withoutSumsOfDays);
  expect(page.length).toBeGreaterThan(300);
  const missing = page.filter(({ heading, exact }) => !written.has(exact) && !SUMMED.includes(heading));
  expect([...new Set(missing.map(({ heading, exact }) => `${heading}: ${exact}`))]).toEqual([]);
});
