import { beforeAll, describe, expect, it } from "vitest";
import { PEOPLE } from "../../src/simulate/company.ts";
import { type ReadRecord, simulateAll } from "./read-exports.ts";

const KEYS = [
  "id", "ver", "timestamp", "identity", "model", "api_type", "usage", "estimated_cost", "duration_ms",
  "capture_id", "session_id", "path", "status_code", "capture",
];
const CAPTURE_KEYS = [
  "id", "model", "startTime", "loginName", "stableNodeId", "tags", "statusCode", "path", "toolUseData", "requestHeaders",
  "requestBody", "responseHeaders", "responseBody", "rawRequestBody", "rawResponseBody", "sessionId", "estimated_cost",
];

describe("a month of records", () => {
  let records: ReadRecord[];
  beforeAll(async () => {
    const { read } = await simulateAll({ records: 12_000 });
    records = read.flat();
  });

  it("has the gateway's keys in the gateway's order, the cost left out where there is none", () => {
    for (const record of records) {
      const priced = record.estimated_cost !== undefined;
      const expected = (keys: string[]) => keys.filter((key) => priced || key !== "estimated_cost");
      expect(Object.keys(record)).toEqual(expected(KEYS));
      expect(Object.keys(record.capture)).toEqual(expected(CAPTURE_KEYS));
      expect(record.capture.tags).toEqual(record.identity.tags ?? null);
    }
    expect(Object.keys(records[0]!.estimated_cost ?? {})).toEqual(["dollars", "cost_basis", "usage"]);
  });

  it("has times to the nanosecond as Go writes them", () => {
    for (const { timestamp, capture, duration_ms } of records) {
      expect(timestamp).toMatch(/^2026-10-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/);
      expect(Date.parse(timestamp) - Date.parse(capture.startTime)).toBe(duration_ms);
    }
    expect(records.filter(({ timestamp }) => timestamp.length === 30).length).toBeGreaterThan(records.length * 0.8);
  });

  it("has costs with the noise of binary floats, and repeats the counts they are for", () => {
    const priced = records.filter((record) => record.estimated_cost !== undefined);
    for (const { estimated_cost: cost, usage } of priced) expect(cost?.usage).toEqual(usage);
    expect(priced.some(({ estimated_cost: cost }) => String(cost?.dollars).length > 15)).toBe(true);
  });

  it("comes from about forty people, some of them now and then in capitals", () => {
    const people = records.map(({ identity }) => identity.login_name).filter((login) => login.includes("@"));
    expect(new Set(people.map((login) => login.toLowerCase())).size).toBe(PEOPLE.length);
    expect(PEOPLE.length).toBeGreaterThanOrEqual(38);
    expect(people.some((login) => /^[A-Z]\w+\.[A-Z]\w+@acme\.example$/.test(login))).toBe(true);
  });

  it("comes from CI runners with and without a repository", () => {
    const ci = records.filter(({ identity }) => identity.login_name === "tag:ci");
    const headers = ci.map(({ capture }) => capture.requestHeaders);
    expect(ci.every(({ identity }) => identity.tags?.join() === "tag:ci")).toBe(true);
    expect(headers.some((header) => header["X-Github-Repository"]?.[0] === "acme/payments")).toBe(true);
    expect(headers.some((header) => header["X-Github-Workflow"]?.[0] !== undefined)).toBe(true);
    expect(headers.some((header) => header["X-Github-Repository"] === undefined)).toBe(true);
  });

  it("comes from devices of several tags in each form that is seen", () => {
    const forms = new Set(records.map(({ identity: { login_name, tags } }) => `${login_name} ${tags?.join(",") ?? "-"}`));
    expect(forms).toContain("tag:api,tag:prod tag:api,tag:prod");
    expect(forms).toContain("tagged-devices tag:prod,tag:api");
    expect(forms).toContain("tag:api,tag:prod -");
  });

  it.each([
    "claude-sonnet-4-6",
    "claude-haiku-4-5-20251001",
    "anthropic/claude-opus-4-8",
    "anthropic-passthrough/claude-opus-4-8",
    "gpt-5",
    "gpt-5-mini",
    "gemini-2.5-pro",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "qwen3-coder-30b",
  ])("asks %s, priced unless it is our own", (model) => {
    const answered = records.filter((record) => record.model === model && record.status_code === 200);
    expect(answered.length).toBeGreaterThan(20);
    expect(answered.every((record) => (record.estimated_cost === undefined) === (model === "qwen3-coder-30b"))).toBe(true);
  });

  it.each(["claude-cli/", "codex_cli_rs/", "opencode/", "python-requests/", "Aperture-Chat/"])("uses the agent %s", (agent) => {
    expect(records.some(({ capture }) => capture.requestHeaders["User-Agent"]?.[0]?.startsWith(agent))).toBe(true);
  });

  it.each([400, 403, 429, 500, 529])("fails with %i, without usage and cost", (status) => {
    const failed = records.filter((record) => record.status_code === status);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ usage, estimated_cost }) => Object.keys(usage).length === 0 && estimated_cost === undefined)).toBe(true);
  });

  it("has streams that broke off: tokens in, none out, status 200", () => {
    const interrupted = records.filter(({ usage, status_code }) => status_code === 200 && usage["output_tokens"] === undefined);
    expect(interrupted.length).toBeGreaterThan(30);
    expect(interrupted.every(({ usage }) => usage["input_tokens"]! > 0)).toBe(true);
  });

  it("has sessions whose cached tokens grow", () => {
    const sessions = Object.values(Object.groupBy(records, ({ session_id }) => session_id)) as ReadRecord[][];
    const longest = sessions.sort((a, b) => b.length - a.length)[0]!;
    const cached = longest.toSorted((a, b) => a.id - b.id).flatMap(({ usage }) => usage["cached_tokens"] ?? []);
    const grown = cached.slice(1).filter((tokens, index) => tokens > cached[index]!);
    expect(cached.length).toBeGreaterThan(50);
    expect(grown.length).toBeGreaterThan(cached.length * 0.9);
  });

  it("follows the working week; CI runs round the clock", () => {
    const hours = (chosen: ReadRecord[]) => new Set(chosen.map(({ timestamp }) => timestamp.slice(11, 13))).size;
    const people = records.filter(({ identity }) => identity.login_name.includes("@"));
    const weekend = people.filter(({ timestamp }) => new Date(timestamp).getUTCDay() % 6 === 0);
    const office = people.filter(({ timestamp }) => Number(timestamp.slice(11, 13)) >= 8 && Number(timestamp.slice(11, 13)) < 18);
    expect(weekend.length).toBeLessThan(people.length * 0.05);
    expect(office.length).toBeGreaterThan(people.length * 0.8);
    expect(hours(records.filter(({ identity }) => identity.login_name === "tag:ci"))).toBe(24);
  });
});

it("has more requests from week to week where it grows", async () => {
  // From 1 to 3 over two weeks: the first has 1.5 on average, the second 2.5.
  const { read } = await simulateAll({ days: 14, records: 4000, growth: 3, duplicates: 0, late: 0 });
  const stamps = read.flat().map(({ timestamp }) => timestamp);
  const second = stamps.filter((timestamp) => timestamp >= "2026-10-08").length;
  expect(second / (4000 - second)).toBeCloseTo(2.5 / 1.5, 1);
});
