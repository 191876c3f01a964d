import { describe, expect, test } from "vitest";
import { teamChargebacks } from "../../src/chargeback/gathering/team-chargebacks.ts";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { cutToTeam, listTeams } from "../../src/chargeback/team/cut-to-team.ts";
import { renderTeamReport } from "../../src/chargeback/team/render-team.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { ACME } from "../screenshots/acme.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { inventCompany } from "./invented-company.ts";
import { HOSTILE_NAMES, inventHostileReport } from "./invented-report.ts";

const company = inventCompany({ people: 60, teams: ACME });

describe("a team's files", () => {
  test.each(["payments", "platform"])("of %s show nothing of the others: no name, no caller, no session, no amount", async (team) => {
    const contents = Object.values(await renderTeamReport(cutToTeam(company, team)));
    const own = company.allocations.filter((row) => row.team === team);
    const details = company.insights.teams.filter((one) => one.team !== team);
    const foreign = [
      ...listTeams(company).filter((name) => name !== team),
      ...ACME.filter((one) => one.team !== team).map(({ costCenter }) => costCenter),
      ...company.allocations.map(({ caller }) => caller).filter((caller) => !own.some((row) => row.caller === caller) && !company.corrections.some((one) => one.team === team && one.caller === caller)),
      ...details.flatMap(({ topSessions }) => topSessions.map(({ session }) => session)),
      ...details.flatMap(({ figures }) => [figures.billing.metered.cost ?? 0n, figures.billing.subscription.cost ?? 0n]).filter((cost) => cost !== 0n).map(formatDollars),
      formatDollars(company.total.cost ?? 0n),
    ];
    for (const content of contents) expect(content.includes(".cbor.zstd")).toBe(false);
    expect(foreign.length).toBeGreaterThan(60);
    for (const text of new Set(foreign)) {
      // The word “web” is part of other words' letters; a name is looked for as a whole.
      const whole = new RegExp(`(?<![\\w.-])${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w.-])`);
      for (const content of contents) expect([text, whole.test(content)]).toEqual([text, false]);
    }
  });

  test("print the cents that the company's page prints for the team", async () => {
    const page = await renderHtml(company, REPORT_FILES);
    for (const { team } of ACME) {
      const { html } = await renderTeamReport(cutToTeam(company, team));
      const hero = /class="hero">.*?>([+-]?\$[\d,.]+)<\/data>/s.exec(html)?.[1] ?? "none";
      const row = page.slice(page.indexOf('id="book"')).split("<tr").find((line) => line.includes(`<bdi>${team}</bdi>`)) ?? "";
      expect(row).toContain(`>${hero}<`);
    }
  });

  test("of hostile names are text, and each team has files of its own", async () => {
    const report = inventHostileReport();
    const store = new FsStore(temporaryFolder());
    const published = await teamChargebacks(store, report, { all: true });
    expect(published.map(({ team }) => team)).toEqual(listTeams(report));
    expect(published.length).toBeGreaterThan(HOSTILE_NAMES.length);
    expect(new Set(published.map(({ files }) => files.html)).size).toBe(published.length);
    for (const { files } of published) {
      expect(files.html).toMatch(/^reports\/2026-10\/teams\/[\w.=%~-]+\/chargeback\.html$/);
      const page = Buffer.from(await store.read(files.html)).toString();
      expect(/<(?!svg class="chart")(script|img|svg|b|iframe|object|link)\b/i.test(page)).toBe(false);
      expect(/,"?[=+@]/.test(Buffer.from(await store.read(files.csv)).toString())).toBe(false);
    }
  });

  test("of teams whose names differ by characters only do not take each other's place", async () => {
    const teams = ["a/b", "a b", "a%2Fb", "a_b", "A/b", ".a", "a."].map((team) => ({ team, costCenter: null }));
    const published = await teamChargebacks(new FsStore(temporaryFolder()), inventCompany({ people: 30, teams }), { all: true });
    expect(new Set(published.map(({ files }) => files.html)).size).toBe(published.length);
  });
});

test("a team that is not there is refused, and the ones that are there are named", () => {
  expect(() => cutToTeam(company, "nobody")).toThrow(expect.objectContaining({ code: "usage", message: 'there is no team "nobody" in 2026-10', remedy: expect.stringContaining('"payments"') as string }) as Error);
});

test("5,000 people in 200 teams make a page below 5 MB that keeps the sums", { timeout: 600_000 }, async () => {
  const teams = Array.from({ length: 200 }, (_, index) => ({ team: `team-${String(index)}`, costCenter: `CC-${String(index)}` }));
  const page = await renderHtml(inventCompany({ people: 5000, teams }), REPORT_FILES);
  expect(Buffer.byteLength(page)).toBeLessThan(5_000_000);
  expect(page).toMatch(/>[\d,]+ others, in the CSV</);
});
