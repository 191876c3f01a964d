import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Explored } from "../../src/explore/open-explorer.ts";
import { askRollups } from "../../src/explore/asking/ask-rollups.ts";
import { flattenRollups } from "../../src/explore/asking/rollup-rows.ts";
import { parseQuestion } from "../../src/explore/question/parse-question.ts";
import { layout } from "../../src/lake/layout.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { NO_TOKENS } from "../../src/ledger/usage/token-counts.ts";
import type { Download } from "../../src/storage/object-store.ts";
import { HookedStore } from "../hooked-store.ts";
import { addRequests, explorerOf, lakeOfRequests, request } from "./explored-lake.ts";

const DIMENSIONS = { dimensions: ["repo"] };
const WEB = { repo: "acme/web" };
const API = { repo: "acme/api" };

/** Six requests of November 2026; all expected figures are added up by hand from them. */
const REQUESTS = [
  request({ at: "2026-11-02T10:00:00Z", caller: "ann@example.com", model: "opus", dimensions: WEB, cost: 1_000_000_001n, tokens: { ...NO_TOKENS, inputTokens: 100, outputTokens: 10 }, agent: "codex", sessionId: "s1" }),
  request({ at: "2026-11-02T10:20:00Z", caller: "ann@example.com", model: "haiku", dimensions: WEB, cost: 250_000_000n, sessionId: "s1" }),
  request({ at: "2026-11-03T23:30:00Z", caller: "bob@example.com", model: "opus", dimensions: API, cost: 2_500_000_000n, sessionId: "s2" }),
  request({ at: "2026-11-04T09:00:00Z", caller: "bob@example.com", model: "opus", cost: null, tokens: { ...NO_TOKENS, inputTokens: 50 } }),
  request({ at: "2026-11-04T09:10:00Z", caller: "carl@example.com", model: "opus", dimensions: API, cost: 4_000_000_000n, billing: "subscription", sessionId: "s3" }),
  request({ at: "2026-11-05T09:10:00Z", caller: "tag:ci,tag:prod", callerType: "tag", tags: ["tag:ci", "tag:prod"], model: "opus", dimensions: WEB, cost: 100_000_000n, billing: "self_hosted", instance: "lab", sessionId: "s1" }),
];

const NOVEMBER = "from=2026-11-01&to=2026-11-30";

async function ask(query: string, options: Parameters<typeof explorerOf>[1] = {}): Promise<Explored> {
  const { lake } = await lakeOfRequests(REQUESTS);
  return await explorerOf(lake, options).ask(parseQuestion(new URLSearchParams(query), DIMENSIONS));
}

/** The rows of an answer: value, measure, requests, unpriced requests, cells. */
function rowsOf({ answer }: Explored, measure: "cost" | "list_value" | "input_tokens" = "cost"): unknown[] {
  return (answer?.rows ?? []).map(({ value, figures, cells }) => [value, figures[measure], figures.requests, figures.unpriced_requests, ...cells]);
}

test("who: callers, the most expensive first, in exact sums; list values are separate", async () => {
  const explored = await ask(NOVEMBER);
  expect(rowsOf(explored)).toEqual([
    ["bob@example.com", 2_500_000_000n, 2n, 1n],
    ["ann@example.com", 1_250_000_001n, 2n, 0n],
    ["tag:ci,tag:prod", 100_000_000n, 1n, 0n],
    ["carl@example.com", null, 1n, 0n],
  ]);
  expect(explored.answer?.total).toEqual({ cost: 3_850_000_001n, list_value: 4_000_000_000n, requests: 6n, unpriced_requests: 1n, input_tokens: 150n, output_tokens: 10n });
});

test("since when: the first and the last quarter of an hour of each row", async () => {
  const { answer } = await ask(`${NOVEMBER}&caller=ann%40example.com`);
  expect(answer?.rows.map(({ first, last }) => [first.toISOString(), last.toISOString()])).toEqual([["2026-11-02T10:00:00.000Z", "2026-11-02T10:15:00.000Z"]]);
});

test("what model in which repository: two groupings", async () => {
  const explored = await ask(`${NOVEMBER}&rows=dimension.repo&columns=model`);
  expect(explored.answer?.series).toEqual(["opus", "haiku"]);
  expect(rowsOf(explored)).toEqual([
    ["acme/api", 2_500_000_000n, 2n, 0n, 2_500_000_000n, null],
    ["acme/web", 1_350_000_001n, 3n, 0n, 1_100_000_001n, 250_000_000n],
    [null, null, 1n, 1n, null, null],
  ]);
});

test("the chart has each day of the span, divided by the columns", async () => {
  const { answer } = await ask("from=2026-11-01&to=2026-11-05&columns=model");
  expect(answer?.days).toEqual([
    { day: "2026-11-01", parts: [0n, 0n] },
    { day: "2026-11-02", parts: [1_000_000_001n, 250_000_000n] },
    { day: "2026-11-03", parts: [2_500_000_000n, 0n] },
    { day: "2026-11-04", parts: [0n, 0n] },
    { day: "2026-11-05", parts: [100_000_000n, 0n] },
  ]);
});

test.each([
  ["a device by one of its tags", "tag=tag%3Aprod", 1n],
  ["either of two tags once", "tag=tag%3Aprod&tag=tag%3Aci", 1n],
  ["those without tags", "without=tag", 5n],
  ["a repository", "dimension.repo=acme%2Fweb", 3n],
  ["those without one", "without=dimension.repo", 1n],
  ["either", "dimension.repo=acme%2Fweb&without=dimension.repo", 4n],
  ["those without an agent", "without=agent", 5n],
  ["two callers", "caller=ann%40example.com&caller=bob%40example.com", 4n],
  ["both of two filters", "caller=ann%40example.com&model=haiku", 1n],
  ["a gateway", "instance=lab", 1n],
  ["upper case is another value", "caller=ANN%40example.com", undefined],
])("a filter finds %s", async (_name, filter, requests) => {
  const { answer } = await ask(`${NOVEMBER}&${filter}`);
  expect(answer?.total.requests ?? undefined).toBe(requests);
});

test.each(["' OR '1'='1", "'); DROP TABLE explored_sums; --", "$value_0", "ann@example.com\0", "\\", "%", "_", "*", "ann@example.com%00", "💸'\"`"])("%j is a value like any other", async (value) => {
  const query = new URLSearchParams({ from: "2026-11-01", to: "2026-11-30", caller: value, "dimension.repo": value, tag: value });
  const { answer } = await ask(query.toString());
  expect(answer?.rows).toEqual([]);
});

test("a NUL in a name can be asked for", async () => {
  const { lake } = await lakeOfRequests([request({ at: "2026-11-02T10:00:00Z", caller: "a\0b", cost: 5n }), request({ at: "2026-11-02T10:00:00Z", caller: "a", cost: 7n })]);
  const { answer } = await explorerOf(lake).ask(parseQuestion(new URLSearchParams(`${NOVEMBER}&caller=a%00b`), DIMENSIONS));
  expect(answer?.rows.map(({ value, figures }) => [value, figures.cost])).toEqual([["a\0b", 5n]]);
});

test("days are those of the time zone, also where clocks change", async () => {
  const times = ["2026-10-24T21:59:00Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:00Z", "2026-10-25T23:00:00Z", "2026-03-28T22:59:00Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:00Z", "2026-03-29T22:00:00Z"];
  const { lake } = await lakeOfRequests(times.map((at) => request({ at, cost: 1n })));
  const explorer = explorerOf(lake, { timezone: "Europe/Berlin" });
  const countDays = async (query: string): Promise<unknown> => (await explorer.ask(parseQuestion(new URLSearchParams(`${query}&rows=day`), DIMENSIONS))).answer?.rows.map(({ value, figures }) => [value, figures.requests]);
  expect(await countDays("from=2026-10-24&to=2026-10-26")).toEqual([["2026-10-24", 1n], ["2026-10-25", 2n], ["2026-10-26", 1n]]);
  expect(await countDays("from=2026-03-28&to=2026-03-30")).toEqual([["2026-03-28", 1n], ["2026-03-29", 2n], ["2026-03-30", 1n]]);
  expect(await countDays("from=2026-03-29&to=2026-11-01&measure=requests")).toEqual([["2026-03-29", 2n], ["2026-03-30", 1n], ["2026-10-24", 1n], ["2026-10-25", 2n], ["2026-10-26", 1n]]);
});

test("rows beyond the limit are added up, and a single one is not", async () => {
  const callers = (count: number) => Array.from({ length: count }, (_, index) => request({ at: "2026-11-02T10:00:00Z", caller: `caller-${String(index).padStart(3, "0")}`, cost: BigInt(1000 - index) }));
  const many = await explorerOf((await lakeOfRequests(callers(28))).lake).ask(parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS));
  expect(many.answer?.rows).toHaveLength(25);
  // 975 + 974 + 973
  expect([many.answer?.others?.count, many.answer?.others?.row.figures.cost]).toEqual([3, 2922n]);
  expect([many.answer?.series.length, many.answer?.otherSeries]).toEqual([7, 21]);
  const few = await explorerOf((await lakeOfRequests(callers(26))).lake).ask(parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS));
  expect([few.answer?.rows.length, few.answer?.others]).toEqual([26, null]);
});

test("a month that is missing has no answer; days without usage are named", async () => {
  const empty = await ask("from=2026-09-01&to=2026-09-30");
  expect([empty.answer, empty.coverage.daysWithUsage, empty.coverage.days]).toEqual([null, 0, 30]);
  const { coverage } = await ask("from=2026-11-02&to=2026-11-30", { now: "2026-11-06T12:00:00Z" });
  // Up to today: the 2nd to the 6th.
  expect(coverage).toMatchObject({ days: 5, daysWithUsage: 4, missing: [{ instance: "lab", days: ["2026-11-02", "2026-11-03", "2026-11-04", "2026-11-06"] }, { instance: "prod", days: ["2026-11-05", "2026-11-06"] }] });
});

test("values of the newest days are suggested, the most frequent first", async () => {
  const { suggestions } = await ask(NOVEMBER);
  // Of the 3rd, 4th and 5th.
  expect(suggestions.get("caller")).toEqual(["bob@example.com", "carl@example.com", "tag:ci,tag:prod"]);
  expect(suggestions.get("dimension.repo")).toEqual(["acme/api", "acme/web"]);
  expect(suggestions.get("tag")).toEqual(["tag:ci", "tag:prod"]);
});

test("a day that is built again changes the next answer, and no other day is read again", async () => {
  const { lake, folder } = await lakeOfRequests(REQUESTS);
  const read: string[] = [];
  const explorer = explorerOf(new HookedStore(lake, (operation, key) => void (operation === "download" && read.push(key))));
  const question = parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS);
  await explorer.ask(question);
  expect(read.splice(0)).toHaveLength(4);
  await addRequests(lake, folder, "prod", [request({ at: "2026-11-02T10:00:00Z", cost: 1n })]);
  const { answer } = await explorer.ask(question);
  // 3,850,000,001 without the two of the 2nd, 1,250,000,001, and with the new one.
  expect(answer?.total.cost).toBe(2_600_000_001n);
  expect(read).toEqual([layout.rollups("2026-11-02", "prod")]);
});

test("a day that is built again while its question is answered is read again", async () => {
  const { lake, folder } = await lakeOfRequests(REQUESTS);
  class ChangingStore extends HookedStore {
    #change: Promise<void> | undefined;
    override async download(key: string, file: string): Promise<Download> {
      await (this.#change ??= addRequests(lake, folder, "prod", [request({ at: "2026-11-02T10:00:00Z", cost: 1n })]));
      return await super.download(key, file);
    }
  }
  expect((await explorerOf(new ChangingStore(lake, () => undefined)).ask(parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS))).answer?.total.cost).toBe(2_600_000_001n);
});

test("local copies are removed where they exceed the limit", async () => {
  const { lake, folder } = await lakeOfRequests(REQUESTS);
  const read: string[] = [];
  const counted = new HookedStore(lake, (operation, key) => void (operation === "download" && read.push(key)));
  const sizes = await Promise.all(["2026-11-02", "2026-11-03"].map(async (date) => (await lake.head(layout.rollups(date, "prod")))?.size ?? 0));
  const explorer = explorerOf(counted, { limits: { bytes: Math.max(...sizes) } });
  const askDay = async (day: string) => await explorer.ask(parseQuestion(new URLSearchParams(`from=${day}&to=${day}`), DIMENSIONS));
  for (const day of ["2026-11-02", "2026-11-03", "2026-11-03", "2026-11-02"]) await askDay(day);
  expect(read).toHaveLength(3);
  await expect(explorer.ask(parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS))).rejects.toMatchObject({ code: "usage", remedy: "Ask for fewer days." });
  await rm(join(folder, layout.rollups("2026-11-03", "prod")));
  await expect(askDay("2026-11-03")).rejects.toMatchObject({ code: "object_missing" });
});

test("a question that takes too long is given up", async () => {
  await expect(ask(NOVEMBER, { limits: { seconds: 0 } })).rejects.toMatchObject({ code: "usage", message: "The question was not answered within 0 s." });
});

test("a question is not answered when its reader has left", async () => {
  const { lake } = await lakeOfRequests(REQUESTS);
  const leaving = new AbortController();
  const explorer = explorerOf(new HookedStore(lake, (operation) => void (operation === "download" && leaving.abort(new Error("left")))));
  await expect(explorer.ask(parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS), leaving.signal)).rejects.toThrow("left");
  expect((await explorer.ask(parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS))).answer?.total.requests).toBe(6n);
});

test("sessions: the most expensive first, the others and requests without a session added up", async () => {
  const { lake } = await lakeOfRequests(REQUESTS);
  const { answer } = await explorerOf(lake).askSessions(parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS));
  expect(answer?.rows.map(({ session, instance, caller, modelsShown, first, last, figures }) => [session, instance, caller, modelsShown, first.toISOString(), last.toISOString(), figures.cost, figures.list_value, figures.requests])).toEqual([
    ["s2", "prod", "bob@example.com", ["opus"], "2026-11-03T23:30:00.000Z", "2026-11-03T23:30:00.000Z", 2_500_000_000n, null, 1n],
    ["s1", "prod", "ann@example.com", ["haiku", "opus"], "2026-11-02T10:00:00.000Z", "2026-11-02T10:20:00.000Z", 1_250_000_001n, null, 2n],
    ["s1", "lab", "tag:ci,tag:prod", ["opus"], "2026-11-05T09:10:00.000Z", "2026-11-05T09:10:00.000Z", 100_000_000n, null, 1n],
    ["s3", "prod", "carl@example.com", ["opus"], "2026-11-04T09:10:00.000Z", "2026-11-04T09:10:00.000Z", null, 4_000_000_000n, 1n],
  ]);
  expect(answer?.others).toBeNull();
  expect(answer?.without).toMatchObject({ cost: null, requests: 1n, unpriced_requests: 1n });
  expect(answer?.total).toEqual({ cost: 3_850_000_001n, list_value: 4_000_000_000n, requests: 6n, unpriced_requests: 1n, input_tokens: 150n, output_tokens: 10n });
});

test("at most 200 sessions are listed, for at most 31 days", async () => {
  const { lake } = await lakeOfRequests(Array.from({ length: 203 }, (_, index) => request({ at: "2026-11-02T10:00:00Z", sessionId: `s${String(index)}`, cost: BigInt(1000 - index) })));
  const explorer = explorerOf(lake);
  const { answer } = await explorer.askSessions(parseQuestion(new URLSearchParams(NOVEMBER), DIMENSIONS));
  // 800 + 799 + 798
  expect([answer?.rows.length, answer?.others?.count, answer?.others?.figures.cost]).toEqual([200, 3, 2397n]);
  await expect(explorer.askSessions(parseQuestion(new URLSearchParams("from=2026-10-31&to=2026-12-01"), DIMENSIONS))).rejects.toMatchObject({ code: "usage", message: "Sessions are listed for at most 31 days, not for 32." });
});

test("rollups of earlier versions, which lack the terms, are answered too", async () => {
  const { folder } = await lakeOfRequests([request({ at: "2026-11-02T10:00:00Z", cost: 5n, dimensions: WEB })]);
  const [rollups, older, flat] = [join(folder, layout.rollups("2026-11-02", "prod")), join(folder, "older.parquet"), join(folder, "flat.parquet")];
  await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    await duck.run(`COPY (SELECT * EXCLUDE (service_tier, speed, inference_geo) FROM ${readParquet(rollups)}) TO ${sqlText(older)} (FORMAT parquet)`);
    await flattenRollups(duck, older, flat, ["repo"]);
    const answer = await askRollups(duck, [flat], { span: { from: "2026-11-02", to: "2026-11-02" }, filters: [{ property: "dimension.repo", values: ["acme/web"], lacking: false }], rows: "service_tier", columns: null, measure: "cost", top: 25 }, { timezone: "UTC", ...DIMENSIONS });
    expect(answer.rows.map(({ value, figures }) => [value, figures.cost])).toEqual([[null, 5n]]);
  });
});
