import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

test("the company's days and those of a team's own page are printed though they are folded on the screen; of each team on the company's page they are not", async () => {
  const printed = async (file: string): Promise<boolean[]> =>
    await onPaper(file, widthOf(210), async (page) => {
      const days = await page.locator("details table").all();
      return await Promise.all(days.map(async (table) => await table.isVisible()));
    });
  expect(await printed(files.team)).toEqual([true]);
  const company = await printed(files.company);
  expect(company.length).toBeGreaterThan(ACME.length);
  expect(company.indexOf(true)).toBe(0);
  expect(company.filter((visible) => visible)).toHaveLength(1);
});
