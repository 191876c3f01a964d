import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { query } from "../query.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const ANN = "ann@example.com";
const BOB = "bob@example.com";
const TOOLS = "day::VARCHAR AS day, instance, caller, agent, server, tool, calls::INTEGER AS calls";

/** Ingests the requests into a lake, and returns its folder. */
async function lakeOf(requests: readonly Asked[], folder = temporaryFolder()): Promise<string> {
  writeRequests(join(folder, "exports"), requests);
  await runOnce(testLedger(new FsStore(join(folder, "exports")), new FsStore(join(folder, "lake"))));
  return join(folder, "lake");
}

async function toolsOf(lake: string) {
  return await query(`SELECT ${TOOLS} FROM read_parquet('${lake}/tools/date=*/*.parquet', hive_partitioning = false) ORDER BY ALL NULLS FIRST`);
}

test("says who called which tool of which server how often, day by day, each request once", async () => {
  const at = "2026-10-05T08:00:00Z";
  const lake = await lakeOf([
    { by: ANN, at, agent: "claude-cli/2.1", tools: ["Bash", "Bash", "mcp__github__create_issue"] },
    { by: ANN, at: "2026-10-05T09:00:00Z", agent: "claude-cli/2.1", tools: ["Bash"] },
    { by: BOB, at, tools: [{ name: "search", server_name: "linear", params: {} }] },
    { by: BOB, at: "2026-10-06T08:00:00Z", tools: ["Bash"] },
    { by: BOB, at: "2026-10-07T08:00:00Z", tools: [] },
  ]);
  const prod = { instance: "prod" };
  expect(await toolsOf(lake)).toEqual([
    { day: "2026-10-05", ...prod, caller: ANN, agent: "claude-code", server: null, tool: "Bash", calls: 3 },
    { day: "2026-10-05", ...prod, caller: ANN, agent: "claude-code", server: "github", tool: "create_issue", calls: 1 },
    { day: "2026-10-05", ...prod, caller: BOB, agent: null, server: "linear", tool: "search", calls: 1 },
    { day: "2026-10-06", ...prod, caller: BOB, agent: null, server: null, tool: "Bash", calls: 1 },
  ]);
});

test("is built again where it is missing, goes where no call is left, and a day without calls has none", async () => {
  const folder = temporaryFolder();
  const called: Asked = { by: ANN, at: "2026-10-05T08:00:00Z", tools: ["Bash"] };
  const lake = await lakeOf([called, { by: ANN, at: "2026-10-06T08:00:00Z" }], folder);
  const store = new FsStore(lake);
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list("tools/")) found.push(key);
    return found;
  };
  expect(await keys()).toEqual(["tools/date=2026-10-05/prod.parquet"]);
  const bytes = await store.read("tools/date=2026-10-05/prod.parquet");
  await store.remove("tools/date=2026-10-05/prod.parquet");
  const ledger = testLedger(new FsStore(join(folder, "exports")), store);
  expect((await runOnce(ledger)).days).toEqual({ built: 1, fresh: 1 });
  expect(await store.read("tools/date=2026-10-05/prod.parquet")).toEqual(bytes);
  // The same request again, in a later export, without a capture: the last one counts.
  writeRequests(join(folder, "exports"), [{ ...called, at: "2026-10-05T08:00:00Z", tools: [] }]);
  await runOnce(ledger);
  expect(await keys()).toEqual([]);
});

test("holds names and nothing else, whatever a client writes", async () => {
  const anything = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom("sk-ant-api03-0123456789abcdef", "rm -rf /", "mcp__a b__c", "x".repeat(200), "ann@example.com", "eyJhbGciOi.eyJzdWIi.sig"));
  const params = fc.dictionary(fc.constantFrom("name", "server_name", "command", "tool"), anything, { noNullPrototype: true });
  const tool = fc.record({ name: fc.oneof(anything, fc.constantFrom("Read", "mcp__files__open")), server_name: fc.option(anything, { nil: undefined }), params, input: params }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(tool, anything.map((name) => ({ name }))), { minLength: 1, maxLength: 300 }), async (tools) => {
      const lake = await lakeOf([{ by: BOB, at: "2026-10-05T08:00:00Z", tools }]);
      const rows = await toolsOf(lake);
      const written = rows.flatMap(({ server, tool: name }) => (server === null ? [name] : [server, name]));
      for (const text of written) expect(text).toMatch(/^(?:[A-Za-z0-9_.-]{1,128}|\((?:unreadable|unnamed|others)\))$/);
      expect(written.some((text) => ["ann@example.com", "rm -rf /", "sk-ant-api03-0123456789abcdef"].includes(z.string().parse(text)))).toBe(false);
      expect(rows.reduce((sum, { calls }) => sum + Number(calls), 0)).toBe(tools.length);
    }),
    { numRuns: 4 },
  );
});
