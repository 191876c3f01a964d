import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type BrowserContextOptions, chromium } from "playwright-core";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { inventCompany } from "../chargeback/invented-company.ts";
import { CHROMIUM_ARGUMENTS, chromiumPath } from "../services/chromium.ts";
import { ACME } from "./acme.ts";

const FOLDER = join(import.meta.dirname, "../../docs/images");

/** A4 at 96 CSS pixels an inch, and the margin that a printer leaves of it. */
const PAPER = { width: 794, height: 1123 };
const MARGIN = "12mm";
/** As far as the chart of days, smaller than life. */
const LAPTOP: BrowserContextOptions = { viewport: { width: 1180, height: 1840 }, deviceScaleFactor: 0.8 };
const PICTURES: readonly [string, BrowserContextOptions, "screen" | "print"][] = [
  ["report-laptop", { ...LAPTOP, colorScheme: "light" }, "screen"],
  ["report-laptop-dark", { ...LAPTOP, colorScheme: "dark" }, "screen"],
  ["report-phone", { viewport: { width: 390, height: 1000 }, colorScheme: "light" }, "screen"],
  ["report-paper", { viewport: PAPER, colorScheme: "light" }, "print"],
];

/** Draws the pictures of the documentation from an invented month. */
await mkdir(FOLDER, { recursive: true });
const html = await renderHtml(inventCompany({ people: 60, teams: ACME.slice(0, 6) }), REPORT_FILES);
const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGUMENTS] });
try {
  for (const [name, options, media] of PICTURES) {
    const page = await browser.newPage(options);
    await page.emulateMedia({ media });
    await page.setContent(html);
    if (media === "print") await page.evaluate(`document.body.style.padding = ${JSON.stringify(MARGIN)}`);
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
}
