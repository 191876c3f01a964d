import type { HoldWithCopies } from "../../src/archive/legal-holds.ts";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publishInvented } from "../chargeback/invented-allocations.ts";
import { findFaintTexts, findObstacles, measureOverflow, readTables } from "../chargeback/page-inspection.ts";
import { fillHostileLake, type RealLake } from "../chargeback/real-lake.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { CHROMIUM_ARGUMENTS, chromiumPath } from "../services/chromium.ts";
import { startHttp, NO_HOLDS } from "./start-http.ts";

const WINDOWS: [string, BrowserContextOptions][] = [
  ["light", { colorScheme: "light", viewport: { width: 1280, height: 900 } }],
  ["dark", { colorScheme: "dark", viewport: { width: 1280, height: 900 } }],
  ["a dark phone", { colorScheme: "dark", viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
];

let browser: Browser;
beforeAll(async () => {
  const args = [...CHROMIUM_ARGUMENTS, "--disable-background-networking"];
  browser = await chromium.launch({ executablePath: chromiumPath(), args });
});
afterAll(async () => await browser.close());

/** Opens a page and fails on anything that the browser complains of, on refused requests and on any other server. */
async function openPage(url: string, options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  const happened: string[] = [];
  context.on("request", (request) => void (request.url().startsWith(new URL(url).origin) || request.url() === "data:," || happened.push(`request ${request.url()}`)));
  context.on("response", (response) => void (response.status() < 400 || happened.push(`${response.status()} ${response.url()}`)));
  context.on("console", (message) => void (["error", "warning"].includes(message.type()) && happened.push(`console ${message.text()}`)));
  context.on("weberror", (error) => void happened.push(`error ${error.error().message}`));
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "load" });
    await look(page);
  } finally {
    await context.close();
  }
  expect(happened).toEqual([]);
}

const SELECTION = { instance: null, caller: "<b>ann</b>@example.com", session: null, from: "2026-09-01T00:00:00.000Z", to: null };
const HOLD: HoldWithCopies = { id: "31a460d667", selection: SELECTION, reason: `case ${"7".repeat(300)}`, by: "counsel@example.com", at: "2026-11-03T10:00:00.000Z", instances: ["prod"], released: null, copies: 1 };
const HOLDS = [HOLD, { ...HOLD, id: "42a460d667", reason: "another", released: { by: "clerk@example.com", at: "2026-11-04T10:00:00.000Z", reason: "settled" } }];

describeWithFixtures("in a browser", () => {
  let lake: RealLake;
  beforeAll(async () => {
    lake = await fillHostileLake(["odd-logins", "truncated"]);
    await publishInvented(lake.store, "2026-10");
  });
  afterAll(async () => await lake.remove());

  describe.each(WINDOWS)("%s", (_name, options) => {
    test("the index of reports can be read and leads to the report", async () => {
      const { server } = await startHttp({ lake: lake.store });
      await openPage(`${server.url}/reports`, options, async (page) => {
        expect(await findObstacles(page)).toEqual([]);
        expect(await findFaintTexts(page)).toEqual([]);
        expect(await measureOverflow(page)).toBe(0);
        await page.getByRole("region", { name: "October 2026" }).getByRole("link", { name: "chargeback.html" }).click();
        await page.waitForURL(`${server.url}/reports/2026-10/chargeback.html`);
        expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Chargeback October 2026");
        expect(await page.getByRole("note").innerText()).toContain("1 damaged export");
        // Its own style applies.
        expect(await page.evaluate<string>("getComputedStyle(document.querySelector('table')).borderCollapse")).toBe("collapse");
        expect((await readTables(page)).length).toBeGreaterThan(3);
      });
    });

    test("the front page leads everywhere", async () => {
      const { server } = await startHttp({ lake: lake.store });
      await openPage(server.url, options, async (page) => {
        expect(await findObstacles(page)).toEqual([]);
        expect(await findFaintTexts(page)).toEqual([]);
        expect(await measureOverflow(page)).toBe(0);
        expect(await page.getByRole("navigation").getByRole("link").allInnerTexts()).toEqual(["Home", "Month to date", "Reports", "Jobs", "Legal holds", "Metrics", "Readiness"]);
      });
    });

    test("legal holds are told, whatever their words are made of", async () => {
      const { server } = await startHttp({ lake: lake.store, holds: { ...NO_HOLDS, list: () => Promise.resolve(HOLDS) } });
      await openPage(`${server.url}/archive/holds`, options, async (page) => {
        expect(await findObstacles(page)).toEqual([]);
        expect(await findFaintTexts(page)).toEqual([]);
        expect(await measureOverflow(page)).toBe(0);
        expect(await page.getByRole("main").getByRole("listitem").allInnerTexts()).toEqual([
          expect.stringContaining("caller <b>ann</b>@example.com") as string,
          expect.stringContaining("released 2026-11-04T10:00:00.000Z by clerk@example.com: settled") as string,
        ]);
      });
    });
  });

  test("the report's figures can be saved from its page", async () => {
    const { server } = await startHttp({ lake: lake.store });
    await openPage(`${server.url}/reports/2026-10/chargeback.html`, {}, async (page) => {
      const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "chargeback.csv" }).click()]);
      expect(saved.suggestedFilename()).toBe("2026-10-chargeback.csv");
      expect(await saved.failure()).toBeNull();
    });
  });

  test.each(WINDOWS)("%s: the board shows jobs and lets their queue be paused", async (_name, options) => {
    const { server, queue } = await startHttp({ lake: lake.store });
    await queue.add("ingest-export", { key: "ts-aperture-export-1791500000.cbor.zstd" }, { jobId: "one" });
    await openPage(`${server.url}/jobs`, options, async (page) => {
      await page.getByText("exports").first().waitFor({ state: "attached" });
      await page.goto(`${server.url}/jobs/queue/exports?status=waiting`);
      await page.getByText("ingest-export").first().waitFor();
      expect(await page.getByText("ts-aperture-export-1791500000.cbor.zstd").first().isVisible()).toBe(true);
      const status = await page.evaluate<number>(`fetch("/jobs/api/queues/exports/pause", { method: "PUT" }).then(({ status }) => status)`);
      expect(status).toBe(200);
    });
    expect(await queue.isPaused()).toBe(true);
  });

  test("a page of another name cannot look through this browser", async () => {
    const { server } = await startHttp({ lake: lake.store });
    const { port } = new URL(server.url);
    const rebound = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGUMENTS, "--host-resolver-rules=MAP evil.example 127.0.0.1"] });
    try {
      const page = await rebound.newPage();
      const answer = await page.goto(`http://evil.example:${port}/reports`);
      expect(answer?.status()).toBe(403);
    } finally {
      await rebound.close();
    }
  });
});
