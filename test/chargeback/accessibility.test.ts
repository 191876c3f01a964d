import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { cutToTeam } from "../../src/chargeback/team/cut-to-team.ts";
import { TEAM_FILES } from "../../src/chargeback/team/render-team.ts";
import { renderTeamHtml } from "../../src/chargeback/team/render-team-html.ts";
import { ACME } from "../screenshots/acme.ts";
import { CHROMIUM_ARGUMENTS, chromiumPath } from "../services/chromium.ts";
import { inventCompany } from "./invented-company.ts";
import { HOSTILE_NAMES, inventHostileReport } from "./invented-report.ts";

let browser: Browser;
let axe: string;
beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGUMENTS] });
});
afterAll(async () => await browser.close());

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true };
const WINDOWS: [string, BrowserContextOptions][] = [
  ["a laptop, light", { ...DESKTOP, colorScheme: "light" }],
  ["a laptop, dark", { ...DESKTOP, colorScheme: "dark" }],
  ["a phone, light", { ...PHONE, colorScheme: "light" }],
  ["a phone, dark", { ...PHONE, colorScheme: "dark" }],
];

/** Rules of WCAG 2.0 to 2.2, A and AA, and best practices that the page breaks, with the first element that does. */
async function findViolations(html: string, options: BrowserContextOptions): Promise<string[]> {
  // Only here: the policy would not let the checker in.
  const context = await browser.newContext({ ...options, bypassCSP: true, offline: true });
  try {
    const page = await context.newPage();
    await page.setContent(html);
    await page.evaluate(axe);
    return await page.evaluate<string[]>(`axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
      .then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes.length + ": " + nodes[0].html.slice(0, 200)))`);
  } finally {
    await context.close();
  }
}

const company = inventCompany({ people: 24, teams: ACME.slice(0, 3) });

test.each(WINDOWS)("%s: the checker finds nothing in a report, a team's page and hostile ones", { timeout: 120_000 }, async (_name, options) => {
  const hostile = inventHostileReport();
  const pages = {
    report: await renderHtml(company, REPORT_FILES),
    team: await renderTeamHtml(cutToTeam(company, "payments"), TEAM_FILES),
    hostile: await renderHtml(hostile, REPORT_FILES),
    "hostile team": await renderTeamHtml(cutToTeam(hostile, HOSTILE_NAMES[0] ?? ""), TEAM_FILES),
  };
  for (const [page, html] of Object.entries(pages)) expect([page, await findViolations(html, options)]).toEqual([page, []]);
});

test("the checker is at work: it finds what is wrong with a page", async () => {
  expect(await findViolations("<p style='color:#eee'>faint</p>", DESKTOP)).not.toEqual([]);
});
