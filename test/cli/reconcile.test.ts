import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addExport, type Request } from "../prices/price-requests.ts";
import { query } from "../query.ts";
import { tableDigests, temporaryFolder } from "../test-ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { call, type CallResult } from "./call.ts";

const DAYS = ["2026-10-05", "2026-10-06", "2026-10-07"];

/** Claude at 3, 0.3 and 15 $, input without the cached; gpt-5 at 1.25, 0.125 and 10 $, the cached among it. */
const REQUESTS = DAYS.flatMap((day): Request[] => [
  { model: "anthropic/claude-sonnet-4-5-20250929", api_type: "ant_messages", at: `${day}T10:00:00Z`, usage: { input_tokens: 1000, cached_tokens: 2000, output_tokens: 100 }, dollars: 0.0051, cost_basis: "anthropic/claude-sonnet-4-5" },
  { model: "openai/gpt-5", api_type: "oai_responses", at: `${day}T11:00:00Z`, usage: { input_tokens: 10_000, cached_tokens: 8000, output_tokens: 200 }, dollars: 0.0055, cost_basis: "openai/gpt-5" },
]);

interface Seen {
  output?: number;
  cents?: string;
  days?: readonly string[];
}

function anthropicUsage({ output = 100, days = DAYS }: Seen = {}): object {
  const bucket = (day: string) => ({
    starting_at: `${day}T00:00:00Z`,
    ending_at: new Date(Date.parse(day) + 86_400_000).toISOString(),
    results: [
      {
        uncached_input_tokens: output === 100 ? 1000 : 1500, cache_read_input_tokens: 2000, cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens: output, server_tool_use: { web_search_requests: 0 }, model: "claude-sonnet-4-5-20250929", workspace_id: null, api_key_id: null, service_tier: "standard",
      },
    ],
  });
  return { data: days.map(bucket), has_more: false, next_page: null };
}

function anthropicCost({ cents = "0.51", days = DAYS }: Seen = {}): { data: object[]; has_more: boolean; next_page: null } {
  const result = { currency: "USD", amount: cents, description: "Claude Sonnet 4.5 Usage", cost_type: "tokens", model: "claude-sonnet-4-5-20250929", token_type: "output_tokens", workspace_id: null };
  return { data: days.map((day) => ({ starting_at: `${day}T00:00:00Z`, ending_at: new Date(Date.parse(day) + 86_400_000).toISOString(), results: [result] })), has_more: false, next_page: null };
}

describe("aperture-ledger reconcile", () => {
  let folder: string;
  let lake: string;
  let config: string[];

  function bill(name: string, content: object | string): string {
    const file = join(folder, name);
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  }

  async function ledger(...args: string[]): Promise<CallResult> {
    return await call([...args, ...config]);
  }

  async function reconcile(...args: string[]): Promise<CallResult> {
    return await ledger("reconcile", "--month", "2026-10", "--exact", ...args);
  }

  async function owed(): Promise<Record<string, unknown>> {
    const rows = await query(`SELECT provider, sum(cost_usd)::VARCHAR AS cost FROM read_parquet('${lake}/allocations/month=2026-10/part-0.parquet', hive_partitioning = false) GROUP BY ALL`);
    return Object.fromEntries(rows.map(({ provider, cost }) => [provider as string, cost]));
  }

  // Every test starts from a copy of one lake. Its exports are only read, so all of them share these.
  let built: string;
  beforeAll(async () => {
    built = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
    mkdirSync(join(built, "exports"));
    addExport(join(built, "exports"), REQUESTS);
    configure(built);
    const { code, stderr } = await ledger("run");
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => rmSync(built, { recursive: true }));

  beforeEach(() => {
    folder = temporaryFolder();
    cpSync(join(built, "lake"), join(folder, "lake"), { recursive: true, preserveTimestamps: true });
    configure(folder);
  });

  function configure(place: string): void {
    lake = join(place, "lake");
    const file = join(place, "aperture-ledger.yaml");
    writeFileSync(file, `sources: [{name: prod, url: ${join(built, "exports")}}]\nlake: ${lake}\ndirectory: {teams: [{name: web, members: ["*"]}]}\n`);
    config = ["--config", file];
  }

  test("says that the bill agrees, and writes the figures into the lake", async () => {
    const gpt = DAYS.map((day) => `${day},openai,gpt-5-2025-08-07,input,2000,\n${day},openai,gpt-5-2025-08-07,cached,8000,\n${day},openai,gpt-5-2025-08-07,output,200,0.0055\n`).join("");
    const files = [bill("usage.json", anthropicUsage()), bill("cost.json", anthropicCost()), bill("openai.csv", `date,provider,model,token_type,tokens,cost_usd\n${gpt}`)];
    const { code, stdout, stderr } = await reconcile("--bill", ...files);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("total        bill $0.031800000, ledger $0.031800000, difference $0.000000000 (0.00 %); tokens agree\n");
    expect(stdout).toContain("model        anthropic/claude-sonnet-4-5: bill $0.015300000, ledger $0.015300000");
    expect(stdout).toContain("agrees       in every figure that the bill has");
    expect(readdirSync(join(lake, "reports/2026-10"))).toEqual(expect.arrayContaining(["reconciliation.csv", "reconciliation.json"]));
    const csv = readFileSync(join(lake, "reports/2026-10/reconciliation.csv"), "utf8");
    expect(csv.startsWith("\uFEFFdate,")).toBe(true);
    expect(csv).toContain("\n2026-10-05,anthropic,,claude-sonnet-4-5,cached,2000,2000,0,0.00,,,,,,\n");
    expect(csv).toContain("\n2026-10-05,openai,,gpt-5,all,,,,,0.005500000,0.005500000,0.000000000,0.00,,\n");
  });

  test("names the likely cause of a difference, for people and machines, and of what there is no bill", async () => {
    const file = bill("usage.json", anthropicUsage({ output: 150 }));
    const { stdout } = await reconcile("--bill", file);
    expect(stdout).toMatch(/^cause {8}bypassed_gateway: input \+1500, output \+150 on 3 days, anthropic\/claude-sonnet-4-5; the bill has more tokens of every type/m);
    expect(stdout).toMatch(/^no bill {6}of anthropic on 2026-10-01, .* and 23 more days$/m);
    expect(stdout).toMatch(/^no bill {6}of openai, but the ledger has \$0\.016500000 of it$/m);
    const parsed = JSON.parse((await reconcile("--json", "--bill", file)).stdout) as { causes: { cause: string }[]; rows: { token_type: string; difference_tokens: string }[] };
    expect(parsed.causes.map(({ cause }) => cause)).toEqual(["bypassed_gateway"]);
    expect(parsed.rows.filter(({ token_type }) => token_type === "output").map(({ difference_tokens }) => difference_tokens)).toEqual(["50", "50", "50"]);
  });

  test("names the days that the ledger lacks", async () => {
    const { stdout } = await reconcile("--bill", bill("usage.json", anthropicUsage({ days: [...DAYS, "2026-10-08"] })));
    expect(stdout).toMatch(/^cause {8}ledger_gap: input \+1000, cached \+2000, output \+100 on 1 day, .*: no gateway has usage on that day$/m);
  });

  test("trues the month up to the invoice, and takes it back to the same bytes", async () => {
    await ledger("chargeback", "--month", "2026-10");
    const before = await tableDigests(new FsStore(lake));
    const file = bill("cost.json", anthropicCost({ cents: "0.7" }));
    const { code, stdout } = await reconcile("--bill", file, "--true-up", "--by", "finance@example.com");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^trued up {5}anthropic\/claude-sonnet-4-5 to \$0\.021000000$/m);
    expect(stdout).toMatch(/^not split {4}\$0\.015300000 of anthropic\/claude-sonnet-4-5: the price list does not divide it by kind of token/m);
    expect(JSON.parse(readFileSync(join(lake, "_ledger/true-ups/2026-10.json"), "utf8"))).toMatchObject({ month: "2026-10", made_by: "finance@example.com", files: [{ name: "cost.json" }], amounts: [{ provider: "anthropic", model: "claude-sonnet-4-5", invoice_usd: "0.021000000" }] });

    const report = await ledger("chargeback", "--month", "2026-10", "--exact");
    expect(report.stdout).toMatch(/^adjustments {2}\$0\.005700000$/m);
    expect(await owed()).toEqual({ anthropic: "0.021000000", openai: "0.016500000" });
    expect((await ledger("explain", "--month", "2026-10", "--team", "web", "--exact")).stdout).toMatch(/ invoice anthropic\/claude-sonnet-4-5 2026-10 \(x1\.372549: \$0\.021000000 for \$0\.015300000\)/);

    expect((await reconcile("--remove-true-up")).stdout).toMatch(/^true-up {6}removed/);
    await ledger("run");
    expect(await tableDigests(new FsStore(lake))).toEqual(before);
  });

  test("charges money that no usage stands for, and says so", async () => {
    const file = bill("bill.csv", `date,provider,model,cost_usd\n${DAYS.map((day) => `${day},anthropic,claude-sonnet-4-5,0.01\n${day},anthropic,claude-opus-9,7\n`).join("")}`);
    const { stdout } = await reconcile("--bill", file, "--true-up");
    expect(stdout).toMatch(/^charged {6}anthropic\/claude-opus-9, \$21\.000000000: a charge other than usage$/m);
    await ledger("chargeback", "--month", "2026-10");
    expect(await owed()).toEqual({ anthropic: "21.030000000", openai: "0.016500000" });
  });

  test("refuses to true up a closed month, a part of a month, and by a bill without money", async () => {
    const part = await reconcile("--bill", bill("part.json", anthropicCost({ days: DAYS.slice(1) })), "--true-up");
    expect([part.code, part.stderr]).toEqual([2, expect.stringMatching(/has no amounts for 2026-10-05, .*\[bill_invalid\]\n +use the cost report of all UTC days/) as string]);
    const tokens = await reconcile("--bill", bill("usage.json", anthropicUsage()), "--true-up");
    expect([tokens.code, tokens.stderr]).toEqual([2, expect.stringMatching(/has no amount for anything in 2026-10/) as string]);
    mkdirSync(join(lake, "_ledger/closes"), { recursive: true });
    writeFileSync(join(lake, "_ledger/closes/2026-10.json"), "{}");
    for (const flags of [["--bill", bill("cost.json", anthropicCost()), "--true-up"], ["--remove-true-up"]]) {
      const closed = await reconcile(...flags);
      expect([closed.code, closed.stderr]).toEqual([2, expect.stringMatching(/2026-10 is closed.*\[month_closed\]\n +\S/) as string]);
    }
  });

  test("a provider that the gateway calls otherwise is found on the bill, once that is configured", async () => {
    const renamed = REQUESTS.map((one) => ({ ...one, model: one.model.replace(/^anthropic\//, "claude-prod/") }));
    mkdirSync(join(folder, "renamed"));
    addExport(join(folder, "renamed"), renamed);
    lake = join(folder, "other-lake");
    const file = join(folder, "renamed.yaml");
    const settings = `sources: [{name: prod, url: ${join(folder, "renamed")}}]\nlake: ${lake}\ndirectory: {teams: [{name: web, members: ["*"]}]}\n`;
    writeFileSync(file, settings);
    config = ["--config", file];
    await ledger("run");
    const cost = bill("cost.json", anthropicCost());
    const { stdout } = await reconcile("--bill", cost);
    expect(stdout).toMatch(/^cause {8}bypassed_gateway: /m);
    expect(stdout).toMatch(/^no bill {6}of claude-prod, but the ledger has \$0\.015300000 of it; if it is on the bill of anthropic, say so in reconciliation\.providers$/m);

    writeFileSync(file, `${settings}reconciliation: {providers: {claude-prod: anthropic}}\n`);
    expect((await reconcile("--bill", cost)).stdout).toContain("agrees       in every figure that the bill has");
    const { stdout: booked } = await reconcile("--bill", bill("dearer.json", anthropicCost({ cents: "0.7" })), "--true-up");
    expect(booked).toMatch(/^trued up {5}claude-prod\/claude-sonnet-4-5 to \$0\.021000000$/m);
    await ledger("chargeback", "--month", "2026-10");
    expect(await owed()).toEqual({ "claude-prod": "0.021000000", openai: "0.016500000" });
  });

  test("names the kind of token whose price differs", async () => {
    const file = join(folder, "aperture-ledger.yaml");
    writeFileSync(file, `${readFileSync(file, "utf8")}prices: [{match: claude-sonnet-*, input: 3, cached: 0.3, output: 15}]\n`);
    const types = { uncached_input_tokens: "0.3", cache_read_input_tokens: "0.06", output_tokens: "0.18" };
    const page = anthropicCost();
    const results = Object.entries(types).map(([token_type, amount]) => ({ currency: "USD", amount, description: token_type, cost_type: "tokens", model: "claude-sonnet-4-5-20250929", token_type, workspace_id: null }));
    const typed = { ...page, data: page.data.map((bucket) => ({ ...bucket, results })) };
    const { stdout } = await reconcile("--bill", bill("usage.json", anthropicUsage()), bill("cost.json", typed));
    expect(stdout).toMatch(/^cause {8}price_version: \$0\.000900000 .* on 3 days, .*: output is billed 1\.2 times the ledger's on all days; the other types agree$/m);
    const csv = readFileSync(join(lake, "reports/2026-10/reconciliation.csv"), "utf8");
    expect(csv).toContain("\n2026-10-05,anthropic,,claude-sonnet-4-5,cached,2000,2000,0,0.00,0.000600000,0.000600000,0.000000000,0.00,,\n");
    expect(csv).toContain("\n2026-10-05,anthropic,,claude-sonnet-4-5,output,100,100,0,0.00,0.001800000,0.001500000,0.000300000,20.00,price_version,");
  });

  test("hostile names in a bill are text everywhere", async () => {
    const model = '=HYPERLINK("x")\u202e<b>\u001b[31m';
    const file = bill("bill.csv", `date,provider,model,cost_usd\n2026-10-05,anthropic,"${model.replaceAll('"', '""')}",1\n`);
    const { stdout } = await reconcile("--bill", file);
    expect(stdout).toContain('anthropic/=HYPERLINK("x")[U+202E]<b>[U+001B][31m: bill $1.000000000');
    expect([stdout.includes("\u202e"), stdout.includes("\u001b")]).toEqual([false, false]);
    expect(readFileSync(join(lake, "reports/2026-10/reconciliation.csv"), "utf8")).toContain(`"'=HYPERLINK(""x"")`);
  });

  test.each<[string, string[], RegExp]>([
    ["no bill", [], /no bill was given.*\[usage\]\n +\S/],
    ["a file that is not there", ["--bill", "/nowhere/bill.json"], /\/nowhere\/bill\.json cannot be read.*\[bill_invalid\]/],
    ["no month", ["--month", "October", "--bill", "x"], /"October" is not a month/],
    ["removal with a bill", ["--remove-true-up", "--bill", "x"], /--remove-true-up cannot be combined with/],
  ])("says what is wrong: %s", async (_name, flags, message) => {
    const { code, stdout, stderr } = await reconcile(...flags);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  test("what a bill says of days of other months is left out, and said", async () => {
    const file = bill("both.csv", "date,provider,model,token_type,cost_usd\n2026-10-05,anthropic,claude-sonnet-4-5,all,0.0051\n2026-09-30,anthropic,claude-sonnet-4-5,all,2.5\n");
    expect((await reconcile("--bill", file)).stdout).toMatch(/^left out {5}\$2\.500000000 of anthropic on 2026-09-30: not days of 2026-10$/m);
    expect(JSON.parse((await reconcile("--bill", file, "--json")).stdout)).toMatchObject({ other_days_of_bill: [{ provider: "anthropic", days: ["2026-09-30"], bill_usd: "2.500000000" }] });
  });

  test("a bill of another month is refused", async () => {
    const { code, stderr } = await reconcile("--bill", bill("old.csv", "date,provider,model,cost_usd\n2026-09-05,anthropic,claude-x,1\n"));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/does not cover 2026-10: it covers 2026-09-05 to 2026-09-05.*\[bill_invalid\]/) as string]);
  });
});
