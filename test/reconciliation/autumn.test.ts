import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { chargeback, type ChargebackFlags } from "../../src/cli/commands/chargeback.ts";
import { reconcileBills, type ReconcileFlags } from "../../src/cli/commands/reconcile.ts";
import { run } from "../../src/cli/commands/run.ts";
import { releaseWriters } from "../../src/storage/writers.ts";
import { call, type CallResult } from "../cli/call.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { tableDigests } from "../test-ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { anthropicCost, anthropicUsage, decimal, moneyOf, openAiCosts, PRICES, PROVIDERS, type Used, useAutumn } from "./autumn-bill.ts";
import { contentsOf } from "../keys-of.ts";

const OPUS = "claude-opus-4-8";
const HOUR = 3_600_000;

describeWithFixtures("the autumn exports beside the bills that their providers would have sent", ["autumn", "aperture-config.hujson"], (pathOf) => {
  let folder: string;
  let lake: FsStore;
  let truth: Used[];

  /** The command line in a process of its own, as far as that is what a test is about. */
  async function ledger(...args: string[]): Promise<CallResult> {
    return await call(args, { cwd: folder });
  }

  const clock = (): Date => new Date();
  const settings = (): { config: string } => ({ config: join(folder, "aperture-ledger.yaml") });

  /** What a command says when it is called in this process, which is much quicker. */
  async function here(command: () => Promise<number>): Promise<Omit<CallResult, "stderr">> {
    let stdout = "";
    vi.stubEnv("LOG_LEVEL", "silent");
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      stdout += String(text);
      return true;
    });
    try {
      return { code: await command(), stdout };
    } finally {
      write.mockRestore();
      vi.unstubAllEnvs();
      await releaseWriters();
    }
  }

  const BILL = ["usage.json", "cost.json", "openai.csv"] as const;

  function writeBill(used: readonly Used[], month: string): void {
    const ofMonth = used.filter(({ day }) => day.startsWith(month));
    const contents = [JSON.stringify(anthropicUsage(ofMonth)), JSON.stringify(anthropicCost(ofMonth)), openAiCosts(ofMonth)];
    for (const [index, name] of BILL.entries()) writeFileSync(join(folder, name), contents[index] ?? "");
  }

  /** Brings bills for October as files and resolves to what is said. */
  async function reconcile(used: readonly Used[], flags: Partial<ReconcileFlags> = {}, month = "2026-10"): Promise<Omit<CallResult, "stderr">> {
    writeBill(used, month);
    return await here(async () => await reconcileBills({ ...settings(), month, bill: BILL.map((name) => join(folder, name)), ...flags }, clock));
  }

  const report = async (flags: Partial<ChargebackFlags>): Promise<number | null> => (await here(async () => await chargeback({ ...settings(), ...flags }, clock))).code;

  function disturb(change: (one: Used) => Partial<Used>): Used[] {
    return structuredClone(truth).map((one) => ({ ...one, ...change(one) }));
  }

  function causesIn(stdout: string): string[] {
    return stdout.split("\n").filter((line) => line.startsWith("cause "));
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
    lake = new FsStore(join(folder, "lake"));
    const config = {
      sources: [{ name: "prod", url: pathOf("autumn") }],
      lake: join(folder, "lake"),
      aperture: { config: pathOf("aperture-config.hujson") },
      prices: PRICES,
      providers: PROVIDERS,
      directory: { teams: [{ name: "payments", members: ["user0*"] }, { name: "web", members: ["*"] }] },
      allocation: { several: "even", adjustments: [{ name: "negotiated", when: { provider: "anthropic" }, percent: -10, from: "2026-10-10" }] },
    };
    writeFileSync(join(folder, "aperture-ledger.yaml"), JSON.stringify(config));
    truth = useAutumn(pathOf("autumn"));
    await here(async () => await run(settings(), clock));
  }, 600_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("agree in every figure, and their kinds of token add up to the money of the day", async () => {
    writeBill(truth, "2026-10");
    const { stdout, stderr } = await ledger("reconcile", "--month", "2026-10", "--exact", "--bill", ...BILL);
    expect(stderr).toBe("");
    expect(causesIn(stdout)).toEqual([]);
    const billed = decimal(moneyOf(truth.filter(({ day }) => day.startsWith("2026-10"))), 9);
    expect(stdout).toContain(`total        bill $${billed}, ledger $${billed}, difference $0.000000000 (0.00 %); tokens agree\n`);
    expect(stdout).toContain("agrees       in every figure that the bill has");
    // Models of Anthropic's that ran at Bedrock are on another bill, and so is the other maker's.
    expect(stdout).toMatch(/^no bill {6}of bedrock, but the ledger has \$\d+\.\d{9} of it\n(?:.*\n)*no bill {6}of google, but the ledger has/m);
    const { rows } = JSON.parse(readFileSync(join(folder, "lake/reports/2026-10/reconciliation.json"), "utf8")) as { rows: Record<string, string | null>[] };
    const days = Map.groupBy(rows.filter(({ model }) => model === OPUS), ({ date }) => date);
    expect(days.size).toBe(31);
    const nanodollars = (text: string | null | undefined): bigint => BigInt((text ?? "0").replace(".", ""));
    for (const [, of] of days) {
      const kinds = of.filter(({ token_type }) => token_type !== "all");
      expect(kinds.length).toBeGreaterThan(2);
      expect(kinds.reduce((all, kind) => all + nanodollars(kind["ledger_usd"]), 0n)).toBe(nanodollars(of.find(({ token_type }) => token_type === "all")?.["ledger_usd"]));
    }
  });

  test.each<[string, () => Used[], RegExp[]]>([
    [
      "requests that bypassed the gateway",
      () => disturb(({ day, model, tokens, money }) => (model === OPUS && day >= "2026-10-30" ? { tokens: { ...tokens, input: tokens.input + 10_000n, output: tokens.output + 2000n }, money: { ...money, input: money.input + 50_000_000n, output: money.output + 50_000_000n } } : {})),
      [/^cause {8}bypassed_gateway: \$0\.20 .* on 2 days, anthropic\/claude-opus-4-8; the bill has more tokens of every type/],
    ],
    [
      "another version of all prices",
      () => disturb(({ day, model, money }) => (model === OPUS && day >= "2026-10-20" ? { money: { input: money.input * 2n, cached: money.cached * 2n, write_5m: money.write_5m * 2n, write_1h: money.write_1h * 2n, output: money.output * 2n } } : {})),
      [/^cause {8}price_version: .* on 12 days, anthropic\/claude-opus-4-8; tokens agree and money differs: the bill is 2 times the ledger's from 2026-10-20 on$/],
    ],
    [
      "another price of one kind of token",
      () => disturb(({ model, money }) => (model === "claude-sonnet-4-6" ? { money: { ...money, write_1h: (money.write_1h * 3n) / 2n } } : {})),
      [/^cause {8}price_version: .* on \d+ days, anthropic\/claude-sonnet-4-6; tokens agree and money differs: /],
    ],
    [
      "cache tokens that are counted otherwise",
      () => disturb(({ model, tokens, money }) => (model.startsWith("claude-haiku") ? { tokens: { ...tokens, cached: tokens.cached * 2n }, money: { ...money, cached: money.cached * 2n } } : {})),
      [/^cause {8}cache_tokens: .* on 31 days, anthropic\/claude-haiku-4-5; only cache tokens differ \(cached\); all other counts agree$/],
    ],
    ["days of another time zone", () => useAutumn(pathOf("autumn"), -8 * HOUR), [/^cause {8}time_zone: .* on 31 days, .*the difference disappears if the bill's days are in UTC-08:00$/]],
  ])("tell %s", async (_name, bill, causes) => {
    const { stdout } = await reconcile(bill());
    expect(causesIn(stdout)).toEqual(causes.map((cause) => expect.stringMatching(cause) as string));
  });

  test("true up the month to the nanodollar, and take it back to the same bytes", async () => {
    await report({ month: "2026-10" });
    const before = await tableDigests(lake);
    const bill = disturb(({ money }) => ({ money: { ...money, output: (money.output * 7n) / 6n } }));
    expect((await reconcile(bill, { trueUp: true, by: "finance@example.com" })).code).toBe(0);
    expect(await report({ month: "2026-10" })).toBe(0);
    const rows = await query(`SELECT provider || '/' || model AS model, sum(cost_usd)::VARCHAR AS owed FROM read_parquet('${folder}/lake/allocations/month=2026-10/part-0.parquet', hive_partitioning = false)
      WHERE billing = 'metered' AND provider IN ('anthropic', 'openai') GROUP BY ALL ORDER BY ALL`);
    const models = Map.groupBy(bill.filter(({ day }) => day.startsWith("2026-10")), ({ model }) => `${model.startsWith("gpt") ? "openai" : "anthropic"}/${model.replace(/-\d{8}$/, "")}`);
    expect(rows).toEqual([...models].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([model, used]) => ({ model, owed: decimal(moneyOf(used), 9) })));

    expect((await here(async () => await reconcileBills({ ...settings(), month: "2026-10", removeTrueUp: true }, clock))).stdout).toMatch(/^true-up {6}removed/);
    expect((await here(async () => await run(settings(), clock))).code).toBe(0);
    expect(await tableDigests(lake)).toEqual(before);
  });

  test("leave a closed month as it is: it is compared, and not trued up any more", async () => {
    expect(await report({ month: "2026-09", close: true })).toBe(0);
    const closed = { ...(await contentsOf(lake, "reports/2026-09/")), ...(await contentsOf(lake, "allocations/")) };
    const bill = disturb(({ model, money }) => (model === OPUS ? { money: { ...money, output: money.output * 2n } } : {}));

    const compared = await reconcile(bill, {}, "2026-09");
    expect([compared.code, causesIn(compared.stdout)]).toEqual([0, [expect.stringMatching(/price_version: .*claude-opus-4-8; tokens agree and money differs/) as string]]);
    for (const flags of [["--bill", ...BILL, "--true-up"], ["--remove-true-up"]]) {
      const refused = await ledger("reconcile", "--month", "2026-09", ...flags);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/2026-09 is closed: it can no longer be trued up \[month_closed\]\n +agree with finance on an adjustment in an open month/) as string]);
    }
    expect({ ...(await contentsOf(lake, "reports/2026-09/")), ...(await contentsOf(lake, "allocations/")) }).toMatchObject(closed);
    expect(readFileSync(join(folder, "lake/reports/2026-09/reconciliation.csv"), "utf8")).toContain(`,anthropic,,${OPUS},output,`);
  });
});
