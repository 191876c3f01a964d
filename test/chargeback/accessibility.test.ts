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
let pages: [name: string, html: string][];
let hostile: [name: string, html: string][][];
beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGUMENTS] });
  const company = inventCompany({ people: 24, teams: ACME.slice(0, 3) });
  pages = [
    ["report", await renderHtml(company, REPORT_FILES)],
    ["team", await renderTeamHtml(cutToTeam(company, "payments"), TEAM_FILES)],
  ];
  hostile = await Promise.all(PARTS.map(async (names) => {
    const report = inventHostileReport(names);
    return [["hostile", await renderHtml(report, REPORT_FILES)], ["hostile team", await renderTeamHtml(cutToTeam(report, names[0] ?? ""), TEAM_FILES)]];
  }));
});
afterAll(async () => await browser.close());

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true };

/** Of WCAG 2.0 to 2.2, A and AA, and best practices. */
const ALL_RULES = `{ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }`;
/** Those that look at colours: nothing else differs in the dark. */
const RULES_OF_COLOURS = `{ runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } }`;

/**
 * Hostile names: those of the laptop, those of the phone, and what is shown in the dark. All rules look at every name once: with all of
 * them a page is ten times as long, of rows that differ in their names alone.
 */
const PARTS = [0, 1].map((part) => HOSTILE_NAMES.filter((_, index) => index % 2 === part));
PARTS.push(HOSTILE_NAMES.slice(-2));

const WINDOWS: [string, BrowserContextOptions, string, number][] = [
  ["a laptop, light", { ...DESKTOP, colorScheme: "light" }, ALL_RULES, 0],
  ["a laptop, dark", { ...DESKTOP, colorScheme: "dark" }, RULES_OF_COLOURS, 2],
  ["a phone, light", { ...PHONE, colorScheme: "light" }, ALL_RULES, 1],
  ["a phone, dark", { ...PHONE, colorScheme: "dark" }, RULES_OF_COLOURS, 2],
];

/** Rules that each page breaks, with the first element that does. */
async function findViolations(htmls: readonly string[], options: BrowserContextOptions, rules: string): Promise<string[][]> {
  // Only here: the policy would not let the checker in.
  const context = await browser.newContext({ ...options, bypassCSP: true, offline: true });
  try {
    const page = await context.newPage();
    const found: string[][] = [];
    for (const html of htmls) {
      await page.setContent(html);
      await page.evaluate(axe);
      found.push(await page.evaluate<string[]>(`axe.run(${rules})
        .then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes.length + ": " + nodes[0].html.slice(0, 200)))`));
    }
    return found;
  } finally {
    await context.close();
  }
}

test.each(WINDOWS)("%s: the checker finds nothing in a report, a team's page and hostile ones", async (_name, options, rules, part) => {
  const shown = [...pages, ...(hostile[part] ?? [])];
  const found = await findViolations(shown.map(([, html]) => html), options, rules);
  expect(shown.map(([name], index) => [name, found[index]])).toEqual(shown.map(([name]) => [name, []]));
  expect(shown).toHaveLength(4);
});

test.each([ALL_RULES, RULES_OF_COLOURS])("the checker is at work: it finds what is wrong with a page by %s", async (rules) => {
  const [found] = await findViolations(["<p style='color:#eee'>faint</p>"], DESKTOP, rules);
  expect(found).toEqual(expect.arrayContaining([expect.stringMatching(/^color-contrast 1: /)]));
});
