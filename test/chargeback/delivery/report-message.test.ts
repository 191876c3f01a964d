import { describe, expect, test } from "vitest";
import { describeReport, describeTeamReport, type ReportMessage } from "../../../src/chargeback/delivery/report-message.ts";
import { readReport } from "../../../src/chargeback/delivery/read-report.ts";
import { renderHtml } from "../../../src/chargeback/report/render-html.ts";
import { renderJson } from "../../../src/chargeback/report/render-json.ts";
import { REPORT_FILES } from "../../../src/chargeback/report/render-report.ts";
import type { ChargebackReport } from "../../../src/chargeback/report/report.ts";
import { cutToTeam, listTeams } from "../../../src/chargeback/team/cut-to-team.ts";
import { renderTeamHtml } from "../../../src/chargeback/team/render-team-html.ts";
import { NO_INSIGHTS } from "../../../src/chargeback/report/insights.ts";
import { boundMonth } from "../../../src/ledger/months.ts";
import { ACME } from "../../screenshots/acme.ts";
import { inventCompany } from "../invented-company.ts";
import { allocateRow, inventHostileReport, inventReport, inventRow } from "../invented-report.ts";

const CENT = 10_000_000n;
const CLOSED = { id: "0123456789abcdef", at: new Date("2026-11-02T23:30:00Z"), by: "Kim, finance" };

function read(report: ChargebackReport): ReturnType<typeof readReport> {
  return readReport(Buffer.from(renderJson(report)), "chargeback.json");
}

/** A month in which payments owes 3.004, web 2.003 in two cost centres and nobody 1.002: 6.009, printed $6.01. */
function smallReport(): ChargebackReport {
  const rows = [300, 150, 50, 100].map((cents, index) => inventRow({ caller: `caller-${String(index)}@example.com`, cost: BigInt(cents) * CENT + [4n, 2n, 1n, 2n][index]! * 1_000_000n }));
  const owners = [{ team: "payments", costCenter: "CC-1" }, { team: "web", costCenter: "CC-2" }, { team: "web", costCenter: "CC-3" }, {}];
  const report = inventReport(rows, {}, { rows: rows.map((row, index) => allocateRow(row, owners[index])) });
  const base = { month: "2026-09", days: null, price: 0n, mix: 0n };
  const detail = (team: string, costCenter: string, before: bigint, now: bigint): object => ({ team, costCenter, change: { ...base, before, now, volume: now - before } });
  const teams = [detail("payments", "CC-1", 8n * 100n * CENT, 3004_000_000n), detail("web", "CC-2", 0n, 2003_000_000n), detail("web", "CC-3", 0n, 2003_000_000n)] as ChargebackReport["insights"]["teams"];
  const change = { ...base, before: 8n * 100n * CENT, now: 6009_000_000n, volume: 6009_000_000n - 8n * 100n * CENT };
  const filled = teams.map((one) => ({ ...EMPTY_DETAIL, ...one }));
  const drivers = [{ kind: "caller", name: "caller-0@example.com", difference: -4_996_000_000n }, { kind: "model", name: "opus", difference: -1_500_000_000n }, { kind: "repo", name: "acme/web", difference: -4_000_000n }];
  return { ...report, insights: { ...NO_INSIGHTS, drivers, comparison: { basis: "months", now: { first: 1, last: 31, of: 31 }, before: { first: 1, last: 30, of: 30 } }, change, teams: filled } };
}

const EMPTY_DETAIL = {
  figures: inventReport([]).allocated, budgets: [], byCaller: [], byTag: [], byDimension: [], byModel: [], byAgent: [],
  drivers: [], averagesBefore: null, activePersons: 0, perActivePerson: null, sessions: 0, perSession: null, topSessions: [], days: [],
};

test("the company's message says how much, whether it is final, why it changed, whose change was largest and what is missing", () => {
  const { title, lines, figures } = describeReport(read({ ...smallReport(), quality: { ...smallReport().quality, unbuiltDays: [{ date: "2026-10-31", instance: "prod" }] } }), null);
  expect(title).toBe("Chargeback October 2026: $6.01 owed (complete, open)");
  expect(lines).toEqual([
    expect.stringMatching(/^Complete and open: all 31 days of October 2026 are known\./),
    "$1.99 less than in September 2026 (-24.9\u00A0%): -$1.99 from less use.",
    "Most of it: model opus -$1.50.",
    // -4.996, 2.003 and 1.002 in the cents of -$1.99.
    "Biggest changes: payments -$4.99, web +$2.00, (unallocated) +$1.00.",
    "No team pays for $1.00 of it.",
    "Missing from the total: new usage on 1 day whose tables are not built yet.",
  ]);
  expect(figures).toEqual({
    owed_usd: "6.009000000", corrections_usd: "0.000000000", to_book_usd: "6.009000000", printed_usd: "6.01",
    compared_with: "2026-09", compared_days: null, before_usd: "8.000000000", now_usd: "6.009000000",
  });
});

test("a team's message is about all of its cost centres and nobody else", () => {
  expect(describeTeamReport(read(smallReport()), "web", CLOSED)).toEqual({
    title: "Chargeback October 2026, web: $2.00 owed (closed)",
    lines: ["Closed on 2 November 2026 by Kim, finance, close 0123456789abcdef: these figures are final. What changes later is booked as corrections in later months.", "$2.00 more than in September 2026: +$2.00 from more use."],
    figures: {
      owed_usd: "2.003000000", corrections_usd: "0.000000000", to_book_usd: "2.003000000", printed_usd: "2.00",
      compared_with: "2026-09", compared_days: null, before_usd: "0.000000000", now_usd: "2.003000000",
    },
  });
});

test("a month that is not over is called preliminary, and what it owes is owed so far", () => {
  const status = { kind: "preliminary", dataUntil: new Date("2026-10-09T12:00:00Z"), known: { first: 1, last: 8, of: 31 } } as const;
  const { title, lines } = describeReport(read({ ...smallReport(), status }), null);
  expect(title).toBe("Chargeback October 2026: $6.01 owed so far (preliminary)");
  expect(lines[0]).toBe("Preliminary: month to date, data up to 9 October 2026, 12:00; 8 of 31 days of October 2026 are known (1 to 8). The figures will change.");
});

test("what has no price is not said to be nothing", () => {
  const rows = [inventRow({ cost: null, unpricedRequests: 1n })];
  const report = inventReport(rows);
  const { title, lines, figures } = describeReport(read(report), null);
  expect([title, figures["owed_usd"], lines.at(-1)]).toEqual(["Chargeback October 2026: nothing is priced (complete, open)", null, "Missing from the total: the cost of 1 request with counted tokens and no price."]);
});

describe("the amounts of messages", () => {
  const hero = (page: string): string => /class="hero">.*?>([+-]?\$[\d,.]+)<\/data>/s.exec(page)?.[1] ?? "none";
  const printed = ({ title }: ReportMessage): string => /: (-?\$[\d,.]+) (?:owed|to book)/.exec(title)?.[1] ?? "none";

  test.each([1, 2])("are those of the pages, to the cent, for the company and each team (%d)", async (seed) => {
    const company = inventCompany({ people: 40, teams: ACME, seed });
    const json = read(company);
    expect(printed(describeReport(json, null))).toBe(hero(await renderHtml(company, REPORT_FILES)));
    for (const team of listTeams(company)) {
      expect([team, printed(describeTeamReport(json, team, null))]).toEqual([team, hero(await renderTeamHtml(cutToTeam(company, team), { csv: "a.csv", json: "a.json" }))]);
    }
  });

  test.each(["payments", "platform"])("of %s are its own: no name and no amount of another team, and no sum over the company", (team) => {
    const company = inventCompany({ people: 60, teams: ACME });
    const text = JSON.stringify(describeTeamReport(read(company), team, null));
    const others = listTeams(company).filter((name) => name !== team);
    const foreign = [...others, ...others.map((name) => describeTeamReport(read(company), name, null).figures["owed_usd"]), describeReport(read(company), null).figures["owed_usd"]];
    expect(foreign.filter((one) => new RegExp(`(?<![\\w.-])${String(one).replace(/[.()]/g, "\\$&")}(?![\\w.-])`).test(text))).toEqual([]);
  });
});

test("a report of an earlier version, which wrote less, is read as well", () => {
  const written = JSON.parse(renderJson(smallReport())) as { status?: unknown; insights: { comparison?: unknown; drivers?: unknown; change: { days?: unknown } } };
  delete written.status;
  delete written.insights.comparison;
  delete written.insights.drivers;
  delete written.insights.change.days;
  const old = readReport(Buffer.from(JSON.stringify(written)), "chargeback.json");
  expect(old.month).toEqual(boundMonth("2026-10", "UTC"));
  expect(describeReport(old, CLOSED).title).toBe("Chargeback October 2026: $6.01 owed (closed)");
});

test("what is no report is refused by its key", () => {
  expect(() => readReport(Buffer.from("{}"), "reports/2026-10/chargeback.json")).toThrow(expect.objectContaining({ code: "manifest_unreadable", message: expect.stringContaining("reports/2026-10/chargeback.json") as string }) as Error);
});

test("names of any length and content stay names on one line of bounded length", () => {
  const report = inventHostileReport();
  const json = read(report);
  const messages = [describeReport(json, { ...CLOSED, by: "Kim\r\nBcc: eve@evil.example" }), ...listTeams(report).map((team) => describeTeamReport(json, team, CLOSED))];
  for (const text of messages.flatMap(({ title, lines }) => [title, ...lines])) {
    expect(text.length).toBeLessThan(3000);
    // oxlint-disable-next-line no-control-regex -- the expression matches control characters
    expect(text).not.toMatch(/[\0-\x1F\x7F\u2028-\u202E]/);
  }
});
