import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderSummaryCsv, summaryRows } from "../../src/chargeback/report/render-summary-csv.ts";
import { bookReport } from "../../src/chargeback/report/bookings.ts";
import { inventCompany } from "../chargeback/invented-company.ts";

const GUIDE = readFileSync(join(import.meta.dirname, "../../docs/chargeback.md"), "utf8");
const [, PART = ""] = /^### `summary\.csv`\n(.*?)^## /ms.exec(GUIDE) ?? [];

/** What is in backticks. */
function codes(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

const report = inventCompany({ people: 80, teams: ["payments", "web", "lab"].map((team) => ({ team, costCenter: `CC-${team}` })) });
const full = {
  ...report,
  quality: {
    ...report.quality,
    identifiersUsedAgain: 2,
    assumed: { requests: 1, cost: 5n },
    notes: {
      ...report.quality.notes,
      altered: [{ field: "session_id", kind: "too_long" as const, records: 1 }],
      unknown_counts: [{ name: "video_tokens", requests: 1, sum: "5" }],
      unknown_keys: [{ key: "colour", records: 1, first_export: "one.cbor.zstd" }],
    },
  },
  insights: {
    ...report.insights,
    countingDoubts: { assumed: 3n, contradicted: 1n },
    charges: [{
      name: "seats", provider: "anthropic", kind: "seats" as const, cost: 9n, listed: 7n, covered: 0n, shares: [{ team: "web", cost: 9n, base: "1 seat" }],
      seats: { price: 9n, people: [{ caller: "ann@example.com", listed: 7n, owed: 7n, requests: 1n, hasSeat: true, cost: 9n, verdict: "costs more" as const }] },
    }],
    invoices: [{ provider: "anthropic", invoice: 9n, foreign: [], usage: 0n, charges: 9n, explained: [], unexplained: 0n, owed: 9n }],
  },
};

test("the guide has a line for every section of the summary, and no other", () => {
  const described = [...PART.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = ""]) => codes(cell));
  expect(described.toSorted()).toEqual([...new Set(summaryRows(full, bookReport(full)).map(({ section }) => section))].toSorted());
});

test("the guide lists the columns of the summary in their order", () => {
  const [columns = ""] = /Columns: [^.]*\./.exec(PART) ?? [];
  expect(codes(columns)).toEqual(renderSummaryCsv(full).replace("\uFEFF", "").split("\n")[0]?.split(","));
});

test("all of the data quality is one section", () => {
  const items = summaryRows(full, bookReport(full)).flatMap(({ section, item }) => (section === "data quality" ? [item] : []));
  expect(items).toEqual(["identifiers used again", "taken for subscription use", "counts assumed", "counts contradicted", "session", "video_tokens", "colour"]);
});
