import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { writeRequests } from "../request-exports.ts";
import { call, type CallResult } from "./call.ts";

const MONTH = "2026-10";
const POLICY = `{ "groups": { "group:payments": ["Ann@Example.com", "bob@example.com"], "group:web": ["bob@example.com", "cat@example.com"], }, "tagOwners": { "tag:api": ["group:web"] } }`;
const ALLOCATION = {
  rules: [{ name: "ci by repository", when: { tag: "tag:ci" }, by: "repo", teams: { "acme/payments": "payments" } }],
  pools: [{ name: "production", when: { tag: "tag:prod" }, spread: { payments: 3, web: 1 } }],
  adjustments: [{ name: "negotiated", when: { team: "web" }, percent: -10 }],
};

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  writeFileSync(join(folder, "policy.hujson"), POLICY);
  writeRequests(join(folder, "exports"), [
    { by: "ann@example.com", at: `${MONTH}-05T12:00:00Z`, dollars: 8 },
    { by: "bob@example.com", at: `${MONTH}-06T12:00:00Z`, dollars: 4 },
    { by: "cat@example.com", at: `${MONTH}-07T12:00:00Z`, dollars: 2 },
    { by: "stranger@example.com", at: `${MONTH}-08T12:00:00Z`, dollars: 0.5 },
    { by: "cat@example.com", at: `${MONTH}-08T13:00:00Z`, dollars: null, model: "qwen3" },
    { by: "tag:ci", at: `${MONTH}-09T12:00:00Z`, dollars: 16, repo: "acme/payments" },
    { by: "tag:ci", at: `${MONTH}-09T12:30:00Z`, dollars: 32 },
    { by: "tag:api,tag:prod", at: `${MONTH}-10T12:00:00Z`, dollars: 64 },
  ]);
  configure("aperture-ledger.yaml", {});
  const { code, stderr } = await ledger("run");
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a configuration with other sections than the usual ones. */
function configure(name: string, sections: Record<string, unknown>): string {
  const usual = {
    sources: [{ name: "prod", url: join(folder, "exports") }],
    lake: join(folder, "lake"),
    dimensions: { repo: "X-Github-Repository" },
    directory: { policy: join(folder, "policy.hujson"), teams: [{ name: "payments", cost_center: "CC-1", owner: "ann@example.com", members: ["group:payments"] }] },
    allocation: ALLOCATION,
  };
  writeFileSync(join(folder, name), stringify({ ...usual, ...sections }));
  return name;
}

async function ledger(...args: string[]): Promise<CallResult> {
  return await call(args, { cwd: folder });
}

test("the policy is kept in the lake by the day on which it was read", () => {
  const kept = readdirSync(join(folder, "lake/_ledger/policy"));
  expect(kept).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\d\.json$/)]);
});

test("chargeback says what each team owes, and what nobody does", async () => {
  const { code, stdout } = await ledger("chargeback", "--month", MONTH);
  expect(code).toBe(0);
  expect(stdout).toMatch(/team +payments, cost centre CC-1: \$76\.00 owed/);
  // cat's 2 and 16 of what runs in production, less 10 %
  expect(stdout).toMatch(/team +web: \$16\.20 owed/);
  expect(stdout).toMatch(/team +\(unallocated\): \$32\.50 owed/);
});

describe("explain", () => {
  test("says how a figure came about: methods, rules, callers, records", async () => {
    const { code, stdout, stderr } = await ledger("explain", "--month", MONTH, "--team", "payments", "--exact");
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("explain      payments, 2026-10 in UTC: cost centre CC-1, owner ann@example.com");
    expect(stdout).toMatch(/^owed +\$76\.000000000$/m);
    expect(stdout).toMatch(/^subtotal +\$76\.000000000 +metered: owed to providers$/m);
    expect(stdout).toMatch(/^because +\$48\.000000000 +shared cost, spread by weights: production \(3 of 4\), 0\.75 requests$/m);
    expect(stdout).toMatch(/^because +\$16\.000000000 +rule: ci by repository, 1 request$/m);
    expect(stdout).toMatch(/^because +\$8\.000000000 +member of the team, 1 request$/m);
    expect(stdout).toMatch(/^because +\$4\.000000000 +first of the caller's teams: default, 1 request$/m);
    expect(stdout).toMatch(/^rule +ci by repository, without dates: by repo: payments pays acme\/payments, where tag is tag:ci$/m);
    expect(stdout).toMatch(/^caller +bob@example\.com: group:payments, one of the teams payments, web$/m);
    const records = lines.filter((line) => line.startsWith("record "));
    expect(records.map((line) => line.split(/ +/)[1])).toEqual(["$48.000000000", "$16.000000000", "$8.000000000", "$4.000000000"]);
    expect(records[0]).toMatch(/2026-10-10T12:00:00\.000Z tag:api,tag:prod claude-opus-4-8 capture-\S+ in ts-aperture-export-\d+\.cbor\.zstd \(0\.750000000 of \$64\.000000000\)$/);
  });

  test("in two decimals, with subtotals by kind of money and what an adjustment was calculated from", async () => {
    const { stdout } = await ledger("explain", "--month", MONTH, "--team", "web");
    // 2 of cat's own, 16 of what runs in production, and 10 % less.
    expect(stdout).toMatch(/^owed +\$16\.20$/m);
    expect(stdout.match(/^subtotal .*$/gm)).toEqual([
      expect.stringMatching(/ \$18\.00 {2}metered: owed to providers$/),
      expect.stringMatching(/ -\$1\.80 {2}adjustments: discounts, markups, invoices, and amounts that charges cover$/),
    ]);
    expect(stdout).toMatch(/^because +-\$1\.80 +negotiated: -10 % of \$18\.00$/m);
    expect(stdout).toMatch(/^record +\$14\.40 +2026-10-10T12:00:00\.000Z .*\(0\.250000000 of \$64\.00, adjustments -\$1\.60\)$/m);
    expect(stdout).not.toContain("others");
    expect(stdout).toMatch(/^rule +negotiated, without dates: -10 %, where team is web$/m);
  });

  test("as JSON adds up: reasons and rows to what is owed", async () => {
    const { stdout } = await ledger("explain", "--month", MONTH, "--team", "web", "--json", "--records", "1");
    const explained = JSON.parse(stdout) as { owed_usd: string; adjustments_usd: string; unpriced_requests: string; because: { cost_usd: string | null }[]; rows: { cost_usd: string | null }[]; records: { part_usd: string; share: string }[] };
    expect(explained).toMatchObject({ team: "web", cost_center: null, owed_usd: "16.200000000", adjustments_usd: "-1.800000000", unpriced_requests: "1.000000000" });
    for (const list of [explained.because, explained.rows]) expect(list.reduce((sum, { cost_usd }) => sum + Number(cost_usd ?? 0), 0)).toBeCloseTo(16.2, 9);
    expect(explained.records).toEqual([expect.objectContaining({ part_usd: "16.000000000", share: "0.250000000", caller: "tag:api,tag:prod" })]);
  });

  test("names what nobody owns", async () => {
    const { stdout } = await ledger("explain", "--month", MONTH, "--team", "(unallocated)");
    expect(stdout).toMatch(/^owed +\$32\.50$/m);
    expect(stdout).toMatch(/^caller +stranger@example\.com: in no team$/m);
  });

  test("names the teams there are, for one that has nothing", async () => {
    const { code, stderr } = await ledger("explain", "--month", MONTH, "--team", "wep");
    expect(code).toBe(2);
    expect(stderr).toMatch(/"wep" pays for nothing in 2026-10 \[usage\]\n +teams that pay are \(unallocated\), payments, web/);
  });

  test.each(["x", "-1", "10000"])("refuses %s as a number of records", async (count) => {
    const { code, stderr } = await ledger("explain", "--month", MONTH, "--team", "web", "--records", count);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/whole number/)]);
  });
});

test("doctor lists everybody for whom the default decides, and everybody who is in no team", async () => {
  const { code, stdout } = await ledger("doctor");
  expect(code).toBe(0);
  expect(stdout).toMatch(/ok +directory: 2 teams, groups and tags of .*policy\.hujson: payments, web/);
  expect(stdout).toMatch(/attention directory: the default decides for bob@example\.com \(of payments and web: payments\)\n/);
  expect(stdout).toMatch(/attention directory: in no team: stranger@example\.com, tag:ci\n/);
});

describe("a configuration that cannot be right is refused, with its place", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["a team that nobody knows", { allocation: { rules: [{ when: {}, team: "wep" }] } }, /allocation\.rules\[0\] names the team "wep".*\n.*known teams are payments, web/],
    ["a pool over a team that is pooled", { allocation: { pools: [{ name: "p", when: { team: "web" }, spread: { web: 1 } }] } }, /pool p is spread over web, whose own cost the pool p takes/],
    ["a dimension that is not read", { allocation: { rules: [{ when: { repository: "x" }, team: "web" }] } }, /no dimension repository[\s\S]*allocation\.rules\[0\]\.when\.repository/],
    ["two outcomes of a rule", { allocation: { rules: [{ when: {}, team: "web", split: "even" }] } }, /exactly one of team, by, primary, split, unallocated[\s\S]*allocation\.rules\[0\]/],
    ["a team in a rule's condition, which decides it", { allocation: { rules: [{ when: { team: "web" }, team: "payments" }] } }, /a rule decides which team pays[\s\S]*allocation\.rules\[0\]\.when\.team/],
    ["a tag without its prefix", { allocation: { rules: [{ when: { tag: "ci" }, team: "web" }] } }, /tag:name, or a pattern/],
    ["a group by a pattern", { directory: { teams: [{ name: "web", members: ["group:we*"] }] } }, /a group cannot be a pattern/],
    ["a rule without a condition", { allocation: { rules: [{ team: "web" }] } }, /which usage it is for/],
    ["two rules of one name", { allocation: { rules: [{ name: "x", when: {}, team: "web" }, { name: "x", when: {}, team: "web" }] } }, /two rules have the same name/],
    ["a rule called as if there were none", { allocation: { rules: [{ name: "default", when: {}, team: "web" }] } }, /directory and default mean that no rule decided/],
    ["an end before the beginning", { directory: { teams: [{ name: "web", members: [{ member: "x@example.com", from: "2026-10-02", until: "2026-10-02" }] }] } }, /until must be later than from/],
    ["a date that is none", { directory: { teams: [{ name: "web", from: "2026-02-30" }] } }, /directory\.teams\[0\]\.from/],
    ["two teams of one name at a time", { directory: { teams: [{ name: "web" }, { name: "web" }] } }, /teams\[0\] has the name web at the same time/],
    ["a team in parentheses", { directory: { teams: [{ name: "(unallocated)" }] } }, /directory\.teams\[0\]\.name/],
    ["an autogroup", { directory: { teams: [{ name: "web", members: ["autogroup:admin"] }] } }, /only Tailscale can resolve autogroup:/],
    ["weights of nothing", { allocation: { rules: [{ when: {}, split: { web: 0 } }] } }, /at least one weight above 0/],
  ])("%s", async (_name, sections, message) => {
    const { code, stderr } = await ledger("run", "--config", configure("wrong.yaml", sections));
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("a policy with a mistake, by line and column", async () => {
    writeFileSync(join(folder, "broken.hujson"), '{\n  "groups": { "group:a": "x" }\n}');
    const { code, stderr } = await ledger("run", "--config", configure("wrong.yaml", { directory: { policy: join(folder, "broken.hujson") }, allocation: {} }));
    expect(code).toBe(2);
    expect(stderr).toMatch(/groups\.group:a: .* at line 2, column 26/);
  });
});

test("doctor names members that are no groups of the policy", async () => {
  const { stdout } = await ledger("doctor", "--config", configure("nope.yaml", { directory: { policy: join(folder, "policy.hujson"), teams: [{ name: "payments", members: ["group:nope"] }, { name: "web" }] }, allocation: {} }));
  expect(stdout).toMatch(/attention directory: group:nope is a member of a team, but not a group of the policy/);
});

test("explain of a month without usage says so, and writes nothing", async () => {
  const before = readdirSync(join(folder, "lake"), { recursive: true }).length;
  const { code, stderr } = await ledger("explain", "--month", "2025-10", "--team", "web");
  expect([code, stderr]).toEqual([1, expect.stringMatching(/there is no usage in 2025-10 \(UTC\).*\[month_empty\]/)]);
  expect(readdirSync(join(folder, "lake"), { recursive: true }).length).toBe(before);
});

test("the last policy that was read serves where it cannot be read any more", async () => {
  const config = configure("gone.yaml", { directory: { policy: join(folder, "gone.hujson"), teams: [{ name: "payments", members: ["group:payments"] }] } });
  const { code, stdout, stderr } = await ledger("run", "--config", config);
  expect(code).toBe(0);
  expect(stdout).toMatch(/months +1 allocated/);
  expect(stderr).toMatch(/the last one kept is used/);
  const { stdout: explained } = await ledger("explain", "--config", config, "--month", MONTH, "--team", "web", "--records", "0");
  expect(explained).toMatch(/cat@example\.com: group:web/);
});
