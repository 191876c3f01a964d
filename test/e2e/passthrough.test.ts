import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, type CallResult } from "../cli/call.ts";
import { query } from "../query.ts";

const TOKEN = "sk-ant-oat01-hidden-token";
const KEY = "sk-ant-api03-hidden-key";

interface Sent {
  id: string;
  at: string;
  dollars: number;
  model?: string;
  /** Values of request headers; without any nothing was captured. */
  headers?: Record<string, string>;
}

const REQUESTS: readonly Sent[] = [
  { id: "token", at: "2026-10-05T09:00:00Z", dollars: 1, headers: { Authorization: `Bearer ${TOKEN}` } },
  { id: "key", at: "2026-10-05T10:00:00Z", dollars: 2, headers: { "X-Api-Key": KEY } },
  { id: "nothing", at: "2026-10-05T11:00:00Z", dollars: 4, headers: { "X-Api-Key": "-", "User-Agent": "claude-cli/2.1" } },
  { id: "unseen", at: "2026-10-05T12:00:00Z", dollars: 8 },
  { id: "elsewhere", at: "2026-10-05T13:00:00Z", dollars: 16, model: "ours/claude-opus-4-8", headers: { "X-Api-Key": KEY } },
];
const LATER: readonly Sent[] = [
  { id: "later", at: "2026-10-12T12:00:00Z", dollars: 32 },
  // Exported once more: it counts once, and what is assumed of it too.
  REQUESTS[3]!,
];

function exportOf(requests: readonly Sent[]): Buffer {
  return zstdCompressSync(Buffer.concat(requests.map(({ id, at, dollars, model = "plan/claude-opus-4-8", headers }) =>
    encode({
      capture_id: id, timestamp: at, identity: { login_name: "ann@example.com" }, model, usage: { input_tokens: 10, output_tokens: 5 },
      estimated_cost: { dollars, cost_basis: "anthropic/claude-opus-4-8" }, status_code: 200,
      ...(headers && { capture: { requestHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])) } }),
    }),
  )));
}

const CONFIG = `timezone: Asia/Kolkata
`;
const RULE = `providers: [{provider: "pl*", billing: metered, from: 2026-10-10}]
`;

describe("of one provider in passthrough", () => {
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  let source: string;
  let lake: string;
  let config: string;
  let runs: { before: Record<string, unknown>; after: Record<string, unknown>; again: Record<string, unknown> };
  let billings: { before: unknown; after: unknown };
  let status: Record<string, unknown>;
  let month: Record<string, unknown>;
  let shown: CallResult;

  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await call([...args, "--config", config, "--json"]);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const paid = async (): Promise<unknown> => await query(`SELECT capture_id, billing FROM read_parquet('${lake}/usage/*/*.parquet') ORDER BY ts, capture_id`);

  beforeAll(async () => {
    [source, lake] = [join(folder, "exports"), join(folder, "lake")];
    mkdirSync(source);
    config = join(folder, "aperture-ledger.yaml");
    const gateway = join(folder, "gateway.hujson");
    writeFileSync(gateway, JSON.stringify({ providers: { plan: { auth_mode: "passthrough", models: [] }, ours: { models: [] } } }));
    const sections = `sources: [{name: prod, url: "${source}"}]\nlake: "${lake}"\naperture: {config: "${gateway}"}\n${CONFIG}`;
    writeFileSync(config, sections);
    writeFileSync(join(source, `ts-aperture-export-${String(Date.parse("2026-10-05T14:00:00Z") / 1000)}.cbor.zstd`), exportOf(REQUESTS));
    writeFileSync(join(source, `ts-aperture-export-${String(Date.parse("2026-10-12T14:00:00Z") / 1000)}.cbor.zstd`), exportOf(LATER));
    const before = await json("run");
    status = await json("status");
    month = await json("chargeback", "--month", "2026-10");
    shown = await call(["status", "--config", config]);
    const paidBefore = await paid();
    writeFileSync(config, `${sections}${RULE}`);
    runs = { before, after: await json("run"), again: await json("run") };
    billings = { before: paidBefore, after: await paid() };
  }, 600_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("each request is paid by whoever's credential came with it", () => {
    expect(billings.before).toEqual([
      { capture_id: "token", billing: "subscription" },
      { capture_id: "key", billing: "caller_key" },
      { capture_id: "nothing", billing: "metered" },
      { capture_id: "unseen", billing: "subscription" },
      { capture_id: "elsewhere", billing: "metered" },
      { capture_id: "later", billing: "subscription" },
    ]);
  });

  test("a dated rule says who paid what nobody saw, and only exports are read anew that it can concern", () => {
    expect(billings.after).toEqual((billings.before as { capture_id: string; billing: string }[]).map((one) => (one.capture_id === "later" ? { ...one, billing: "metered" } : one)));
    expect(runs).toMatchObject({ before: { exports: { ingested: 2 } }, after: { exports: { ingested: 1 } }, again: { exports: { ingested: 0 } } });
  });

  test("status says how much rests on the assumption, each request once", async () => {
    expect(status["assumed_billing"]).toEqual({ requests: 2, cost_usd: "40.000000000" });
    expect(shown.stdout).toMatch(/^assumed {6}2 requests, \$40\.00 list value: taken for subscription use/m);
    expect((await json("status"))["assumed_billing"]).toEqual({ requests: 1, cost_usd: "8.000000000" });
  });

  test("the report owes what we pay, and shows each kind of list value by itself", () => {
    const { total, quality, files } = month as { total: Record<string, unknown>; quality: Record<string, unknown>; files: Record<string, string> };
    expect(total).toMatchObject({
      owed_usd: "20.000000000", list_value_usd: "43.000000000", cost_usd: "63.000000000",
      billing: { metered: { cost_usd: "20.000000000" }, subscription: { cost_usd: "41.000000000" }, caller_key: { cost_usd: "2.000000000", requests: 1 }, self_hosted: { cost_usd: null } },
    });
    expect(quality["assumed_subscriptions"]).toEqual({ requests: 2, cost_usd: "40.000000000" });
    const page = readFileSync(files["html"]!.replace("file://", ""), "utf8");
    expect(page).toMatch(/2 requests of <data[^>]*>\$40\.00<\/data> list value are taken for subscription use/);
    for (const words of ["List value of subscriptions, not owed", "List value of callers’ own keys, not owed", "List value (callers’ own keys)", "API keys of the callers’ own"]) expect(page).toContain(words);
  });

  test("the tables add up: allocations, rollups, summary, FOCUS and budgets", async () => {
    const sums = async (table: string, cost = "cost_usd", name = "billing"): Promise<unknown> => await query(`SELECT ${name} AS billing, sum(${cost})::DECIMAL(18,2)::VARCHAR AS cost FROM ${table} GROUP BY ALL ORDER BY 1`);
    const now = [{ billing: "caller_key", cost: "2.00" }, { billing: "metered", cost: "52.00" }, { billing: "subscription", cost: "9.00" }];
    const all = await json("chargeback", "--month", "2026-10");
    const { csv } = all["files"] as Record<string, string>;
    const summary = csv!.replace("file://", "").replace(/[^/]*$/, "summary.csv");
    expect(await sums(`read_parquet('${lake}/rollups/*/*.parquet')`)).toEqual(now);
    expect(await sums(`read_parquet('${lake}/allocations/**/*.parquet')`)).toEqual(now);
    const focus = `read_csv('${csv!.replace("file://", "").replace(/[^/]*$/, "focus.csv")}', all_varchar = true)`;
    expect(await query(`SELECT sum(BilledCost::DECIMAL(18,9))::DECIMAL(18,2)::VARCHAR AS billed FROM ${focus}`)).toEqual([{ billed: "52.00" }]);
    expect(await query(`SELECT section, item, owed_usd, list_value_usd, caller_key_usd FROM read_csv('${summary}', all_varchar = true) WHERE section IN ('total', 'data quality')`)).toEqual([
      { section: "total", item: null, owed_usd: "52.000000000", list_value_usd: "11.000000000", caller_key_usd: "2.000000000" },
      { section: "data quality", item: "taken for subscription use", owed_usd: null, list_value_usd: "8.000000000", caller_key_usd: null },
    ]);
  });

  test("nothing that the ledger derives holds a byte of a credential", async () => {
    const texts = await query(`SELECT usage::VARCHAR AS row FROM read_parquet('${lake}/usage/*/*.parquet') usage UNION ALL SELECT landing::VARCHAR FROM read_parquet('${lake}/landing/**/*.parquet') landing`);
    expect(JSON.stringify(texts)).not.toMatch(/hidden/);
  });
});
