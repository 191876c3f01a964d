import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { findInNames } from "../../src/cli/doctor/doctor-names.ts";
import { parseYaml } from "../../src/config/reading/read-yaml.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { keepGatewaySnapshot } from "../../src/lake/records/gateway-snapshots.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { provider } from "../prices/price-requests.ts";
import { temporaryFolder } from "../test-ledger.ts";

let lake: string;

beforeEach(async () => {
  lake = temporaryFolder();
  const rows = [
    "('prod', 'ann@example.com', []::VARCHAR[], 'anthropic', 'claude-opus-4-8[1m]', MAP {'actor': 'dependabot[bot]'})",
    "('prod', 'tag:ci', ['tag:ci'], 'bedrock', 'titan-embed', MAP {'actor': '0041'})",
  ];
  const folders = ["rollups", "usage"].map((table) => join(lake, table, "date=2026-10-05"));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  await withDuckDb({ temporaryDirectory: temporaryFolder() }, async (duck) => {
    await duck.run(`CREATE TEMP TABLE t AS SELECT * FROM (VALUES ${rows.join(", ")}) AS t(instance, caller, tags, provider, model, dimensions)`);
    const [rollups = "", usage = ""] = folders.map((folder) => sqlText(join(folder, "prod.parquet")));
    await duck.run(`COPY t TO ${rollups} (FORMAT parquet)`);
    await duck.run(`COPY (SELECT *, 'us.amazon.' || model || '-v2:0' AS model_recorded, 'aws/price' AS cost_basis FROM t) TO ${usage} (FORMAT parquet)`);
  });
});

async function namesIn(yaml: string, where = lake): Promise<string[]> {
  const { value, places } = parseYaml(`lake: ${JSON.stringify(where)}\ndimensions: {actor: X-Actor}\n${yaml}`, "it");
  const config = checkConfig(value, "it", places);
  return (await findInNames(config)).map(({ state, finding, remedy = "" }) => `${state} ${finding}${remedy.startsWith("brackets") ? " (brackets)" : ""}`);
}

describe("names that have matched nothing", () => {
  test("are named wherever they stand", async () => {
    const found = await namesIn(`
directory: {teams: [{name: web, members: [Ann@example.com, alicee@example.com, "tag:ci", "tag:c[ij]", "group:web", "*@example.org"]}]}
allocation:
  rules: [{when: {tag: "tag:*", actor: ["dependabot[bot]", renovate]}, by: actor, teams: {0041: web, 41: web, "=0041": web}}]
  pools: [{name: p, when: {model: titan-*, gateway: test}, spread: even}]
  adjustments: [{name: a, when: {provider: openai}, percent: 1}]
limits: [{name: one, scope: {model: ["claude-opus-4-8[1m]", "claude-opus-4-8*", "claude-opus-[45]*"], team: nobody}, amount: 1, per: day}]
prices: [{match: titan-embed, input: 1}, {match: "us.amazon.titan*", input: 1}, {match: aws/titan-embed, input: 1}, {match: azure/titan-embed, input: 1}]
archive: {retention: [{content: records, keep: 1 day, instance: prod}, {content: records, keep: 1 day, instance: prud}]}
providers: [{provider: anth*, billing: metered}, {provider: opnai, billing: metered}]
reconciliation: {providers: {bedrock: aws, vertex: google}, workspaces: {w: prod}}
`);
    expect(found.map((finding) => finding.replace(/ \(line \d+, column \d+\)/, "").replace(" in the ledger so far", ""))).toEqual([
      'attention directory.teams[0].members[1]: "alicee@example.com" has matched no caller',
      'attention directory.teams[0].members[3]: "tag:c[ij]" has matched no tag (brackets)',
      'attention directory.teams[0].members[5]: "*@example.org" has matched no caller',
      'attention allocation.rules[0].when.actor[1]: "renovate" has matched no dimension actor',
      'attention allocation.rules[0].teams.41: "41" has matched no dimension actor',
      'attention allocation.pools[0].when.gateway: "test" has matched no gateway',
      'attention allocation.adjustments[0].when.provider: "openai" has matched no provider',
      'attention limits[0].scope.model[2]: "claude-opus-[45]*" has matched no model (brackets)',
      'attention providers[1].provider: "opnai" has matched no provider',
      'attention prices[3].match: "azure/titan-embed" has matched no priced model',
      'attention archive.retention[1].instance: "prud" has matched no gateway',
      'attention reconciliation.providers.vertex: "vertex" has matched no provider',
    ]);
  });

  test("of prices are none by which a request is priced: without what stands in front, unescaped, and by the gateway's own rules", async () => {
    const usage = join(lake, "usage/date=2026-10-06");
    mkdirSync(usage, { recursive: true });
    await withDuckDb({ temporaryDirectory: temporaryFolder() }, async (duck) => {
      const rows = "('prod', 'router', 'gpt-4o', 'router/openai/gpt-4o-2024-08-06'), ('prod', 'bedrock', 'claude-x', 'us.anthropic.claude-x-v1%3A0'), ('prod', 'own', 'team-a', 'own/team-a-recorded')";
      await duck.run(`COPY (SELECT *, NULL::VARCHAR AS cost_basis FROM (VALUES ${rows}) AS t(instance, provider, model, model_recorded)) TO ${sqlText(join(usage, "prod.parquet"))} (FORMAT parquet)`);
    });
    const providers = [provider("own", { costBasis: "azure-eu", modelCostMap: [{ match: "team-*", as: "openai/gpt-5", adjustment: 1 }] })];
    const access = { grants: [], quotas: [] };
    await keepGatewaySnapshot(new FsStore(lake), "prod", [], { providers, access }, new Date("2026-10-01T00:00:00Z"));
    const matches = ["gpt-4o-2024-08-06", "us.anthropic.claude-x-v1:0", "gpt-5", "azure-eu/gpt-5", "azure-us/gpt-5", "own/team-a-recorded"];
    expect(await namesIn(`prices: [${matches.map((match) => `{match: "${match}", input: 1}`).join(", ")}]\n`)).toEqual([
      expect.stringContaining('"azure-us/gpt-5" has matched no priced model'),
      // the gateway's rule says another model in its place
      expect.stringContaining('"own/team-a-recorded" has matched no priced model'),
    ]);
  });

  test("are no more than a screen of them, with nothing in them that a terminal obeys", async () => {
    const members = Array.from({ length: 30 }, (_, index) => `"\\e[31m${String(index)}"`).join(", ");
    const found = await namesIn(`directory: {teams: [{name: web, members: [${members}]}]}\n`);
    expect(found).toHaveLength(21);
    expect(found[0]).toContain('"[U+001B][31m0" has matched no caller');
    expect(found.at(-1)).toBe("attention 10 more names have matched nothing in the ledger so far");
  });

  test("are none where each has matched something", async () => {
    expect(await namesIn('limits: [{name: one, scope: {actor: "*[bot]"}, amount: 1, per: day}]\n')).toEqual(["ok each of 1 written names has matched something"]);
  });

  test("are not known of a ledger without usage, nor looked for where nothing is written", async () => {
    expect(await namesIn("directory: {teams: [{name: web, members: [a]}]}\n", temporaryFolder())).toEqual([]);
    expect(await namesIn("")).toEqual([]);
  });
});
