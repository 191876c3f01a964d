import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { handleFetchBills } from "../../../jobs/fetch-bills.ts";
import { findInBills } from "../../../src/cli/doctor/doctor-bills.ts";
import { checkConfig } from "../../../src/config/reading/settings.ts";
import type { LedgerError } from "../../../src/ledger/errors.ts";
import { combineBills } from "../../../src/reconciliation/comparison/combine-bills.ts";
import type { BillSource } from "../../../src/reconciliation/fetching/billing-apis.ts";
import { type BillFetching, fetchBills, type FetchedReport, monthsToFetch } from "../../../src/reconciliation/fetching/fetch-bills.ts";
import { readKeptBills } from "../../../src/reconciliation/gathering/read-kept-bills.ts";
import type { JobTools } from "../../../src/queue/job-handler.ts";
import { FsStore } from "../../../src/storage/fs/fs-store.ts";
import { call } from "../../cli/call.ts";
import { contentsOf, keysOf } from "../../keys-of.ts";
import { temporaryFolder, testLedger } from "../../test-ledger.ts";
import { type BillingServer, KEY, startBillingServer, type Trouble } from "./billing-server.ts";

const ANTHROPIC_USAGE = "/v1/organizations/usage_report/messages";
const ANTHROPIC_COSTS = "/v1/organizations/cost_report";
const ANALYTICS_USAGE = "/v1/organizations/analytics/usage";
const ANALYTICS_COSTS = "/v1/organizations/analytics/cost";
const OPENAI_USAGE = "/v1/organization/usage/completions";
const OPENAI_COSTS = "/v1/organization/costs";

const COUNTS = { uncached_input_tokens: 100, cache_read_input_tokens: 20, cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 1 }, output_tokens: 30, server_tool_use: { web_search_requests: 0 } };

function day(index: number): { starting_at: string; ending_at: string } {
  return { starting_at: new Date(Date.UTC(2026, 9, index)).toISOString(), ending_at: new Date(Date.UTC(2026, 9, index + 1)).toISOString() };
}

function seconds(index: number): { object: string; start_time: number; end_time: number } {
  return { object: "bucket", start_time: Date.UTC(2026, 9, index) / 1000, end_time: Date.UTC(2026, 9, index + 1) / 1000 };
}

function group(more: Readonly<Record<string, string | null>>): Readonly<Record<string, string | null>> {
  return { product: "api", model: "claude-opus-4-8", workspace_id: "wrkspc_1", cost_type: null, token_type: null, context_window: null, inference_geo: null, speed: null, ...more };
}

const DAYS = Array.from({ length: 31 }, (_, index) => index + 1);
const NOW = new Date("2026-11-03T07:00:00Z");

let server: BillingServer;
let lake: FsStore;
let waited: number[];

beforeEach(async () => {
  server = await startBillingServer();
  lake = new FsStore(temporaryFolder());
  waited = [];
  server.reports = new Map<string, readonly unknown[]>([
    [ANTHROPIC_USAGE, DAYS.map((index) => ({ ...day(index), results: index < 3 ? [{ ...COUNTS, model: "claude-opus-4-8", workspace_id: null }] : [] }))],
    [ANTHROPIC_COSTS, DAYS.map((index) => ({ ...day(index), results: index < 3 ? [{ amount: "12.5", currency: "USD", description: "x", cost_type: "tokens", token_type: "output_tokens", model: "claude-opus-4-8", workspace_id: null }] : [] }))],
    [ANALYTICS_USAGE, [{ ...day(2), group: group({}), usage: { ...COUNTS, total_tokens: 156, requests: 2 } }, { ...day(2), group: group({ product: "chat" }), usage: { ...COUNTS, total_tokens: 156, requests: 9 } }]],
    [
      ANALYTICS_COSTS,
      [
        { ...day(2), group: group({ cost_type: "tokens", token_type: "output_tokens" }), cost: { amount: "75.5", list_amount: "80", currency: "USD", requests: null } },
        { ...day(2), group: group({ cost_type: "web_search" }), cost: { amount: "1", list_amount: "1", currency: "USD", requests: null } },
        { ...day(2), group: group({ product: null, model: null, cost_type: "code_execution" }), cost: { amount: "5", list_amount: "5", currency: "USD", requests: null } },
        { ...day(2), group: group({ product: "chat", cost_type: "tokens", token_type: "output_tokens" }), cost: { amount: "900", list_amount: "900", currency: "USD", requests: null } },
      ],
    ],
    [OPENAI_USAGE, DAYS.map((index) => ({ ...seconds(index), results: [{ object: "organization.usage.completions.result", input_tokens: 10, output_tokens: 2, input_cached_tokens: 4, model: "gpt-5", project_id: "proj_a" }] }))],
    [OPENAI_COSTS, DAYS.map((index) => ({ ...seconds(index), results: [{ object: "organization.costs.result", amount: { value: 0.25, currency: index === 31 ? "eur" : "usd" }, line_item: "gpt-5, output", project_id: "proj_a" }] }))],
  ]);
});

function source(api: BillSource["api"], more: Partial<BillSource> = {}): BillSource {
  return { name: api, api, url: server.url, keyEnv: "ADMIN_KEY", groupBy: [], ...more };
}

async function fetchWith(sources: readonly BillSource[], { months = ["2026-10"], now = NOW, ...more }: Partial<BillFetching> & { months?: readonly string[]; now?: Date } = {}): Promise<FetchedReport[]> {
  const wait = async (milliseconds: number): Promise<void> => void waited.push(milliseconds);
  return await fetchBills(lake, { sources, env: { ADMIN_KEY: KEY }, wait, log: pino({ level: "silent" }), ...more }, months, now);
}

/** What a failing call says, with the remedy. */
async function failureOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(() => undefined, (one: unknown) => one as LedgerError);
  return error === undefined ? "it did not fail" : `${error.code}: ${error.message}\n${error.remedy}`;
}

async function keptLines(): Promise<string[]> {
  const { lines } = combineBills(await readKeptBills(lake, "2026-10"));
  return lines.map(({ date, provider, model, type, tokens, cost, foreign }) => `${date} ${provider}/${model} ${type} ${String(tokens ?? "-")} ${foreign === undefined ? String(cost ?? "-") : `${foreign.currency} ${String(foreign.amount)}`}`);
}

describe("what is asked", () => {
  test.each<[BillSource["api"], readonly string[], readonly [string, string][]]>([
    ["anthropic", ["api_key_id"], [[ANTHROPIC_USAGE, "starting_at=2026-10-01T00:00:00.000Z&ending_at=2026-11-01T00:00:00.000Z&bucket_width=1d&limit=31&group_by[]=model&group_by[]=workspace_id&group_by[]=service_tier&group_by[]=inference_geo&group_by[]=api_key_id"], [ANTHROPIC_COSTS, "starting_at=2026-10-01T00:00:00.000Z&ending_at=2026-11-01T00:00:00.000Z&bucket_width=1d&limit=31&group_by[]=description&group_by[]=workspace_id"]]],
    ["anthropic_analytics", ["speed"], [[ANALYTICS_USAGE, "starting_at=2026-10-01T00:00:00.000Z&ending_at=2026-11-01T00:00:00.000Z&time_bucket_width=1d&group_by[]=product&group_by[]=model&group_by[]=workspace_id&group_by[]=service_tier&group_by[]=speed&group_by[]=inference_geo"], [ANALYTICS_COSTS, "starting_at=2026-10-01T00:00:00.000Z&ending_at=2026-11-01T00:00:00.000Z&time_bucket_width=1d&group_by[]=product&group_by[]=model&group_by[]=workspace_id&group_by[]=cost_type&group_by[]=token_type&group_by[]=service_tier&group_by[]=speed&group_by[]=inference_geo"]]],
    ["openai", ["api_key_id"], [[OPENAI_USAGE, "start_time=1790812800&end_time=1793491200&bucket_width=1d&limit=31&group_by=model&group_by=project_id&group_by=service_tier&group_by=batch&group_by=api_key_id"], [OPENAI_COSTS, "start_time=1790812800&end_time=1793491200&bucket_width=1d&limit=31&group_by=line_item&group_by=project_id"]]],
  ])("of %s", async (api, groupBy, asked) => {
    await fetchWith([source(api, { groupBy })]);
    expect(server.asked.map(({ path, query }) => [path, decodeURIComponent(query.toString())])).toEqual(asked);
  });

  test("of Anthropic's usage by speed with the header that this group needs, and without it where nobody asks for speed", async () => {
    await fetchWith([source("anthropic"), source("anthropic", { name: "by-speed", groupBy: ["speed"] })]);
    expect(server.asked.map(({ headers, query }) => [headers["anthropic-beta"], query.getAll("group_by[]").includes("speed")])).toEqual([[undefined, false], [undefined, false], ["fast-mode-2026-02-01", true], ["fast-mode-2026-02-01", false]]);
  });

  test("only days that are over, of the current month and the one before", async () => {
    expect([monthsToFetch(NOW), monthsToFetch(new Date("2027-01-01T00:00:00Z"))]).toEqual([["2026-10", "2026-11"], ["2026-12", "2027-01"]]);
    server.reports.set(OPENAI_COSTS, []);
    server.reports.set(OPENAI_USAGE, []);
    const fetched = await fetchWith([source("openai")], { months: monthsToFetch(NOW) });
    expect(fetched.map(({ report, from, to }) => [report, from, to])).toEqual([["usage", "2026-10-01", "2026-11-01"], ["costs", "2026-10-01", "2026-11-01"], ["usage", "2026-11-01", "2026-11-03"], ["costs", "2026-11-01", "2026-11-03"]]);
    expect(await fetchWith([source("openai")], { months: ["2026-11"], now: new Date("2026-11-01T23:59:59Z") })).toEqual([]);
  });
});

describe("what was fetched is a bill", () => {
  test("of Anthropic's reports, over several pages", async () => {
    server.pageSize = 7;
    const fetched = await fetchWith([source("anthropic")]);
    expect(fetched.map(({ report, pages }) => [report, pages])).toEqual([["usage", 5], ["costs", 5]]);
    const { coverage } = combineBills(await readKeptBills(lake, "2026-10"));
    expect(coverage.get("anthropic")?.countedDays.size).toBe(31);
    const counted = ["cache_write_1h 1", "cache_write_5m 5", "cached 20", "input 100", "output 30", "web_search 0"].map((one) => `2026-10-02 anthropic/claude-opus-4-8 ${one} -`);
    expect((await keptLines()).filter((line) => line.startsWith("2026-10-02")).toSorted()).toEqual([...counted, "2026-10-02 anthropic/claude-opus-4-8 output - 125000000"].toSorted());
  });

  test("of Anthropic's analytics: products of seats are other lines, and days without rows are covered", async () => {
    await fetchWith([source("anthropic_analytics")]);
    expect((await keptLines()).filter((line) => !line.endsWith(" -")).toSorted()).toEqual([
      "2026-10-02 anthropic/claude-opus-4-8 output - 755000000",
      "2026-10-02 anthropic/claude-opus-4-8 web_search - 10000000",
      "2026-10-02 anthropic/code_execution other - 50000000",
      "2026-10-02 anthropic/product chat: claude-opus-4-8 other - 9000000000",
    ]);
    expect((await keptLines()).filter((line) => line.includes(" output 30 -"))).toHaveLength(1);
    const { coverage } = combineBills(await readKeptBills(lake, "2026-10"));
    expect([coverage.get("anthropic")?.countedDays.size, coverage.get("anthropic")?.chargedDays.size]).toEqual([31, 31]);
  });

  test("of OpenAI's, each line in its currency", async () => {
    await fetchWith([source("openai")]);
    expect((await keptLines()).filter((line) => line.includes(" output - ")).slice(-2)).toEqual(["2026-10-30 openai/gpt-5 output - 250000000", "2026-10-31 openai/gpt-5 output - EUR 250000000"]);
  });

  test("both of Anthropic's APIs together would count twice, so that after a change from one to the other one of them is named", async () => {
    await fetchWith([source("anthropic"), source("anthropic_analytics")]);
    expect(await failureOf(keptLines())).toMatch(/both have (?:tokens|money) of anthropic on 2026-10-02: it would count twice\n.*--kept NAME/);
    expect((await readKeptBills(lake, "2026-10", ["anthropic_analytics"])).map(({ name }) => name.split("/").slice(3, 5))).toEqual([["anthropic_analytics", "costs"], ["anthropic_analytics", "usage"]]);
    expect(await failureOf(readKeptBills(lake, "2026-10", ["analytics"]))).toBe('usage: no bill of 2026-10 was fetched as "analytics"\nthere are anthropic, anthropic_analytics');
  });
});

describe("answers are kept write-once", () => {
  test("as they came, once for what says the same, and beside each other where it differs", async () => {
    const [first] = await fetchWith([source("openai")]);
    const kept = await contentsOf(lake, "");
    expect(first?.key).toMatch(/^_ledger\/bills\/2026-10\/openai\/usage\/2026-11-03T070000000Z-[0-9a-f]{16}\.json$/);
    const { pages } = JSON.parse(Buffer.from(await lake.read(first?.key ?? "")).toString()) as { pages: string[] };
    expect(pages).toEqual([JSON.stringify({ object: "page", data: server.reports.get(OPENAI_USAGE), has_more: false, next_page: null, data_refreshed_at: "request 1" })]);

    const again = await fetchWith([source("openai")], { now: new Date("2026-11-04T07:00:00Z") });
    expect(again.map(({ key }) => key)).toEqual([null, null]);
    expect(await contentsOf(lake, "")).toEqual(kept);

    server.reports.set(OPENAI_COSTS, DAYS.map((index) => ({ ...seconds(index), results: [{ amount: { value: 0.5, currency: "usd" }, line_item: "gpt-5, output", project_id: "proj_a" }] })));
    const differing = await fetchWith([source("openai")], { now: new Date("2026-11-05T07:00:00Z") });
    const after = await contentsOf(lake, "");
    expect(differing.map(({ key }) => key !== null)).toEqual([false, true]);
    expect(after).toMatchObject(kept);
    expect(Object.keys(after)).toHaveLength(3);
    expect((await keptLines()).filter((line) => line.includes("10-31") && line.includes(" output - "))).toEqual(["2026-10-31 openai/gpt-5 output - 500000000"]);
  });
});

describe("what may pass is asked again", () => {
  test.each<[string, readonly Trouble[], readonly number[]]>([
    ["as long after as the provider says", [{ status: 429, headers: { "retry-after": "7" } }, { status: 429, headers: { "retry-after": "Tue, 03 Nov 2026 07:00:30 GMT", date: "Tue, 03 Nov 2026 07:00:00 GMT" } }], [7000, 30_000]],
    ["after longer and longer pauses", [{ status: 500 }, { status: 529 }, "close", { status: 503 }], [1000, 2000, 4000, 8000]],
    ["after an answer that does not come", ["hang"], [1000]],
  ])("%s", async (_name, troubles, pauses) => {
    server.troubles = [...troubles];
    const fetched = await fetchWith([source("openai")], { milliseconds: 500 });
    expect([fetched.length, waited]).toEqual([2, pauses]);
  });
});

describe("what cannot be fetched is named without the key, and nothing is kept", () => {
  const REFUSED = { status: 401, body: JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}`, type: "invalid_request_error", code: "invalid_api_key" } }) };

  test.each<[string, readonly Trouble[], RegExp]>([
    ["a refused key", [REFUSED], /^bill_fetch_failed: usage of openai, 2026-10: 127\.0\.0\.1:\d+ answered HTTP 401 \(invalid_request_error, invalid_api_key\)\nput an administrator's key into ADMIN_KEY/],
    ["a redirect", [{ status: 302, headers: { location: "http://127.0.0.1:9/elsewhere" } }], /answered HTTP 302\n.*redirects are not followed, since they would get the key/],
    ["a pause that is too long", [{ status: 429, headers: { "retry-after": "3600" } }], /answered HTTP 429; it asks to wait 3600 seconds\nthe next run tries again/],
    ["a provider that stays down", [{ status: 503 }, { status: 503 }, { status: 503 }, { status: 503 }, { status: 503 }], /answered HTTP 503\nthe next run tries again/],
    ["an answer without an end", ["endless"], /gave no usable answer: it is larger than 16777216 bytes, the limit/],
    ["a page that follows itself", ["same page", "same page"], /the report does not end: a page follows itself/],
    ["a page that goes on nowhere", ["no next page"], /the report does not end: it has more pages and does not name the next/],
    ["a page of somebody else", [{ status: 200, body: "<html>log in</html>" }], /usage of openai, 2026-10: it is not JSON/],
    ["JSON of somebody else", [{ status: 200, body: "{}" }], /the answer is not a page of a report/],
    ["a report of another shape", [{ status: 200, body: '{"data": [{"day": 1}], "has_more": false}' }], /usage of openai, 2026-10, page 1: it is not a known kind of bill/],
  ])("%s", async (_name, troubles, message) => {
    server.troubles = [...troubles];
    const failure = await failureOf(fetchWith([source("openai")]));
    expect(failure).toMatch(message);
    expect(failure).not.toContain(KEY);
    expect(await keysOf(lake)).toEqual([]);
  });

  test.each([["", "ADMIN_KEY is not set"], ["two words", "ADMIN_KEY does not hold a key"], ["a\nb", "ADMIN_KEY does not hold a key"]])("a key that is none: %j", async (key, message) => {
    const failure = await failureOf(fetchWith([source("openai")], { env: { ADMIN_KEY: key } }));
    expect([failure.includes(message), server.asked.length]).toEqual([true, 0]);
  });

  test("one provider does not keep the others from being asked", async () => {
    // No day of December is over: its bills are not asked for.
    const failure = await failureOf(fetchWith([source("anthropic", { keyEnv: "NO_KEY" }), source("openai")], { months: ["2026-10", "2026-12"] }));
    expect(failure).toMatch(/^bill_fetch_failed: 1 of 2 bills could not be fetched, anthropic 2026-10 first: the bill of anthropic cannot be fetched: NO_KEY is not set/);
    expect(await keysOf(lake)).toHaveLength(2);
  });
});

test("reconcile fetches the month's bills, and compares with them from then on", async () => {
  const folder = temporaryFolder();
  const config = join(folder, "aperture-ledger.yaml");
  writeFileSync(config, `reconciliation:\n  fetch: [{name: openai, api: openai, key_env: OPENAI_ADMIN_KEY, url: "${server.url}"}]\n`);
  const reconcile = (...flags: string[]) => call(["reconcile", "--config", config, "--lake", lake.url, "--month", "2026-10", ...flags], { at: "2026-11-03T07:00:00Z", env: { OPENAI_ADMIN_KEY: KEY, LOG_LEVEL: "silent" } });
  expect((await reconcile()).stderr).toMatch(/no bill was given or fetched/);
  const fetched = await reconcile("--fetch");
  expect([fetched.code, fetched.stdout.replaceAll(/-[0-9a-f]{16}\.json/g, "-….json").split("\n").filter((line) => /^(?:bill|total|not compared)/.test(line))]).toEqual([
    0,
    [
      "bill         _ledger/bills/2026-10/openai/costs/2026-11-03T070000000Z-….json: openai-costs",
      "bill         _ledger/bills/2026-10/openai/usage/2026-11-03T070000000Z-….json: openai-usage",
      "total        bill $7.50, ledger $0.00, difference $7.50; input +186, cached +124, output +62",
      "not compared EUR 0.25 of openai on 1 day: the ledger is in dollars",
    ].toSorted((a, b) => fetched.stdout.indexOf(a.slice(0, 50)) - fetched.stdout.indexOf(b.slice(0, 50))),
  ]);
  expect((await reconcile()).stdout).toBe(fetched.stdout);
  expect((await reconcile("--kept", "openai")).stdout).toBe(fetched.stdout);
  expect(await reconcile("--kept", "anthropic")).toMatchObject({ code: 2, stderr: expect.stringContaining("there are openai") as string });
  expect((await reconcile("--true-up")).stderr).toMatch(/the bill of openai has EUR 0\.250000000, but months are trued up in dollars/);
});

test("doctor says whose key is missing, and asks no provider", () => {
  const fetch = [{ name: "openai", api: "openai", key_env: "OPENAI_ADMIN_KEY", url: `${server.url}/` }, { name: "claude", api: "anthropic", key_env: "ANTHROPIC_ADMIN_KEY" }];
  expect(findInBills(checkConfig({ reconciliation: { fetch } }, "file"), { OPENAI_ADMIN_KEY: KEY })).toEqual([
    { check: "bill openai", state: "ok", finding: `openai at ${new URL(server.url).host}, with the key in OPENAI_ADMIN_KEY` },
    { check: "bill claude", state: "failed", finding: "the bill of claude cannot be fetched: ANTHROPIC_ADMIN_KEY is not set", remedy: "give the key of the provider's API in the environment variable ANTHROPIC_ADMIN_KEY" },
  ]);
  expect(server.asked).toEqual([]);
});

test("the job fetches what is configured, and nothing where nothing is", async () => {
  const ledger = testLedger(new FsStore(temporaryFolder()), lake, { work: { fetching: { sources: [source("openai")], env: { ADMIN_KEY: KEY }, wait: () => Promise.resolve() } } });
  const tools = (of: typeof ledger): JobTools => ({ openLedger: () => Promise.resolve(of), clock: () => new Date("2026-11-01T05:15:00Z") }) as unknown as JobTools;
  expect(await handleFetchBills({}, tools(ledger))).toMatchObject({ bills: [{ source: "openai", report: "usage", month: "2026-10" }, { source: "openai", report: "costs", month: "2026-10" }] });
  expect(await handleFetchBills({}, tools(testLedger(new FsStore(temporaryFolder()), lake)))).toEqual({ bills: [] });
});

describe("the configuration holds no key", () => {
  const checked = (one: Readonly<Record<string, unknown>>): (() => unknown) => () => checkConfig({ reconciliation: { fetch: [{ name: "a", api: "openai", key_env: "KEY", ...one }] } }, "file");

  test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ["a key in place of its variable", { key_env: KEY }, /the name of an environment variable, never the secret itself/],
    ["an address in the open", { url: "http://billing.example.com" }, /https:\/\/…, without credentials and parameters/],
    ["an address with a key", { url: `https://user:${KEY}@billing.example.com` }, /https:\/\/…, without credentials and parameters/],
    ["a group that the API does not have", { group_by: ["speed"] }, /openai has no such group: it has api_key_id, batch, service_tier/],
    ["a group of people", { api: "anthropic_analytics", group_by: ["actor"] }, /anthropic_analytics has no such group/],
  ])("%s is refused", (_name, one, message) => {
    expect(checked(one)).toThrow(message);
    expect(checked(one)).not.toThrow(KEY);
  });
});
