import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderDocument } from "../../src/chargeback/page/document.ts";
import { plainTable, textCell } from "../../src/chargeback/page/tables.ts";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { cutToTeam } from "../../src/chargeback/team/cut-to-team.ts";
import { TEAM_FILES } from "../../src/chargeback/team/render-team.ts";
import { renderTeamHtml } from "../../src/chargeback/team/render-team-html.ts";
import { ACME } from "../screenshots/acme.ts";
import { CHROMIUM_ARGUMENTS, chromiumPath } from "../services/chromium.ts";
import { inventCompany } from "./invented-company.ts";
import { inventHostileReport } from "./invented-report.ts";
import { measureOverflow } from "./page-inspection.ts";

let browser: Browser;
let folder: string;
let files: Readonly<Record<"company" | "hostile" | "team", string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aperture-ledger-test-"));
  const company = inventCompany({ people: 60, teams: ACME });
  const write = async (name: string, html: string): Promise<string> => {
    await writeFile(join(folder, name), html);
    return pathToFileURL(join(folder, name)).href;
  };
  files = {
    company: await write("company.html", await renderHtml(company, REPORT_FILES)),
    hostile: await write("hostile.html", await renderHtml(inventHostileReport(), REPORT_FILES)),
    team: await write("team.html", await renderTeamHtml(cutToTeam(company, "payments"), TEAM_FILES)),
  };
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGUMENTS] });
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

type Sheet = "A4" | "Letter";
const SHEETS: readonly Sheet[] = ["A4", "Letter"];
const MILLIMETERS: Readonly<Record<Sheet, readonly [short: number, long: number]>> = { A4: [210, 297], Letter: [215.9, 279.4] };
const MARGIN = 12;

/** Of what is printed on it, in CSS pixels: 96 an inch. */
function widthOf(millimeters: number): number {
  return Math.floor(((millimeters - 2 * MARGIN) / 25.4) * 96);
}

async function onPaper<T>(file: string, width: number, look: (page: Page) => Promise<T>): Promise<T> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  try {
    await page.emulateMedia({ media: "print" });
    await page.goto(file);
    return await look(page);
  } finally {
    await page.close();
  }
}

/** The texts of the pages that are printed on A4. */
async function printPages(url: string, name: string): Promise<string[]> {
  const file = join(folder, name);
  await onPaper(url, widthOf(210), async (page) => await page.pdf({ path: file, preferCSSPageSize: true, format: "A4" }));
  return execFileSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" }).split("\f").slice(0, -1);
}

/** Of each page of a PDF whether it lies on its side. */
function areSideways(pdf: Buffer): boolean[] {
  return [...pdf.toString("latin1").matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, width, height]) => Number(width) > Number(height));
}

describe.each(SHEETS)("on %s", (sheet) => {
  const [short, long] = MILLIMETERS[sheet];

  test.each(["company", "hostile", "team"] as const)("nothing of the %s page is wider than the paper, upright or sideways", async (name) => {
    // What has the most columns is on pages that lie on their side, however the others do.
    const upright = await onPaper(files[name], widthOf(short), async (page) => {
      await page.evaluate("document.querySelectorAll('.wide-paper').forEach((one) => one.remove())");
      return await measureOverflow(page);
    });
    const sideways = await onPaper(files[name], widthOf(long), measureOverflow);
    expect({ upright, sideways }).toEqual({ upright: 0, sideways: 0 });
  });

  test("pages stand, those of the widest tables lie, and all lie where the reader prints sideways", async () => {
    const page = await browser.newPage();
    await page.goto(files.company);
    const upright = areSideways(await page.pdf({ format: sheet }));
    expect(upright[0]).toBe(false);
    expect(upright).toContain(true);
    expect(new Set(areSideways(await page.pdf({ format: sheet, landscape: true })))).toEqual(new Set([true]));
    await page.close();
  });
});

test("the company's change, months and days, and the days of a team's own page are printed though they are folded on the screen; of each team on the company's page they are not", async () => {
  const printed = async (file: string): Promise<boolean[]> =>
    await onPaper(file, widthOf(210), async (page) => {
      const days = await page.locator("details table").all();
      return await Promise.all(days.map(async (table) => await table.isVisible()));
    });
  expect(await printed(files.team)).toEqual([true]);
  const company = await printed(files.company);
  expect(company.length).toBeGreaterThan(ACME.length);
  expect(company.slice(0, 3)).toEqual([true, true, true]);
  expect(company.filter((visible) => visible)).toHaveLength(3);
});

test("at 1280 × 900 the first two screens say how final it is, how much, what is missing, why it changed, who owes and how it went in the last months, of a hundred teams as well", async () => {
  const teams = Array.from({ length: 100 }, (_, index) => ({ ...ACME[index % ACME.length]!, name: `team ${String(index)}`, costCenter: `CC-${String(index)}` }));
  const file = join(folder, "hundred.html");
  await writeFile(file, await renderHtml(inventCompany({ people: 400, teams }), REPORT_FILES));
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  try {
    await page.goto(pathToFileURL(file).href);
    const bottomOf = async (selector: string): Promise<number> => await page.evaluate<number>(`document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().bottom`);
    const order = await Promise.all([".status", ".hero", ".lacks", ".lead", "section:has(> #book) tfoot", "section:has(> #trend) svg", "nav"].map(bottomOf));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order[1]).toBeLessThan(900);
    expect(order.at(-1)).toBeLessThanOrEqual(1800);
    expect(await page.locator("section:has(> #book) tbody tr").count()).toBeLessThan(15);
    expect(await page.locator("section:has(> #book-all) tbody tr").count()).toBeGreaterThanOrEqual(100);
  } finally {
    await page.close();
  }
});

test("every printed page has its number, how many there are, and what it is a page of", async () => {
  const pages = await printPages(files.company, "printed.pdf");
  expect(pages.length).toBeGreaterThan(2);
  for (const [index, text] of pages.entries()) {
    expect(text).toContain("Chargeback October 2026");
    expect(text).toContain(`${String(index + 1)} / ${String(pages.length)}`);
  }
});

test("no printed page holds a single row of a table that has more, whatever a page has room for", async () => {
  const sizes = Array.from({ length: 45 }, (_, index) => index + 2);
  const tables = sizes.map((size) => plainTable({
    caption: `${String(size)} rows`,
    columns: [{ title: "Row" }, { title: "Figure", figure: true }],
    rows: Array.from({ length: size }, (_, index) => ({ header: `of${String(size)}-row${String(index)}`, cells: [textCell("1")] })),
    foot: { header: `of${String(size)}-total`, cells: [textCell("1")] },
  }));
  const html = await renderDocument({ title: "Tables", heading: "Tables", subtitle: tables[0]!, first: [], main: tables });
  await writeFile(join(folder, "tables.html"), html);
  const pages = await printPages(pathToFileURL(join(folder, "tables.html")).href, "tables.pdf");
  expect(pages.length).toBeGreaterThan(15);
  const single = pages.flatMap((text, page) => sizes.filter((size) => [...text.matchAll(new RegExp(`of${String(size)}-(?:row\\d+|total)`, "g"))].length === 1).map((size) => `of ${String(size)} rows on page ${String(page + 1)}`));
  expect(single).toEqual([]);
});
