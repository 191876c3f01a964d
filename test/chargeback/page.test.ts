import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { shownText } from "../../src/ledger/text/visible-text.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { CHROMIUM_ARGUMENTS, chromiumPath } from "../services/chromium.ts";
import { publishInvented } from "./invented-allocations.ts";
import { HOSTILE_NAMES, inventHostileReport, inventReport, inventRow } from "./invented-report.ts";
import { findFaintTexts, findObstacles, measureOverflow, readTables, type SeenTable } from "./page-inspection.ts";
import { fillHostileLake, type RealLake } from "./real-lake.ts";

let browser: Browser;
let folder: string;
let hostilePage: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aperture-ledger-test-"));
  hostilePage = join(folder, REPORT_FILES.html);
  await writeFile(hostilePage, await renderHtml(inventHostileReport(), REPORT_FILES));
  const args = [...CHROMIUM_ARGUMENTS, "--disable-background-networking"];
  browser = await chromium.launch({ executablePath: chromiumPath(), args });
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

/** Opens a file with no network there is, shows it to `look`, and fails on anything that a still page does not do. */
async function openPage(file: string, options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ ...options, offline: true });
  const happened: string[] = [];
  const url = pathToFileURL(file).href;
  context.on("request", (request) => void (request.url() === url || happened.push(`request ${request.url()}`)));
  context.on("console", (message) => void happened.push(`console ${message.text()}`));
  context.on("weberror", (error) => void happened.push(`error ${error.error().message}`));
  context.on("dialog", (dialog) => {
    happened.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "load" });
    await look(page);
  } finally {
    await context.close();
  }
  expect(happened).toEqual([]);
}

const WINDOWS: [string, BrowserContextOptions][] = [
  ["light", { colorScheme: "light", viewport: { width: 1280, height: 900 } }],
  ["dark", { colorScheme: "dark", viewport: { width: 1280, height: 900 } }],
  ["a phone", { colorScheme: "light", viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
  ["a dark phone", { colorScheme: "dark", viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
];

describe("the page in a browser", () => {
  test.each(WINDOWS)("%s: nothing runs, nothing is fetched, everything can be read", async (_name, options) => {
    await openPage(hostilePage, options, async (page) => {
      expect(await page.title()).toBe("Chargeback October 2026");
      expect(await findObstacles(page)).toEqual([]);
      expect(await findFaintTexts(page)).toEqual([]);
      expect(await measureOverflow(page)).toBe(0);
      expect(await page.getByRole("note").isVisible()).toBe(true);
      expect(await page.locator("svg.chart").count()).toBeGreaterThan(4);
    });
  });

  test("light and dark are different pages to look at", async () => {
    const colors: string[] = [];
    for (const [, options] of WINDOWS.slice(0, 2)) {
      await openPage(hostilePage, options, async (page) => {
        colors.push(await page.evaluate<string>("getComputedStyle(document.body).backgroundColor"));
      });
    }
    expect(new Set(colors).size).toBe(2);
  });

  test("hostile names stand there as text", async () => {
    await openPage(hostilePage, {}, async (page) => {
      const { body } = findTable(await readTables(page), "One row per caller");
      const shown = body.map(([name]) => name);
      // A browser draws runs of spaces as one; none of the names has them.
      for (const name of HOSTILE_NAMES) expect(shown).toContain(shownText(name));
      expect(await page.locator("script, img, svg:not(.chart), iframe, object, embed, form, [onerror], [onload]").count()).toBe(0);
    });
  });

  test("printed figures add up, downwards and across, to the printed total", async () => {
    await openPage(hostilePage, {}, async (page) => {
      const tables = await readTables(page);
      const billing = findTable(tables, "Who pays");
      expect(addColumn(billing, "Cost")).toBe(cents(cell(billing, billing.foot, "Cost")));
      for (const start of ["One row per caller", "One row per set of tags", "One row per model", "One row per provider"]) {
        const table = findTable(tables, start);
        for (const title of ["Cost", "Metered", "Subscription", "Self-hosted"]) {
          expect(addColumn(table, title)).toBe(cents(cell(table, table.foot, title)));
        }
        for (const title of ["Requests", "Unpriced requests", "Input tokens", "Output tokens"]) {
          expect(addColumn(table, title)).toBe(count(cell(table, table.foot, title)));
        }
        for (const row of [...table.body, table.foot]) {
          const split = ["Metered", "Subscription", "Self-hosted"].reduce((sum, title) => sum + cents(cell(table, row, title)), 0);
          expect(split).toBe(cents(cell(table, row, "Cost")));
        }
        expect(cell(table, table.foot, "Cost")).toBe(cell(billing, billing.foot, "Cost"));
      }
    });
  });

  test("what teams, tags and values owe adds up, downwards and across, to the printed total", async () => {
    await openPage(hostilePage, {}, async (page) => {
      const tables = await readTables(page);
      const billing = findTable(tables, "Who pays");
      const printed = (kind: string): number => cents(cell(billing, billing.body.find(([name]) => name === kind) ?? [], "Cost"));
      const allocated = tables.filter(({ head }) => head.includes("Adjustments in it"));
      expect(allocated.map(({ caption }) => caption.split(/[; ]/).slice(0, 4).join(" "))).toEqual([
        "One row per team", "One row per tag", ...Array.from({ length: 3 }, () => "One row per value"),
      ]);
      for (const table of allocated) {
        const total = (title: string): string => cell(table, table.foot, title);
        for (const title of ["Owed", "Adjustments in it", "List value (subscription)"]) {
          expect(addColumn(table, title)).toBe(cents(total(title)));
        }
        for (const title of ["Unpriced requests", "Requests", "Input tokens", "Output tokens"]) {
          // Requests are hundredths: whole numbers add up without a float's noise.
          expect(table.body.reduce((sum, row) => sum + Math.round(count(cell(table, row, title)) * 100), 0)).toBe(count(total(title)) * 100);
        }
        expect(cents(total("Owed"))).toBe(printed("Metered") + printed("Self-hosted") + cents(total("Adjustments in it")));
        expect(cents(total("List value (subscription)"))).toBe(printed("Subscription"));
      }
    });
  });

  test("what to book, the change, days, shared costs, corrections and each team's tables add up to what is printed below them", async () => {
    await openPage(hostilePage, {}, async (page) => {
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      const tables = (await readTables(page)).filter(({ foot }) => foot.length > 0);
      const seen = new Set<string>();
      for (const table of tables) {
        for (const title of ["Owed", "Corrections", "To book", "Change", "Part", "Difference", "Saved", "Metered", "Subscription", "Self-hosted", "List value"]) {
          if (!table.head.includes(title)) continue;
          seen.add(title);
          expect([table.caption, title, addColumn(table, title)]).toEqual([table.caption, title, cents(cell(table, table.foot, title))]);
        }
      }
      expect(seen.size).toBe(11);
      const book = findTable(tables, "One row per team and cost centre. Corrections");
      for (const row of [...book.body, book.foot]) {
        expect(cents(cell(book, row, "Owed")) + cents(cell(book, row, "Corrections"))).toBe(cents(cell(book, row, "To book")));
      }
      const change = findTable(tables, "From September 2026");
      expect(addColumn(change, "Amount")).toBe(cents(cell(change, change.foot, "Amount")));
      for (const table of tables.filter(({ head }) => head.includes("Was"))) {
        for (const row of table.body) expect(cents(cell(table, row, "Was")) + cents(cell(table, row, "Difference"))).toBe(cents(cell(table, row, "Is")));
      }
    });
  });

  test("what nobody is charged for stands last, set off, with a warning above", async () => {
    await openPage(hostilePage, {}, async (page) => {
      const teams = page.getByRole("region", { name: "Owed by team", exact: true }).first();
      const rows = teams.locator("tbody tr");
      expect(await rows.last().locator("th").innerText()).toBe("(unallocated)");
      const backgrounds = await teams.page().evaluate<string[]>(`[...document.querySelectorAll("section[aria-labelledby=teams] tbody tr")].map((row) => getComputedStyle(row.cells[1]).backgroundColor)`);
      expect(backgrounds.at(-1)).not.toBe(backgrounds[0]);
      expect(await page.getByText("No team is charged for").isVisible()).toBe(true);
    });
  });

  test("tags that count in full end in no total, and the page says why", async () => {
    const file = join(folder, "full.html");
    const device = inventRow({ caller: "tag:a,tag:b", callerType: "tag", tags: ["tag:a", "tag:b"] });
    await writeFile(file, await renderHtml(inventReport([device], {}, { tags: "full" }), REPORT_FILES));
    await openPage(file, {}, async (page) => {
      const { body, foot } = findTable(await readTables(page), "One row per tag");
      expect(body.map(([name]) => name)).toEqual(["tag:a", "tag:b"]);
      expect(foot).toEqual([]);
      expect(await page.getByText("These rows do not add up to the total").isVisible()).toBe(true);
      expect(await findObstacles(page)).toEqual([]);
    });
  });

  test("what was not priced says so", async () => {
    await openPage(hostilePage, {}, async (page) => {
      const models = findTable(await readTables(page), "One row per model");
      const unpriced = models.body.filter((row) => cell(models, row, "Unpriced requests") !== "0");
      expect(unpriced).toHaveLength(HOSTILE_NAMES.length);
      for (const row of unpriced) expect(cell(models, row, "Cost")).toBe("not priced");
    });
  });

  test("on paper nothing is cut off", async () => {
    // A4 landscape within its margins, at 96 CSS pixels an inch.
    await openPage(hostilePage, { viewport: { width: 1032, height: 700 } }, async (page) => {
      await page.emulateMedia({ media: "print" });
      expect(await measureOverflow(page)).toBe(0);
      expect((await page.pdf({ preferCSSPageSize: true })).length).toBeGreaterThan(1000);
    });
  });
});

describeWithFixtures("the page of a lake with hostile logins", () => {
  let lake: RealLake;
  beforeAll(async () => {
    lake = await fillHostileLake(["odd-logins", "truncated"]);
  });
  afterAll(async () => await lake.remove());

  test("is as still as any other", async () => {
    const { report, files } = await publishInvented(lake.store, "2026-10");
    await openPage(join(lake.directory, files.html), {}, async (page) => {
      const { body } = findTable(await readTables(page), "One row per caller");
      expect(body.map(([name]) => name)).toEqual(report.byCaller.map(({ key }) => shownText(key.caller)));
      expect(await page.getByRole("note").innerText()).toContain("1 damaged export");
      expect(await findObstacles(page)).toEqual([]);
    });
  });
});

function findTable(tables: readonly SeenTable[], captionStart: string): SeenTable {
  const table = tables.find(({ caption }) => caption.startsWith(captionStart));
  if (table === undefined) throw new Error(`no table ${captionStart}`);
  return table;
}

function cell({ head }: SeenTable, row: readonly string[], title: string): string {
  const text = row[head.indexOf(title)];
  if (text === undefined) throw new Error(`no column ${title} in ${head.join(", ")}`);
  return text;
}

/** Only what is printed as money counts; a gap adds nothing. */
function cents(text: string): number {
  if (text === "not priced" || text === "–") return 0;
  expect(text).toMatch(/^[+-]?\$[\d,]+\.\d\d$/);
  return Number(text.replace(/[+$,.]/g, ""));
}

function count(text: string): number {
  return Number(text.replaceAll(",", ""));
}

function addColumn(table: SeenTable, title: string): number {
  const texts = table.body.map((row) => cell(table, row, title));
  return texts.reduce((sum, text) => sum + (/[$–]|not priced/.test(text) ? cents(text) : count(text)), 0);
}
