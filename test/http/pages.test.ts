import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, test } from "vitest";
import { holdDesk } from "../../src/cli/hold-desk.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import type { LiveEstimate } from "../../src/limits/live/live-estimate.ts";
import { readOverview } from "../../src/run/read-overview.ts";
import { signingWith } from "../archive/sealing.ts";
import { changeLedger } from "../change-ledger.ts";
import { findFaintTexts, findObstacles, measureOverflow } from "../chargeback/page-inspection.ts";
import { DOLLAR } from "../limits/spent.ts";
import { openBrowser, WINDOWS } from "../services/checked-browser.ts";
import { companyLedger, NOW } from "./company-lake.ts";
import { startHttp } from "./start-http.ts";

const { browser, axe } = openBrowser();

const LONG = `${"a-team-with-a-name-that-does-not-end-".repeat(2)}<b>&"</b>`;
const LOGIN = "counsel@example.com";

/** A worker whose every page has something on it, names that are too long for a phone included. */
async function openWorker(): Promise<string> {
  const ledger = changeLedger(await companyLedger({ isReported: true }), signingWith());
  const overview = async () => {
    const read = await readOverview(ledger);
    const budgets = "problem" in read.spending ? [] : read.spending.budgets.map((state) => ({ ...state, name: state.name === "web" ? LONG : state.name }));
    return { ...read, spending: { ...read.spending, budgets } as typeof read.spending, newest: [...read.newest, { instance: LONG, time: null }] };
  };
  const { spending } = await overview();
  const [state] = "problem" in spending ? [] : spending.budgets;
  const estimate: LiveEstimate = { state: state!, spent: 51n * DOLLAR, added: DOLLAR, requests: 1, unpriced: 0, percent: 25.5, reached: [], gateways: ["prod"], lastMinute: NOW, lacksUntil: NOW };
  const door = { largestBytes: 1024, gateways: ["prod"], add: () => true, observe: () => undefined, clock: () => NOW };
  const desk = holdDesk(checkConfig({ http: { port: 0, allow: [LOGIN], holds: [LOGIN] } }, "the test"), ledger.stores.archive, () => Promise.resolve(ledger), () => NOW);
  const teamsOf = async (login: string) => await Promise.resolve(login === "ann@example.com" ? ["payments", LONG] : []);
  const { server } = await startHttp({ lake: ledger.stores.lake, allow: new Set([LOGIN]), clock: () => NOW, readOverview: overview, hooks: { door, look: async () => await Promise.resolve([estimate]) }, holds: desk, teamsOf });
  return server.url;
}

/** WCAG 2.0 to 2.2, A and AA, and best practices; in the dark only the rules that look at colours. */
const RULES = {
  light: `{ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }`,
  dark: `{ runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } }`,
} as const;

/** Inspects pages in a second window without their policy, which would not let the checker in. */
async function inspector(options: BrowserContextOptions): Promise<{ inspect: (page: Page) => Promise<object>; close: () => Promise<void> }> {
  const context = await browser().newContext({ ...options, bypassCSP: true, offline: true });
  const copy = await context.newPage();
  return {
    inspect: async (page) => {
      await copy.setContent(await page.content());
      await copy.evaluate(axe());
      const violations = await copy.evaluate<string[]>(`axe.run(${RULES[options.colorScheme === "dark" ? "dark" : "light"]}).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html.slice(0, 200)))`);
      return { title: await page.title(), violations, obstacles: await findObstacles(page), faint: await findFaintTexts(page), overflow: await measureOverflow(page) };
    },
    close: async () => await context.close(),
  };
}

const fine = (title: string): object => ({ title, violations: [], obstacles: [], faint: [], overflow: 0 });

test.each(WINDOWS)("%s: everyone can read and use each page, without a script", async (_name, options) => {
  const url = await openWorker();
  const { inspect, close } = await inspector(options);
  const context = await browser().newContext({ ...options, extraHTTPHeaders: { "Tailscale-User-Login": LOGIN } });
  const complaints: string[] = [];
  context.on("console", (message) => void (["error", "warning"].includes(message.type()) && !message.text().includes("404") && complaints.push(message.text())));
  try {
    const page = await context.newPage();
    await page.goto(url);
    expect(await inspect(page)).toEqual(fine("aperture-ledger"));
    expect(await page.getByRole("navigation").getByRole("link").allInnerTexts()).toEqual(["Home", "Month to date", "Reports", "Live spending", "Jobs", "Legal holds", "Metrics", "Readiness"]);
    await page.getByRole("link", { name: "Month to date" }).click();
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Chargeback October 2026");
    await page.goto(`${url}/reports`);
    expect(await inspect(page)).toEqual(fine("Reports"));
    await page.goto(`${url}/live`);
    expect(await inspect(page)).toEqual(fine("Live spending"));

    // The browser's own forms: what it says about their origin is what the server accepts.
    await page.getByRole("link", { name: "Legal holds" }).click();
    expect(await inspect(page)).toEqual(fine("Legal holds"));
    await page.getByLabel("Matter and reason").fill("Doe ./. Acme, case 7");
    await page.getByLabel("From").fill("2026-13-01");
    await page.getByRole("button", { name: "Preview" }).click();
    expect(await page.getByRole("alert").innerText()).toContain('"2026-13-01" is not a date or time');
    expect(await inspect(page)).toEqual(fine("Legal holds"));
    await page.getByLabel("From").fill("2026-10-10");
    await page.getByRole("button", { name: "Preview" }).click();
    expect(await inspect(page)).toEqual(fine("Preview of a legal hold"));
    await page.getByRole("button", { name: "Place this hold" }).click();
    const title = await page.title();
    expect(title).toMatch(/^Legal hold [0-9a-f]{10}$/);
    expect(await inspect(page)).toEqual(fine(title));
    await page.getByLabel("Reason").fill("settled");
    await page.getByRole("button", { name: "Release this hold" }).click();
    expect(await page.getByRole("main").innerText()).toContain("released 2026-10-11T00:00:00.000Z by counsel@example.com (a login over loopback): settled");
    expect(complaints).toEqual(["Failed to load resource: the server responded with a status of 400 (Bad Request)"]);
  } finally {
    await context.close();
    await close();
  }
});

test.each([WINDOWS[0]!, WINDOWS[3]!])("%s: a member of a team gets to the own team's page, and to no other", async (_name, options) => {
  const url = await openWorker();
  const { inspect, close } = await inspector(options);
  const context = await browser().newContext({ ...options, extraHTTPHeaders: { "Tailscale-User-Login": "ann@example.com" } });
  try {
    const page = await context.newPage();
    await page.goto(url);
    expect(await inspect(page)).toEqual(fine("Your teams"));
    await page.getByRole("link", { name: "payments, October 2026", exact: true }).click();
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toContain("payments");
    expect((await page.goto(`${url}/reports/2026-10/teams/web/chargeback.html`))?.status()).toBe(403);
    expect((await page.goto(`${url}/reports/2026-10/chargeback.html`))?.status()).toBe(403);
  } finally {
    await context.close();
    await close();
  }
});

test("the forms work where scripts are off", async () => {
  const url = await openWorker();
  const context = await browser().newContext({ javaScriptEnabled: false, extraHTTPHeaders: { "Tailscale-User-Login": LOGIN } });
  try {
    const page = await context.newPage();
    await page.goto(`${url}/archive/holds`);
    await page.getByLabel("Matter and reason").fill("a case");
    await page.getByLabel("Caller").fill("ann@example.com");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("button", { name: "Place this hold" }).click();
    expect(await page.title()).toMatch(/^Legal hold /);
  } finally {
    await context.close();
  }
});
