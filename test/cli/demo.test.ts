import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRecipes, runRecipes } from "../docs/cookbook.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call, callInShell } from "./call.ts";
import { readDemoTruth } from "./demo-truth.ts";

interface Report {
  status: { kind: string };
  total: { requests: number; cost_usd: string; unpriced_requests: number };
  corrections: { corrects: string; cause: string; billing: string; difference_usd: string }[];
  corrections_owed_usd: string;
  unpriced_range: { requests: number; least_usd: string; most_usd: string } | null;
  by_team: { team: string; cost_center: string | null; cost_usd: string | null; adjustments_usd: string | null }[];
}

interface Reconciliation {
  total: { ledger_usd: string; bill_usd: string };
  causes: { cause: string; models: string[]; difference_usd: string }[];
}

test("the demo runs the main job on two months with everything a company has", async () => {
  const folder = temporaryFolder();
  const out = join(folder, "of the demo");
  // A configuration of the user's own is none of the demo's business, its archive least of all.
  writeFileSync(join(folder, "aperture-ledger.yaml"), `archive: {url: "${join(folder, "precious")}"}\ntimezone: Asia/Tokyo\n`);
  const { code, stdout, stderr } = await call(["demo", "--out", out], { cwd: folder });
  expect([code, stderr]).toEqual([0, ""]);

  expect(existsSync(join(folder, "precious"))).toBe(false);
  for (const month of ["2026-09", "2026-10"]) {
    const report = join(out, "lake/reports", month, "chargeback.html");
    expect(existsSync(report)).toBe(true);
    expect(stdout).toContain(`file://${report.replaceAll(" ", "%20")}`);
  }
  const [found] = await query(`
    SELECT count(*)::INTEGER AS requests,
      count(DISTINCT caller) FILTER (caller_type = 'user')::INTEGER AS people,
      bool_or(caller = 'tag:ci' AND dimensions['repo'] IS NOT NULL) AS ci_of_repositories,
      bool_or(len(tags) > 1) AS multi_tag_devices,
      bool_or(billing = 'subscription') AS passthrough,
      bool_or(billing = 'self_hosted' AND cost_source = 'price_list') AS priced_by_the_list,
      bool_or(model = 'gpt-5.1' AND cost_usd IS NULL AND output_tokens > 0) AS unpriced,
      bool_or(status_code = 429) AND bool_or(status_code = 403) AND bool_or(status_code >= 500) AS failures,
      bool_or(partial) AS interrupted
    FROM read_parquet('${out}/lake/usage/*/*.parquet')`);
  const { requests, people, ...features } = found ?? {};
  expect(requests).toBeGreaterThanOrEqual(20_000);
  expect(people).toBeGreaterThanOrEqual(30);
  expect(Object.values(features)).toEqual([true, true, true, true, true, true, true]);
  await expectTeams(out);
  expectMonths(out);
  expectReconciled(out, stdout);
  await expectBudgets(out, folder);
  await expectArchive(out, stdout);
  const recipes = readRecipes();
  expect(recipes).toHaveLength(15);
  expect(await runRecipes(recipes, join(out, "lake"))).toEqual(recipes);
  await expectExplained(stdout, folder);
}, 600_000);

test("the demo does not write over a configuration that it did not write", async () => {
  const out = temporaryFolder();
  writeFileSync(join(out, "aperture-ledger.yaml"), "lake: s3://ai-ledger\n");
  const { code, stderr } = await call(["demo", "--out", out]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/aperture-ledger\.yaml already exists, and this demo did not write it \[file_exists\]\n.*--out/)]);
  expect(readFileSync(join(out, "aperture-ledger.yaml"), "utf8")).toBe("lake: s3://ai-ledger\n");
  expect(existsSync(join(out, "exports"))).toBe(false);
});

/** Its report has teams, nobody's usage, shared costs, somebody who moved, and an adjustment, and they add up. */
async function expectTeams(out: string): Promise<void> {
  const { by_team: teams, total } = readReport(out, "2026-10");
  expect(teams.map(({ team }) => team).toSorted()).toEqual(["(unallocated)", "data", "payments", "platform", "research", "support", "web"]);
  expect(teams.find(({ team }) => team === "payments")).toMatchObject({ cost_center: "CC-4100", adjustments_usd: expect.stringMatching(/^-/) });
  expect(teams.reduce((sum, { cost_usd }) => sum + nanodollars(cost_usd), 0n)).toBe(nanodollars(total.cost_usd));
  const [found] = await query(`
    SELECT bool_or(method = 'adjustment' AND cost_usd < 0) AS discount,
      bool_or(method = 'pool_proportional' AND tag = 'tag:ci') AS shared,
      bool_or(method = 'rule' AND tag = 'tag:ci' AND dimensions['repo'] IS NOT NULL) AS ci_by_repository,
      bool_or(method = 'primary') AS of_two_teams,
      count(DISTINCT team) FILTER (caller = 'rafael.quispe@acme.example')::INTEGER AS teams_of_the_one_who_moved
    FROM read_parquet('${out}/lake/allocations/*/*.parquet')`);
  expect(found).toEqual({ discount: true, shared: true, ci_by_repository: true, of_two_teams: true, teams_of_the_one_who_moved: 2 });
}

/** September stays as it was closed, October has what came later, and both are what the exports add up to. */
function expectMonths(out: string): void {
  const { closed, late, october } = readDemoTruth(join(out, "exports"));
  const [first, second] = [readReport(out, "2026-09"), readReport(out, "2026-10")];
  expect([first.status.kind, second.status.kind]).toEqual(["closed", "complete"]);
  expect([first, second].map(({ total }) => [BigInt(total.requests), nanodollars(total.cost_usd), BigInt(total.unpriced_requests)])).toEqual(
    [closed, october].map(({ requests, cost, unpriced }) => [requests, cost, unpriced]),
  );
  expect(late.requests).toBeGreaterThan(10n);
  expect(nanodollars(second.corrections_owed_usd)).toBe(late.used);
  expect(second.corrections.reduce((sum, { difference_usd }) => sum + nanodollars(difference_usd), 0n)).toBe(late.cost);
  expect(new Set(second.corrections.map(({ corrects, cause }) => `${corrects} ${cause}`))).toEqual(new Set(["2026-09 late_export"]));
  const { requests = 0, least_usd: least = "0", most_usd: most = "0" } = second.unpriced_range ?? {};
  expect(BigInt(requests)).toBe(october.unpriced);
  expect(nanodollars(least)).toBeGreaterThan(0n);
  expect(nanodollars(most)).toBeGreaterThan(nanodollars(least));
}

/** Every export has a copy that a digest lists, with a key of the demo's own; a day that cost more than usual is reported; and the last line leads to the page. */
async function expectArchive(out: string, printed: string): Promise<void> {
  const exports = readdirSync(join(out, "exports")).filter((name) => name.endsWith(".cbor.zstd")).length;
  expect(printed).toContain(`digest 1 lists ${String(exports)} exports`);
  expect(printed).toContain("nothing is missing or altered in what was checked");
  expect(statSync(join(out, "keys/signing-key.pem")).mode & 0o077).toBe(0);
  const [spent] = await query(`
    SELECT sum(cost_usd)::DOUBLE AS usd FROM read_parquet('${out}/lake/reports/2026-09/closed-*/usage/date=2026-09-30/*.parquet')
    WHERE billing = 'metered' AND caller IN (SELECT caller FROM read_parquet('${out}/lake/allocations/month=2026-09/*.parquet') WHERE team = 'support' AND caller_type = 'user')`);
  expect(printed).toContain(`anomaly: team support spent $${Number(spent?.["usd"]).toFixed(2)} on 2026-09-30, usually `);
  expect(printed).toContain("budget 100: Budget payments (team payments): 100 % of $150.00 was spent in 2026-10");
  const last = /^Open in a browser: (file:.*)$/.exec(printed.trimEnd().split("\n").at(-1) ?? "")?.[1] ?? "";
  expect(readFileSync(new URL(last), "utf8")).toContain("October 2026");
}

/** The bill differs by a price that fell from $6 to $5 and so on before the gateway knew, and by requests past the gateway. */
function expectReconciled(out: string, printed: string): void {
  const { billed, opusBeforeKnown } = readDemoTruth(join(out, "exports"));
  const { total, causes } = JSON.parse(readFileSync(join(out, "lake/reports/2026-10/reconciliation.json"), "utf8")) as Reconciliation;
  // Per million: 200,000 in at $1, 65,000 out at $5, 3.5 million cached at $0.10, 105,000 and 35,000 written at $1.25 and $2.
  const pastTheGateway = 200_000_000n + 325_000_000n + 350_000_000n + 131_250_000n + 70_000_000n;
  expect(nanodollars(total.ledger_usd)).toBe(billed);
  expect(nanodollars(total.bill_usd)).toBe(billed - opusBeforeKnown / 6n + pastTheGateway);
  expect(causes.map(({ cause, models, difference_usd }) => [cause, models, nanodollars(difference_usd)])).toEqual([
    ["price_version", ["anthropic/claude-opus-4-8"], -opusBeforeKnown / 6n],
    ["bypassed_gateway", ["anthropic/claude-haiku-4-5"], pastTheGateway],
  ]);
  expect(printed).toContain(join(out, "bills/anthropic-2026-10.csv"));
  expect(printed).toContain(join(out, "lake/reports/2026-10/reconciliation.csv"));
}

/** The team's budget is used up, the company's is not. */
async function expectBudgets(out: string, cwd: string): Promise<void> {
  const page = readFileSync(join(out, "lake/reports/2026-10/summary.csv"), "utf8");
  const budgets = [...page.matchAll(/^budget,(\w*),(\w+),amount 2026-10,/gm)].map(([, team, name]) => [team, name]);
  expect(budgets).toEqual([["", "company"], ["payments", "payments"]]);
  const { code, stdout } = await call(["limits", "--config", join(out, "aperture-ledger.yaml")], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^payments: team payments\n +2026-10 .*-\$/m);
}

function readReport(out: string, month: string): Report {
  return JSON.parse(readFileSync(join(out, "lake/reports", month, "chargeback.json"), "utf8")) as Report;
}

function nanodollars(dollars: string | null): bigint {
  return BigInt((dollars ?? "0").replace(".", ""));
}

/** What it says to try works as it stands. */
async function expectExplained(printed: string, cwd: string): Promise<void> {
  const command = /: aperture-ledger (explain .*)$/m.exec(printed)?.[1] ?? "nothing";
  const { code, stdout, stderr } = await callInShell(`$LEDGER ${command}`, { cwd });
  expect([code, stderr]).toEqual([0, ""]);
  for (const reason of [/cost centre CC-4100/, /rule: CI by repository/, /shared CI/, /committed use/, /rafael\.quispe.*from 2026-10-15/]) {
    expect(stdout).toMatch(reason);
  }
}
