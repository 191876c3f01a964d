import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRecipes, runRecipes } from "../docs/cookbook.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call, callInShell } from "./call.ts";

interface Report {
  total: { cost_usd: string; adjustments_usd: string };
  by_team: { team: string; cost_center: string | null; cost_usd: string | null; adjustments_usd: string | null }[];
}

test("the demo runs the main job on a month with everything a company has", async () => {
  const folder = temporaryFolder();
  const out = join(folder, "of the demo");
  // A configuration of the user's own is none of the demo's business, its archive least of all.
  writeFileSync(join(folder, "aperture-ledger.yaml"), `archive: {url: "${join(folder, "precious")}"}\ntimezone: Asia/Tokyo\n`);
  const { code, stdout, stderr } = await call(["demo", "--out", out], { cwd: folder });
  expect([code, stderr]).toEqual([0, ""]);

  expect(existsSync(join(folder, "precious"))).toBe(false);
  const report = join(out, "lake/reports/2026-10/chargeback.html");
  expect(existsSync(report)).toBe(true);
  expect(stdout).toContain(`file://${report.replaceAll(" ", "%20")}`);
  const [found] = await query(`
    SELECT count(*)::INTEGER AS requests,
      count(DISTINCT caller) FILTER (caller_type = 'user')::INTEGER AS people,
      bool_or(caller = 'tag:ci' AND dimensions['repo'] IS NOT NULL) AS ci_of_repositories,
      bool_or(len(tags) > 1) AS multi_tag_devices,
      bool_or(billing = 'subscription') AS passthrough,
      bool_or(billing = 'self_hosted' AND cost_usd IS NULL AND output_tokens > 0) AS unpriced_self_hosted,
      bool_or(status_code = 429) AND bool_or(status_code = 403) AND bool_or(status_code >= 500) AS failures,
      bool_or(partial) AS interrupted
    FROM read_parquet('${out}/lake/usage/*/*.parquet')`);
  const { requests, people, ...features } = found ?? {};
  expect(requests).toBeGreaterThanOrEqual(20_000);
  expect(people).toBeGreaterThanOrEqual(30);
  expect(Object.values(features)).toEqual([true, true, true, true, true, true]);
  await expectTeams(out);
  const recipes = readRecipes();
  expect(recipes).toHaveLength(15);
  expect(await runRecipes(recipes, join(out, "lake"))).toEqual(recipes);
  await expectExplained(stdout, folder);
}, 600_000);

test("the demo does not write over a configuration that no demo wrote", async () => {
  const out = temporaryFolder();
  writeFileSync(join(out, "aperture-ledger.yaml"), "lake: s3://ai-ledger\n");
  const { code, stderr } = await call(["demo", "--out", out]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/aperture-ledger\.yaml is there already, and no demo wrote it \[file_exists\]\n.*--out/)]);
  expect(readFileSync(join(out, "aperture-ledger.yaml"), "utf8")).toBe("lake: s3://ai-ledger\n");
  expect(existsSync(join(out, "exports"))).toBe(false);
});

/** Its report has teams, nobody's usage, shared costs, somebody who moved, and an adjustment, and they add up. */
async function expectTeams(out: string): Promise<void> {
  const { by_team: teams, total } = JSON.parse(readFileSync(join(out, "lake/reports/2026-10/chargeback.json"), "utf8")) as Report;
  expect(teams.map(({ team }) => team).toSorted()).toEqual(["(unallocated)", "data", "payments", "platform", "research", "support", "web"]);
  expect(teams.find(({ team }) => team === "payments")).toMatchObject({ cost_center: "CC-4100", adjustments_usd: expect.stringMatching(/^-/) });
  const nanodollars = (dollars: string | null): bigint => BigInt((dollars ?? "0").replace(".", ""));
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

/** What it says to try works as it stands. */
async function expectExplained(printed: string, cwd: string): Promise<void> {
  const command = /npm run -s ledger -- (explain .*)$/m.exec(printed)?.[1] ?? "nothing";
  const { code, stdout, stderr } = await callInShell(`$LEDGER ${command}`, { cwd });
  expect([code, stderr]).toEqual([0, ""]);
  for (const reason of [/cost centre CC-4100/, /rule: CI by repository/, /shared CI/, /committed use/, /rafael\.quispe.*from 2026-10-15/]) {
    expect(stdout).toMatch(reason);
  }
}
