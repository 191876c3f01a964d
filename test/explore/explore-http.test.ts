import { parse } from "csv-parse/sync";
import { fastify, type FastifyInstance } from "fastify";
import pino from "pino";
import { afterEach, expect, test, vi } from "vitest";
import type { Explorer } from "../../src/explore/open-explorer.ts";
import { answerErrors } from "../../src/http/answers.ts";
import { serveExplore } from "../../src/http/explore.ts";
import { setPlaces } from "../../src/http/navigation.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { explorerOf, lakeOfRequests, request } from "./explored-lake.ts";

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function serve(explorer: Explorer | null): FastifyInstance {
  const app = fastify();
  apps.push(app);
  answerErrors(app, pino({ level: "silent" }));
  setPlaces(app, { live: false, explore: true });
  serveExplore(app, explorer);
  return app;
}

async function serveRequests(records: readonly UsageRecord[]): Promise<FastifyInstance> {
  return serve(explorerOf((await lakeOfRequests(records)).lake));
}

const AT = "2026-11-02T10:00:00Z";
const HOSTILE = ["=HYPERLINK(\"http://evil\")", "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a,b\r\nc", "+1", "(none)", "(others)", "\u202Eevil", "null"];

/** Rows of the first table of a page: texts of their cells. */
function rowsOf(page: string): string[][] {
  const body = /<tbody>(.*?)<\/tbody>/s.exec(page)?.[1] ?? "";
  return [...body.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) => [...row.matchAll(/<t[hd][^>]*?(?: title="([^"]*)")?>(.*?)<\/t[hd]>/gs)].map(([, title, content = ""]) => title ?? content.replaceAll(/<[^>]+>/g, "")));
}

function csvOf(body: string): Record<string, string>[] {
  return parse(body, { bom: true, columns: true });
}

test("the CSV file has the rows, columns and figures of the table", async () => {
  const records = [1n, 20_000_000n, 300_000_000_003n].flatMap((cost, index) => ["opus", "haiku"].map((model) => request({ at: AT, caller: `person-${String(index)}@example.com`, model, cost: model === "haiku" && index === 0 ? null : cost })));
  const app = await serveRequests(records);
  const query = "from=2026-11-01&to=2026-11-03&columns=model";
  const page = await app.inject(`/explore?${query}`);
  const file = await app.inject(`/explore.csv?${query}`);
  expect(file.headers).toMatchObject({ "content-type": "text/csv; charset=utf-8", "content-disposition": 'attachment; filename="explore-2026-11-01-to-2026-11-03.csv"' });
  const rows = csvOf(file.body);
  expect(rows.map((row) => [row["caller"], row["cost_usd"], row["cost_usd: haiku"], row["cost_usd: opus"], row["requests"]])).toEqual([
    ["person-2@example.com", "600.000000006", "300.000000003", "300.000000003", "2"],
    ["person-1@example.com", "0.040000000", "0.020000000", "0.020000000", "2"],
    ["person-0@example.com", "0.000000001", "", "0.000000001", "2"],
  ]);
  // The exact amounts are the titles of the table's cells.
  const shown = rowsOf(page.body).map(([name, cost, ...cells]) => [name, cost, cells[1], cells[0], cells[3]]);
  expect(shown).toEqual(rows.map((row) => [row["caller"], `$${row["cost_usd"] ?? ""}`, row["cost_usd: haiku"] === "" ? "–" : `$${row["cost_usd: haiku"] ?? ""}`, `$${row["cost_usd: opus"] ?? ""}`, row["requests"]]));
});

test("a CSV file marks what is not a value, and no cell starts a formula", async () => {
  const app = await serveRequests([...HOSTILE, undefined].map((repo, index) => request({ at: AT, dimensions: repo === undefined ? {} : { repo }, cost: BigInt(100 - index) })));
  const { body } = await app.inject("/explore.csv?from=2026-11-02&to=2026-11-02&rows=dimension.repo");
  const rows = csvOf(body);
  expect(rows.map((row) => [row["row"], row["dimension.repo"]])).toEqual([
    ["value", "'=HYPERLINK(\"http://evil\")"], ["value", "<script>alert(1)</script>"], ["value", "\"><img src=x onerror=alert(1)>"], ["value", "a,b\r\nc"], ["value", "'+1"], ["value", "(none)"], ["value", "(others)"], ["value", "\u202Eevil"], ["value", "null"], ["none", "(none)"],
  ]);
  const columns = await app.inject("/explore.csv?from=2026-11-02&to=2026-11-02&columns=dimension.repo");
  for (const header of Object.keys(csvOf(columns.body)[0] ?? {})) expect(header).not.toMatch(/^[=+\-@]/);
});

test("hostile names stay text on the page, in links and in the form", async () => {
  const app = await serveRequests(HOSTILE.map((name) => request({ at: AT, caller: name, model: name, dimensions: { repo: name }, sessionId: name, cost: 1n })));
  const query = new URLSearchParams([["from", "2026-11-02"], ["to", "2026-11-02"], ["columns", "dimension.repo"], ...HOSTILE.map((name): [string, string] => ["caller", name])]);
  for (const path of ["/explore", "/explore/sessions"]) {
    const { statusCode, body } = await app.inject(`${path}?${query.toString()}`);
    expect(statusCode).toBe(200);
    expect(body).not.toMatch(/<(?:script|img)/);
    // Outside of attributes, whose hostile characters are escaped. A <wbr> is no space.
    const text = body.replace(/<style>.*?<\/style>/s, "").replaceAll("<wbr>", "").replaceAll(/<[^>]+>/g, " ");
    expect(text).not.toMatch(/[<>\u202E]/u);
    for (const name of ["&lt;script&gt;alert(1)&lt;/script&gt;", "[U+202E]evil", "a,b[U+000D][U+000A]c"]) expect(text).toContain(name);
  }
});

test("a mistake gets a page that names the parameter, its value and what is allowed", async () => {
  const app = await serveRequests([request({ at: AT, cost: 1n })]);
  const { statusCode, body, headers } = await app.inject("/explore?measure=%3Cscript%3E");
  expect(statusCode).toBe(400);
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
  expect(body).toContain("The parameter measure cannot be &quot;&lt;script&gt;&quot;.");
  expect(body).toContain("Allowed: cost, list_value, requests, unpriced_requests, input_tokens, output_tokens.");
  expect((await app.inject("/explore.csv?rows=secret")).statusCode).toBe(400);
  expect((await app.inject("/explore/sessions?from=2026-01-01&to=2026-12-01")).body).toContain("Sessions are listed for at most 31 days, not for 335.");
});

test("what the form sends becomes the link of its answer", async () => {
  const app = await serveRequests([request({ at: AT, cost: 1n })]);
  const { statusCode, headers } = await app.inject("/explore?from=2026-11-01&to=2026-11-30&rows=model&columns=&measure=cost&caller=&billing=metered&dimension.repo=");
  expect([statusCode, headers.location]).toEqual([303, "/explore?from=2026-11-01&to=2026-11-30&billing=metered&rows=model&measure=cost"]);
});

test("requests without a price are said, and lead to their models", async () => {
  const app = await serveRequests([request({ at: AT, cost: null, tokens: { ...request({ at: AT }).tokens, inputTokens: 5 } }), request({ at: AT, cost: 5n })]);
  const { body } = await app.inject("/explore?from=2026-11-02&to=2026-11-02");
  expect(body).toContain("1 request has no price, so its cost is not in any sum.");
  expect(body).toContain("/explore?from=2026-11-02&amp;to=2026-11-02&amp;rows=model&amp;measure=unpriced_requests");
});

test("a name leads to its own requests, grouped by what still differs", async () => {
  const app = await serveRequests([request({ at: AT, cost: 5n, dimensions: { repo: "a&b" } }), request({ at: AT, cost: 4n })]);
  const linksOf = async (query: string): Promise<string[]> => [...(await app.inject(`/explore?from=2026-11-02&to=2026-11-02&${query}`)).body.matchAll(/<th scope="row" class="name"><a href="([^"]*)"/g)].map(([, link = ""]) => link.replaceAll("&amp;", "&"));
  expect(await linksOf("rows=caller")).toEqual(["/explore?from=2026-11-02&to=2026-11-02&caller=ann%40example.com&rows=model&measure=cost"]);
  expect(await linksOf("rows=caller&columns=dimension.repo")).toEqual(["/explore?from=2026-11-02&to=2026-11-02&caller=ann%40example.com&rows=dimension.repo&measure=cost"]);
  expect(await linksOf("rows=dimension.repo&caller=ann%40example.com&model=opus")).toEqual([
    "/explore?from=2026-11-02&to=2026-11-02&caller=ann%40example.com&model=opus&dimension.repo=a%26b&rows=provider&measure=cost",
    "/explore?from=2026-11-02&to=2026-11-02&caller=ann%40example.com&model=opus&without=dimension.repo&rows=provider&measure=cost",
  ]);
  expect(await linksOf("rows=day")).toEqual(["/explore?from=2026-11-02&to=2026-11-02&rows=caller&measure=cost"]);
});

test("a month without usage says so", async () => {
  const app = await serveRequests([request({ at: AT, cost: 5n })]);
  const { statusCode, body } = await app.inject("/explore?from=2026-09-01&to=2026-09-30");
  expect(statusCode).toBe(200);
  expect(body).toContain("No request in these days.");
  expect(body).toContain("Usage on 0 of 30 days to date.");
  expect((await app.inject("/explore.csv?from=2026-09-01&to=2026-09-30")).body).toBe("");
});

test("one question is answered at a time, few wait, and the others are asked to come again", async () => {
  const { lake } = await lakeOfRequests([request({ at: AT, cost: 5n })]);
  const explorer = explorerOf(lake);
  let [present, most] = [0, 0];
  const gate = Promise.withResolvers<void>();
  const app = serve({ ...explorer, ask: async (question) => {
    most = Math.max(most, ++present);
    await gate.promise;
    return await explorer.ask(question).finally(() => void present--);
  } });
  const asked = Array.from({ length: 12 }, async () => (await app.inject("/explore.csv?from=2026-11-02&to=2026-11-02")).statusCode);
  await Promise.race(asked);
  gate.resolve();
  expect((await Promise.all(asked)).sort()).toEqual([...Array.from({ length: 9 }, () => 200), 503, 503, 503]);
  expect(most).toBe(1);
});

test("a reader who leaves gives the place up, whether the question waits or is answered", async () => {
  const { lake } = await lakeOfRequests([request({ at: AT, cost: 5n })]);
  const explorer = explorerOf(lake);
  const asked: string[] = [];
  const isLeft = Promise.withResolvers<void>();
  const app = serve({ ...explorer, ask: async (question, signal) => {
    asked.push(String(question.top));
    if (asked.length === 1) {
      signal?.addEventListener("abort", () => isLeft.resolve());
      await isLeft.promise;
    }
    return await explorer.ask(question, signal);
  } });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const leaving = new AbortController();
  const visit = (): Promise<unknown> => fetch(`${url}/explore`, { signal: leaving.signal }).catch(() => "left");
  const visitors = [visit()];
  await vi.waitUntil(() => asked.length === 1, { timeout: 60_000 });
  visitors.push(...Array.from({ length: 12 }, visit));
  await vi.waitUntil(async () => (await fetch(`${url}/explore?top=100`, { signal: AbortSignal.timeout(500) }).catch(() => undefined))?.status === 503, { timeout: 60_000 });
  leaving.abort();
  await Promise.all(visitors);
  await vi.waitUntil(async () => (await fetch(`${url}/explore?top=500`)).status === 200, { timeout: 60_000 });
  expect(asked).toEqual(["25", "500"]);
});

test("a question that fails does not stop the next one", async () => {
  const { lake } = await lakeOfRequests([request({ at: AT, cost: 5n })]);
  const explorer = explorerOf(lake);
  let isFirst = true;
  const app = serve({ ...explorer, ask: async (question) => {
    if (!isFirst) return await explorer.ask(question);
    isFirst = false;
    throw new Error("broken");
  } });
  expect([(await app.inject("/explore")).statusCode, (await app.inject("/explore?span=this_month")).statusCode]).toEqual([500, 200]);
});

test("where reports hide people, no question is answered", async () => {
  const app = serve(null);
  for (const path of ["/explore", "/explore.csv", "/explore/sessions", "/explore/sessions.csv", "/explore?rows=what"]) {
    const { statusCode, body } = await app.inject(path);
    expect(statusCode).toBe(403);
    expect(body).toContain("privacy.callers");
  }
});
