import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addExport, type Request } from "../prices/price-requests.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

interface Checked {
  month: string | null;
  models: {
    provider: string;
    model: string;
    requests: number;
    differing_requests: number;
    recorded_usd: string;
    list_usd: string;
    drift_usd: string;
    uncovered_requests: number;
    prices: { price_version: string; token_types: { type: string; tokens: number; list_rate_usd: string; recorded_rate_usd: string | null; drift_usd: string | null }[] }[];
  }[];
}

/** Counts that are no multiples of each other, small enough for a glance: 20 requests of each model. */
function requestsOf(model: string, apiType: string, day: string, priceOf: (input: number, output: number, cached: number) => number): Request[] {
  return Array.from({ length: 20 }, (_, i) => {
    const [input, output, cached] = [5000 + 37 * i * i, 300 + 11 * ((i * 7) % 20), i % 3 === 0 ? 0 : 1000 + 13 * i];
    const usage = { input_tokens: input, output_tokens: output, cached_tokens: cached };
    return { model, api_type: apiType, at: `${day}T10:00:00Z`, usage, dollars: priceOf(input, output, cached) / 1e6, cost_basis: model };
  });
}

// What the gateway prices by: 3, 15 and 0.3 $ for Claude, whose input is without the cached; 1.25, 10 and 0.125 $ for gpt-5.
const CLAUDE = "  - {match: anthropic/claude-x, input: 3, output: 15, cached: 0.3}\n";
const GPT = "  - {match: openai/gpt-5, input: 1.25, output: 10, cached: 0.125}\n";

describe("aperture-ledger prices check", () => {
  /** Longer there than one test. */
  let place: string;
  let folder: string;
  let lake: string;

  function configWith(prices: string): string[] {
    const file = join(temporaryFolder(), "aperture-ledger.yaml");
    writeFileSync(file, `sources: [{name: prod, url: ${folder}}]\nlake: ${lake}\n${prices}`);
    return ["--config", file];
  }

  async function check(prices: string, ...more: string[]): Promise<Checked> {
    const { code, stdout, stderr } = await call(["prices", "check", "--json", ...configWith(`prices:\n${prices}`), ...more]);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Checked;
  }

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
    [folder, lake] = [join(place, "exports"), join(place, "lake")];
    mkdirSync(folder);
    addExport(folder, [
      ...requestsOf("anthropic/claude-x", "ant_messages", "2026-10-05", (i, o, c) => i * 3 + o * 15 + c * 0.3),
      ...requestsOf("openai/gpt-5", "oai_completions", "2026-09-30", (i, o, c) => (i - c) * 1.25 + o * 10 + c * 0.125),
    ]);
    await call(["run", ...configWith("")]);
  });

  afterAll(() => rmSync(place, { recursive: true, force: true }));

  test("finds nothing where the list is what the gateway prices by", async () => {
    const { models } = await check(CLAUDE + GPT, "--strict");
    expect(models.map(({ provider, model, requests, differing_requests, drift_usd }) => ({ provider, model, requests, differing_requests, drift_usd }))).toEqual([
      { provider: "anthropic", model: "claude-x", requests: 20, differing_requests: 0, drift_usd: "0.000000000" },
      { provider: "openai", model: "gpt-5", requests: 20, differing_requests: 0, drift_usd: "0.000000000" },
    ]);
  });

  test("finds the one price that is another one, and how much it makes", async () => {
    const { models } = await check(CLAUDE.replace("output: 15", "output: 16") + GPT);
    const output = requestsOf("", "", "", (_, o) => o).reduce((sum, { usage }) => sum + usage["output_tokens"]!, 0);
    const [claude, gpt] = models;
    expect(claude!.prices[0]!.token_types.map(({ type, list_rate_usd, recorded_rate_usd, drift_usd }) => [type, list_rate_usd, recorded_rate_usd, drift_usd])).toEqual([
      ["input", "3.000000000", "3.000000000", "0.000000000"],
      ["cached", "0.300000000", "0.300000000", "0.000000000"],
      ["output", "16.000000000", "15.000000000", `-${(output / 1e6).toFixed(9)}`],
    ]);
    expect(claude).toMatchObject({ drift_usd: `-${(output / 1e6).toFixed(9)}`, differing_requests: 20 });
    expect(gpt).toMatchObject({ drift_usd: "0.000000000", differing_requests: 0 });
  });

  test("ends with 3 when told to be strict, and says it in words", async () => {
    const { code, stdout } = await call(["prices", "check", "--strict", "--exact", ...configWith(`prices:\n${GPT.replace("0.125", "0.250")}`)]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^openai\/gpt-5: 20 requests, recorded \$.*, list \$.*, drift -\$.*; 13 requests differ$/m);
    expect(stdout).toMatch(/^ +cached +\d+ list \$0\.25, recorded \$0\.125, drift -\$/m);
    expect(stdout).toMatch(/^ +20 more requests, recorded \$\d+\.\d{9}, have no price in the list/m);
  });

  test("looks at one month of the configured time zone where one is named", async () => {
    const october = await check(CLAUDE + GPT, "--month", "2026-10");
    expect([october.month, october.models.map(({ model }) => model)]).toEqual(["2026-10", ["claude-x"]]);
    // 10:00 UTC on the last of September is October already where clocks are 14 hours ahead
    const ahead = await check(CLAUDE + GPT, "--month", "2026-10", "--timezone", "Pacific/Kiritimati");
    expect(ahead.models.map(({ model }) => model)).toEqual(["claude-x", "gpt-5"]);
  });

  test("takes the list from a file, and prices by it as well", async () => {
    const list = join(temporaryFolder(), "prices.yaml");
    writeFileSync(list, (CLAUDE + GPT).replaceAll(/^ {2}/gm, ""));
    const { code, stdout } = await call(["prices", "check", "--json", ...configWith(`prices: ${list}`)]);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Checked).models.map(({ differing_requests }) => differing_requests)).toEqual([0, 0]);
  });

  test.each([
    ["", "usage", /no prices are given/],
    ["prices: []\n", "usage", /no prices are given/],
    ["prices: /nowhere/prices.yaml\n", "config_unreadable", /\/nowhere\/prices\.yaml/],
    ["prices: https://me:secret@example.com/prices\n", "config_invalid", /credentials do not belong/],
    ["prices: [{match: m, input: -1}]\n", "config_invalid", /prices\[0\]\.input/],
    ["prices: [{match: m, input: 1, ouput: 2}]\n", "config_invalid", /"ouput"[\s\S]*prices\[0\]/],
    ["prices: [{match: m}]\n", "config_invalid", /prices\[0\]\.input/],
    ["prices: [{match: m, input: 0.1234567891}]\n", "config_invalid", /9 decimal places[\s\S]*prices\[0\]\.input/],
    ["prices: [{match: m, input: 1, from: 2026-13-01}]\n", "config_invalid", /prices\[0\]\.from/],
    ["prices: [{match: m, input: 1, tiers: [{above: 1}, {above: 1}]}]\n", "config_invalid", /two tiers begin at the same size/],
  ])("says what is wrong with %j", async (prices, code, message) => {
    const { code: exit, stdout, stderr } = await call(["prices", "check", ...configWith(prices)]);
    expect([exit, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(new RegExp(`\\[${code}\\]\\n +\\S`));
    expect(stderr).not.toContain("secret");
  });

  test("says where a mistake is in a file of its own", async () => {
    const list = join(temporaryFolder(), "prices.json");
    writeFileSync(list, '[{"match": "m", "input": 1}, {"match": "n", "input": "dear"}]');
    const { code, stderr } = await call(["prices", "check", ...configWith(`prices: ${list}`)]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/prices\.json: [\s\S]*at \[1\]\.input/);
  });

  test("says that there is nothing to check", async () => {
    const { code, stderr } = await call(["prices", "check", "--month", "2025-01", ...configWith(`prices:\n${GPT}`)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no estimates of a gateway in 2025-01.*\[month_empty\]\n +\S/);
  });
});
