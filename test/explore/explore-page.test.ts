import { fastify } from "fastify";
import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, test } from "vitest";
import { serveExplore } from "../../src/http/explore.ts";
import { setPlaces } from "../../src/http/navigation.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { findFaintTexts, findObstacles, measureOverflow, readTables } from "../chargeback/page-inspection.ts";
import { LAPTOP, openBrowser, PHONE, WINDOWS } from "../services/checked-browser.ts";
import { explorerOf, lakeOfRequests, request } from "./explored-lake.ts";

const { browser, axe } = openBrowser();

const AXE = `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes.length + ": " + nodes[0].html.slice(0, 200)))`;

/** Callers of all lengths, models enough for others, and a request without a price. */
const REQUESTS = Array.from({ length: 60 }, (_, index) => request({
  at: `2026-11-${String(1 + (index % 20)).padStart(2, "0")}T10:00:00Z`,
  caller: index % 7 === 0 ? `${"long.name.".repeat(index % 5 + 1)}@example.com` : `caller-${String(index % 30)}@example.com`,
  model: `model-${String(index % 9)}`,
  cost: index === 3 ? null : BigInt(index) * 10_000_000n,
  tokens: { ...request({ at: "2026-11-01T00:00:00Z" }).tokens, inputTokens: index },
  sessionId: index % 4 === 0 ? null : `session-${String(index % 6)}`,
  dimensions: index % 3 === 0 ? {} : { repo: index % 2 === 0 ? "<b>acme</b>/web" : "x".repeat(300) },
}));

/** The url of a server that explores the requests, or another lake, as of the end of November. */
async function withServer(use: (url: string) => Promise<void>, lake?: ObjectStore): Promise<void> {
  const app = fastify();
  setPlaces(app, { live: false, explore: true });
  serveExplore(app, explorerOf(lake ?? (await lakeOfRequests(REQUESTS)).lake));
  try {
    await use(await app.listen({ host: "127.0.0.1", port: 0 }));
  } finally {
    await app.close();
  }
}

async function withPage(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser().newContext(options);
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

test.each(WINDOWS)("%s: pages fit, can be read, and the checker finds nothing", async (_name, options) => {
  await withServer(async (url) => {
    // The pages' policy would not let the checker in.
    await withPage({ ...options, bypassCSP: true }, async (page) => {
      for (const path of ["/explore?columns=model&rows=dimension.repo", "/explore/sessions", "/explore?rows=what", "/explore?caller=nobody"]) {
        await page.goto(`${url}${path}`);
        await page.evaluate(`document.querySelectorAll("details").forEach((one) => { one.open = true; })`);
        expect([path, await measureOverflow(page), await findFaintTexts(page), await findObstacles(page)]).toEqual([path, 0, [], []]);
        await page.evaluate(axe());
        expect([path, await page.evaluate<string[]>(AXE)]).toEqual([path, []]);
      }
    });
  });
});

/** The lines of each name in the tables' first column, as they are drawn. */
const NAME_LINES = `[...document.querySelectorAll("tbody th.name bdi")].map((name) => {
  const [lines, walker] = [[], document.createTreeWalker(name, NodeFilter.SHOW_TEXT)];
  for (let last; walker.nextNode();) for (let at = 0; at < walker.currentNode.length; at++) {
    const range = document.createRange();
    range.setStart(walker.currentNode, at);
    range.setEnd(walker.currentNode, at + 1);
    const { top } = range.getBoundingClientRect();
    if (last === undefined || top - last > 3) lines.push("");
    last = top;
    lines[lines.length - 1] += range.toString();
  }
  return lines;
})`;

test.each([["a laptop", LAPTOP], ["a phone", PHONE]])("%s: a name ends a line between its parts", async (_name, options) => {
  const names = ["margarethe.hofstaetter@engineering.example.com", "bob.builder@example.com", "tag:ci,tag:github-actions-runner,tag:prod", "acme-corporation/payments_settlement-service"];
  const { lake } = await lakeOfRequests(names.map((caller) => request({ at: "2026-11-02T10:00:00Z", caller, sessionId: caller, cost: 5n })));
  await withServer(async (url) => {
    await withPage(options, async (page) => {
      for (const path of ["/explore", "/explore/sessions"]) {
        await page.goto(`${url}${path}`);
        const shown = await page.evaluate<string[][]>(NAME_LINES);
        expect(shown.map((lines) => lines.join("")).sort()).toEqual([...names].sort());
        for (const lines of shown) for (const [index, line] of lines.entries()) expect(index === 0 || /^[@.]/.test(line) || /[-,/_]$/.test(lines[index - 1] ?? "") ? "" : lines).toBe("");
      }
    });
  }, lake);
});

test("without script a question is asked, narrowed down and sent as a link", async () => {
  await withServer(async (url) => {
    await withPage({ ...LAPTOP, javaScriptEnabled: false }, async (page) => {
      await page.goto(`${url}/explore`);
      await page.getByLabel("Rows").selectOption("Model");
      await page.getByLabel("Figures").selectOption("Requests");
      await page.getByText("Add a filter").click();
      await page.getByLabel("Caller", { exact: true }).fill("caller-1@example.com");
      await page.getByRole("button", { name: "Show" }).click();
      await page.waitForURL(`${url}/explore?from=2026-11-01&to=2026-11-30&caller=caller-1%40example.com&rows=model&measure=requests`);
      // Requests 1 and 31 are of this caller; the second costs more.
      expect(await page.getByRole("rowheader").allInnerTexts()).toEqual(["model-4", "model-1", "Total"]);
      await page.getByRole("rowheader").getByRole("link", { name: "model-4" }).click();
      await page.waitForURL(/model=model-4/);
      expect(await page.getByRole("list", { name: "Filters" }).getByRole("listitem").count()).toBe(2);
      await page.getByRole("link", { name: "The sessions behind these figures" }).click();
      await page.waitForURL(/\/explore\/sessions\?/);
      expect(await page.getByRole("rowheader").allInnerTexts()).toEqual(["session-1", "Total"]);
      await page.getByRole("link", { name: "Back to the question" }).click();
      await page.getByRole("link", { name: /^remove Model/ }).click();
      await page.waitForURL((address) => !address.search.includes("model=model-4"));
      const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "This table as CSV" }).click()]);
      expect(saved.suggestedFilename()).toBe("explore-2026-11-01-to-2026-11-30.csv");
    });
  });
});

test("the page runs and fetches nothing, and its chart is drawn", async () => {
  await withServer(async (url) => {
    await withPage(LAPTOP, async (page) => {
      const complaints: string[] = [];
      page.on("console", (message) => void complaints.push(message.text()));
      page.on("request", (one) => void (one.url().startsWith(`${url}/explore`) || one.url() === "data:," || complaints.push(one.url())));
      await page.goto(`${url}/explore?columns=model`);
      expect(complaints).toEqual([]);
      expect(await page.getByRole("img", { name: "Cost by day" }).first().isVisible()).toBe(true);
      // Seven models and the others.
      expect(await page.evaluate<number>(`new Set([...document.querySelectorAll(".wide svg path[class^=chart-series]")].map((path) => getComputedStyle(path).fill)).size`)).toBe(8);
      expect((await readTables(page))[0]?.head.slice(0, 3)).toEqual(["Caller", "Cost", "model-5"]);
    });
  });
});
