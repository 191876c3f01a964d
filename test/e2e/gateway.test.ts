import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { call, type CallResult } from "../cli/call.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";

const HOUR = 3600;
/** Now, since the gateway's configuration is kept under the time at which it was read. */
const NOW = Math.floor(Date.now() / 1000);

/** An export of that second, of one request that came `asked`, or a minute before. */
function addExport(source: string, second: number, asked = second - 60): void {
  const record = {
    id: second,
    timestamp: new Date(asked * 1000).toISOString(),
    identity: { login_name: "a@example.com" },
    model: "plan/claude-opus-4-8",
    usage: { input_tokens: 10, output_tokens: 5 },
    estimated_cost: { dollars: 1, cost_basis: "anthropic/claude-opus-4-8" },
    status_code: 200,
  };
  writeFileSync(join(source, `ts-aperture-export-${second}.cbor.zstd`), zstdCompressSync(encode(record)));
}

function configWith(authMode: string): string {
  return `{ // as its owner keeps it
    "providers": { "plan": { "auth_mode": "${authMode}", "apikey": "sk-hidden", "models": [], }, },
  }`;
}

describe("the gateway's configuration", () => {
  let server: Server;
  let url: string;
  let answer: string | undefined;
  let source: string;
  let lake: string;

  beforeEach(async () => {
    server = createServer((_, response) => {
      response.statusCode = answer === undefined ? 503 : 200;
      response.end(answer === undefined ? "" : JSON.stringify({ config: answer, hash: "x" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/config`;
    source = temporaryFolder();
    lake = temporaryFolder();
  });
  afterEach(() => server.close());

  async function run(): Promise<CallResult> {
    return await call(["run", "--source", source, "--lake", lake, "--gateway-config", url, "--json"]);
  }

  async function billings(): Promise<unknown[]> {
    const rows = await query(`SELECT billing FROM read_parquet('${lake}/usage/*/*.parquet') ORDER BY record_id`);
    return rows.map(({ billing }) => billing);
  }

  test("says who pays, by its state when a request came; older exports keep the state of their time", async () => {
    answer = configWith("passthrough");
    // A record may be a day younger than its export: a change within that day reads the export again.
    addExport(source, NOW - 25 * HOUR);
    expect((await run()).code).toBe(0);
    expect(await billings()).toEqual(["subscription"]);

    answer = configWith("");
    addExport(source, NOW + HOUR);
    const exportedLate = NOW + HOUR + 1;
    addExport(source, exportedLate, NOW - 2 * HOUR);
    expect(JSON.parse((await run()).stdout)).toMatchObject({ exports: { ingested: 2 } });
    expect(await billings()).toEqual(["subscription", "metered", "subscription"]);
    expect(JSON.parse((await run()).stdout)).toMatchObject({ exports: { ingested: 0 } });
  });

  test("that changes within a day after an export reads that export again, once, and its older requests keep who paid", async () => {
    answer = configWith("passthrough");
    addExport(source, NOW - HOUR);
    expect((await run()).code).toBe(0);
    answer = configWith("");
    expect(JSON.parse((await run()).stdout)).toMatchObject({ exports: { ingested: 1 } });
    expect(await billings()).toEqual(["subscription"]);
    expect(JSON.parse((await run()).stdout)).toMatchObject({ exports: { ingested: 0 } });
  });

  test("is each gateway's own where there are several", async () => {
    answer = configWith("passthrough");
    const other = temporaryFolder();
    addExport(source, NOW - HOUR);
    addExport(other, NOW - HOUR + 1);
    const plain = join(temporaryFolder(), "plain.hujson");
    writeFileSync(plain, configWith(""));
    const file = join(temporaryFolder(), "aperture-ledger.yaml");
    writeFileSync(
      file,
      `sources: [{name: a, url: "${source}"}, {name: b, url: "${other}", config: "${plain}"}]\nlake: "${lake}"\naperture: {config: "${url}"}\n`,
    );
    expect((await call(["run", "--config", file])).code).toBe(0);
    const rows = await query(`SELECT instance, billing FROM read_parquet('${lake}/usage/*/*.parquet') ORDER BY 1`);
    expect(rows).toEqual([{ instance: "a", billing: "subscription" }, { instance: "b", billing: "metered" }]);
  });

  test("that nobody understands stops the run, also where an older one is kept", async () => {
    answer = configWith("passthrough");
    addExport(source, NOW - HOUR);
    await run();
    answer = configWith("some-new-mode");
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(/auth_mode.*\[gateway_config_invalid\]/s);
  });

  test.each<[string, (kept: { providers: Record<string, unknown>[]; access?: unknown }) => void]>([
    ["how models are priced", ({ providers: [first] }) => delete first!["modelCostMap"]],
    ["what it grants", (kept) => delete kept.access],
  ])("that was kept before it said %s is kept once more, and no export is read anew", async (_what, makeOlder) => {
    answer = configWith("passthrough").replace('"models": []', '"models": [], "model_cost_map": [{"match": "**", "as": "x"}]');
    addExport(source, NOW - HOUR);
    await run();
    const folder = join(lake, "_ledger/gateway/default");
    const [kept] = readdirSync(folder);
    const written = JSON.parse(readFileSync(join(folder, kept!), "utf8")) as { providers: Record<string, unknown>[]; access: unknown };
    expect(written.access).toEqual({ grants: [], quotas: [] });
    expect(written.providers[0]).toMatchObject({ modelCostMap: [{ match: "**", as: "x", adjustment: 1 }] });
    makeOlder(written);
    writeFileSync(join(folder, kept!), JSON.stringify(written));
    for (const _ of [1, 2]) {
      expect(JSON.parse((await run()).stdout)).toMatchObject({ exports: { ingested: 0 }, days: { built: 0, fresh: 1 } });
      expect(readdirSync(folder)).toHaveLength(2);
    }
  });

  test("serves as it last was while the gateway cannot be asked", async () => {
    answer = configWith("passthrough");
    addExport(source, NOW - HOUR);
    await run();
    answer = undefined;
    addExport(source, NOW - HOUR / 2);
    const { code, stderr } = await run();
    expect(code).toBe(0);
    expect(stderr).toMatch(/the last one kept is used/);
    expect(await billings()).toEqual(["subscription", "subscription"]);
  });

  test("keeps a run from guessing when it could never be read", async () => {
    answer = undefined;
    addExport(source, NOW - HOUR);
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(/HTTP 503.*\[gateway_config_unreadable\]\n +\S/);
    await expect(billings()).rejects.toThrow(/No files found/);
  });

  test("that is no HuJSON is refused with line and column, and without the secrets in it", async () => {
    answer = '{\n "providers": { "plan": { "apikey": "sk-hidden" "models": [] } }\n}';
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(/line 2, column \d+/);
    expect(stderr).not.toContain("sk-hidden");
  });
});
