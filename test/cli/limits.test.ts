import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { writeRequests } from "../request-exports.ts";
import { call, type CallResult } from "./call.ts";

const SECONDS = 1000;
const BUDGETS = `limits:
  - {name: company, amount: 40, per: year}
  - {name: payments opus, scope: {team: payments, model: "claude-opus-*"}, amount: "$40.000000001", per: year, timezone: Australia/Lord_Howe}
  - {name: gone, amount: 1, per: day, until: 2026-01-01}
`;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  const at = new Date(Date.now() - 60 * SECONDS).toISOString();
  writeRequests(join(folder, "exports"), [
    { by: "ann@example.com", at, dollars: 32 },
    { by: "ann@example.com", at, dollars: 1, model: "anthropic/claude-haiku-4-5" },
    { by: "bob@example.com", at, dollars: 0.000000001 },
    { by: "bob@example.com", at, dollars: null, model: "qwen3" },
  ]);
  configure("aperture-ledger.yaml", BUDGETS);
});
afterAll(() => rmSync(folder, { recursive: true }));

function configure(name: string, limits: string): string {
  const usual = `sources: [{name: prod, url: ${join(folder, "exports")}}]\nlake: ${join(folder, "lake")}\ndirectory: {teams: [{name: payments, members: [ann@example.com]}]}\n`;
  writeFileSync(join(folder, name), usual + limits);
  return name;
}

async function ledger(...args: string[]): Promise<CallResult> {
  return await call(args, { cwd: folder });
}

interface Limits {
  as_of: string | null;
  limits: Record<string, unknown>[];
}

test("limits says how every budget stands, once there is anything built", async () => {
  const before = await ledger("limits");
  expect([before.code, before.stdout]).toEqual([0, expect.stringMatching(/^nothing is built yet: call aperture-ledger run\n/) as string]);

  const { stdout: ran } = await ledger("run", "--json");
  expect((JSON.parse(ran) as Limits).limits).toEqual([
    { name: "company", period: expect.stringMatching(/^\d{4}$/) as string, percent: 82.5, reached: [50, 80] },
    { name: "payments opus", period: expect.stringMatching(/^\d{4}$/) as string, percent: 79.9, reached: [50] },
  ]);

  const { code, stdout, stderr } = await ledger("limits");
  expect([code, stderr]).toEqual([0, ""]);
  const lines = stdout.split("\n");
  expect(lines[0]).toMatch(/^as of \d{4}-\S+Z, end of the last built data$/);
  expect(lines[2]).toMatch(/^ +amount +spent +left +spent % +pace +forecast +used up$/);
  expect(lines[3]).toBe("company: everything");
  expect(lines[4]).toMatch(/^ {2}\d{4} +\$40\.00 +\$33\.00 +\$7\.00 +82\.5 +\d+\.\d\d +\$\S+ +\S+$/);
  expect(stdout).toMatch(/^ {4}reached 50 %, 80 %$/m);
  expect(stdout).toMatch(/^ {4}without a price, in no sum: qwen3$/m);
  expect(stdout).toMatch(/^payments opus: team payments, model claude-opus-\*$/m);
  expect(stdout).toMatch(/^1 not in force now \(from, until\)$/m);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
});

test("limits --json has money as text with nine decimals", async () => {
  await ledger("run");
  const { stdout } = await ledger("limits", "--json");
  const { as_of, limits } = JSON.parse(stdout) as Limits;
  expect(as_of).toMatch(/Z$/);
  expect(limits).toHaveLength(2);
  expect(limits[0]).toMatchObject({
    name: "company",
    scope: "everything",
    period: { unit: "year", timezone: "UTC" },
    amount_usd: "40.000000000",
    spent_usd: "33.000000001",
    left_usd: "6.999999999",
    percent: 82.5,
    forecast: { method: "linear", expected_usd: expect.stringMatching(/^\d+\.\d{9}$/) as string },
    reached: [50, 80],
    unpriced_models: ["qwen3"],
  });
  expect(limits[1]).toMatchObject({ spent_usd: "32.000000000", amount_usd: "40.000000001", period: { timezone: "Australia/Lord_Howe" }, unpriced_models: [] });
});

test("without budgets limits says how to configure one", async () => {
  const { code, stdout } = await ledger("limits", "--config", configure("none.yaml", ""));
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^no budgets: set limits in aperture-ledger\.yaml/) as string]);
  const { stdout: json } = await ledger("limits", "--json", "--config", "none.yaml");
  expect((JSON.parse(json) as Limits).limits).toEqual([]);
  expect(JSON.parse((await ledger("run", "--json", "--config", "none.yaml")).stdout)).not.toHaveProperty("limits");
});

const UNKNOWN_TEAM = "limits:\n  - name: a\n    amount: 1\n    per: day\n    scope: {team: [payments, wep]}\n  - {name: b, amount: 1, per: day, scope: {team: nobody}}\n";

describe("a mistake is refused at start, with line and column", () => {
  test.each([
    ["a team that does not exist", UNKNOWN_TEAM, /wrong\.yaml: limits\[0\]\.scope\.team\[1\] \(line 8, column 30\) names the team "wep".*\n {7}wrong\.yaml: limits\[1\]\.scope\.team \(line 9, column 50\).*\n.*known teams are payments/],
    ["a negative amount", "limits: [{name: a, amount: -5, per: day}]\n", /an amount of US dollars above 0.*\n.*limits\[0\]\.amount \(line 4, column 28\)/],
    ["nothing as an amount", "limits: [{name: a, amount: 0.00, per: day}]\n", /above 0.*\n.*limits\[0\]\.amount \(line 4/],
    ["another currency", "limits: [{name: a, amount: €5, per: day}]\n", /above 0.*\n.*limits\[0\]\.amount \(line 4/],
    ["no amount", "limits:\n  - name: a\n    per: day\n", /above 0.*\n.*limits\[0\]\.amount \(line 5, column 5\)/],
    ["a period that is none", "limits: [{name: a, amount: 5, per: fortnight}]\n", /"week"[^]*limits\[0\]\.per \(line 4, column 36\)/],
    ["a dimension that is not read", "limits:\n  - name: a\n    amount: 5\n    per: day\n    scope:\n      repo: acme/*\n", /no dimension repo[^]*limits\[0\]\.scope\.repo \(line 9, column 13\)/],
    ["a time zone that is none", "limits: [{name: a, amount: 5, per: day, timezone: Mars}]\n", /IANA time zone[^]*limits\[0\]\.timezone \(line 4, column 51\)/],
    ["a threshold below 1", "limits: [{name: a, amount: 5, per: day, thresholds: [50, 0]}]\n", /limits\[0\]\.thresholds\[1\] \(line 4, column 58\)/],
    ["a name twice", "limits:\n  - {name: a, amount: 5, per: day}\n  - {name: a, amount: 5, per: week}\n", /limits\[0\] already has the name a[^]*limits\[1\]\.name \(line 6, column 12\)/],
    ["an end before the beginning", "limits: [{name: a, amount: 5, per: day, from: 2026-10-02, until: 2026-10-01}]\n", /until must be later than from[^]*limits\[0\] \(line 4, column 10\)/],
    ["a key that is none", "limits:\n  - name: a\n    amount: 5\n    per: day\n    treshold: 5\n", /treshold[^]*limits\[0\] \(line 8, column 5\)/],
    ["a mistake in another section", "schedule:\n  pull: often\n", /schedule\.pull \(line 5, column 9\)/],
    ["an unknown section", "limit: []\n", /Unrecognized key: "limit": did you mean limits\?\n.*at line 4, column 1/],
  ])("%s", async (_, limits, message) => {
    const { code, stderr } = await ledger("limits", "--config", configure("wrong.yaml", limits));
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\[config_invalid\]/);
    expect(code).toBe(2);
  });

  test("a run with such a team does nothing", async () => {
    const { code, stdout, stderr } = await ledger("run", "--config", configure("wrong.yaml", UNKNOWN_TEAM), "--lake", join(folder, "untouched"));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/names the team "wep"/);
    expect(existsSync(join(folder, "untouched"))).toBe(false);
  });

  test("an anchor's value where it is written", async () => {
    const { stderr } = await ledger("limits", "--config", configure("wrong.yaml", "limits:\n  - &a {name: a, amount: -1, per: day}\n  - *a\n"));
    expect(stderr).toMatch(/limits\[1\]\.amount \(line 5, column 26\)/);
  });
});

test("doctor has a finding for each budget that cannot work, and one where all can", async () => {
  const findingsOf = async (limits: string): Promise<{ code: number | null; about: Finding[] }> => {
    const { code, stdout } = await ledger("doctor", "--json", "--config", configure("doctor.yaml", limits));
    return { code, about: (JSON.parse(stdout) as { findings: Finding[] }).findings.filter(({ check }) => check === "limits") };
  };
  expect(await findingsOf(BUDGETS)).toEqual({ code: 0, about: [{ check: "limits", state: "ok", finding: "3 budgets, 1 of them not in force now" }] });
  const { code, about } = await findingsOf(UNKNOWN_TEAM);
  expect([code, about.map(({ state }) => state)]).toEqual([1, ["failed", "failed"]]);
  expect(about[0]?.finding).toMatch(/limits\[0\]\.scope\.team\[1\] \(line 8, column 30\) names the team "wep"/);
});

test("limits is about the time that the command is called at", async () => {
  const { stdout } = await call(["limits", "--json"], { cwd: folder, at: "2031-03-15T12:00:00Z" });
  expect((JSON.parse(stdout) as { limits: { period: { name: string } }[] }).limits.map(({ period }) => period.name)).toEqual(["2031", "2031"]);
});

test("limits are shown in a second currency too, at the rate of the last day that counts", async () => {
  await ledger("run");
  const config = configure("euros.yaml", `${BUDGETS}currency:\n  second: EUR\n  rates:\n    - {currency: EUR, from: 2020-01-01, per_usd: "0.5", source: a bank}\n    - {currency: EUR, from: 2100-01-01, per_usd: "9", source: nobody}\n`);
  const { stdout } = await ledger("limits", "--config", config);
  expect(stdout).toContain("in EUR: amount 20.00, spent 16.50, left 3.50; 1 USD = 0.5 EUR from 2020-01-01 (a bank)");
  const { limits: [company] } = JSON.parse((await ledger("limits", "--config", config, "--json")).stdout) as Limits;
  expect(company).toMatchObject({ amount_usd: "40.000000000", second: { currency: "EUR", per_usd: "0.5", from: "2020-01-01", source: "a bank", amount: "20.00", spent: "16.50", left: "3.50" } });
});

test("limits --month shows the budgets at the end of that month, without a forecast for a period that is over", async () => {
  const config = configure("monthly.yaml", "limits:\n  - {name: company, amount: 40, per: month}\n  - {name: daily, amount: 40, per: day}\n");
  writeRequests(join(folder, "exports"), [
    { by: "ann@example.com", at: "2026-02-03T12:00:00Z", dollars: 5 },
    { by: "ann@example.com", at: "2026-02-28T12:00:00Z", dollars: 7 },
    { by: "ann@example.com", at: "2026-03-01T12:00:00Z", dollars: 11 },
  ]);
  await ledger("run", "--config", config);
  const { code, stdout } = await ledger("limits", "--month", "2026-02", "--config", config);
  expect([code, stdout.split("\n")[0]]).toEqual([0, "at the end of 2026-02, or of the data in it"]);
  // 5 and 7 of February; on its last day 7.
  expect(stdout).toMatch(/^company: everything\n {2}2026-02 +\$40\.00 +\$12\.00 +\$28\.00 +30\.0 +0\.30 +- +-$/m);
  expect(stdout).toMatch(/^daily: everything\n {2}2026-02-28 +\$40\.00 +\$7\.00 +\$33\.00 /m);
  expect(stdout).toMatch(/^ {4}it ended at 2026-03-01 00:00 UTC$/m);
  expect(JSON.parse((await ledger("limits", "--month", "2026-02", "--json", "--config", config)).stdout)).toMatchObject({ month: "2026-02", limits: [{ spent_usd: "12.000000000", forecast: null }, { spent_usd: "7.000000000" }], ended: [] });
  const last = await call(["limits", "--month", "last", "--config", config], { cwd: folder, at: "2026-03-15T12:00:00Z" });
  expect(last.stdout).toMatch(/^month {8}2026-02, the last complete month in UTC\n/);
});
