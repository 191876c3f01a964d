import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sqlText, withDuckDb } from "../../src/duckdb.ts";
import { countRows, writeRollups, writeUsage } from "../../src/lake/day-tables.ts";
import { type ColumnType, LANDING_COLUMNS } from "../../src/lake/usage-columns.ts";
import { sha256OfFile } from "../../src/storage/file-digest.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";

const ROWS = 300_000;

const VALUE: Record<ColumnType, string> = {
  timestamp: "TIMESTAMPTZ '2026-10-05 00:00:00+00'",
  text: "'x'",
  texts: "[]::VARCHAR[]",
  text_map: "MAP {}::MAP(VARCHAR, VARCHAR)",
  integer: "0::INTEGER",
  bigint: "0::BIGINT",
  decimal: "0::DECIMAL(18,9)",
  boolean: "false",
};
/** Every row twice, under capture ids that say nothing of their order, over callers, models and times. */
const VALUES: Record<string, string> = {
  ts: "TIMESTAMPTZ '2026-10-05 00:00:00+00' + to_microseconds((hash(i // 2) % 86400000000)::BIGINT)",
  record_id: "(i // 2)::BIGINT",
  capture_id: "md5((i // 2)::VARCHAR)",
  caller: "'user' || (hash(i // 2) % 50)::VARCHAR",
  model: "'model-' || ((i // 2) % 7)::VARCHAR",
  dimensions: "CASE WHEN i % 4 < 2 THEN MAP {'repo': 'acme/' || ((i // 2) % 9)::VARCHAR} ELSE MAP {}::MAP(VARCHAR, VARCHAR) END",
  input_tokens: "((i // 2) % 1000)::BIGINT",
  cost_usd: "((i // 2) % 1000 / 1e6)::DECIMAL(18,9)",
  position: "i::BIGINT",
};

async function writeTables(folder: string, landing: string, threads: number, memoryLimit: string): Promise<{ rows: number; digests: string[] }> {
  const usage = join(folder, `usage-${threads}.parquet`);
  const rollups = join(folder, `rollups-${threads}.parquet`);
  return await withDuckDb({ temporaryDirectory: folder, threads, memoryLimit }, async (duck) => {
    await writeUsage(duck, [landing], usage);
    await writeRollups(duck, usage, rollups);
    return { rows: await countRows(duck, usage), digests: [await sha256OfFile(usage), await sha256OfFile(rollups)] };
  });
}

async function writeLanding(folder: string, rows: number, values: Record<string, string>): Promise<string> {
  const landing = join(folder, "landing.parquet");
  const columns = LANDING_COLUMNS.map(({ name, type }) => `${values[name] ?? VALUE[type]} AS ${name}`);
  await query(`COPY (SELECT ${columns.join(", ")} FROM range(${rows}) numbers(i)) TO ${sqlText(landing)} (FORMAT parquet)`);
  return landing;
}

test("counts that add up beyond 64 bits do not keep a day from being built", async () => {
  const folder = temporaryFolder();
  const most = { capture_id: "i::VARCHAR", input_tokens: "9007199254740991", duration_ms: "9007199254740991" };
  await writeTables(folder, await writeLanding(folder, 2000, most), 1, "1GB");
  const [usage] = await query(`SELECT sum(input_tokens)::VARCHAR AS exact FROM read_parquet('${folder}/usage-1.parquet')`);
  expect(usage).toEqual({ exact: String(2000n * (2n ** 53n - 1n)) });
  const rollups = await query(`SELECT requests, input_tokens, duration_ms FROM read_parquet('${folder}/rollups-1.parquet')`);
  expect(rollups).toEqual([{ requests: "2000", input_tokens: String(2n ** 63n - 1n), duration_ms: String(2n ** 63n - 1n) }]);
});

test("of what nobody recorded or priced there is no sum", async () => {
  const folder = temporaryFolder();
  const unknown = { capture_id: "i::VARCHAR", duration_ms: "NULL::BIGINT", cost_usd: "NULL::DECIMAL(18,9)", input_tokens: "7::BIGINT" };
  await writeTables(folder, await writeLanding(folder, 2, unknown), 1, "1GB");
  const rollups = await query(
    `SELECT requests, input_tokens, output_tokens, duration_ms, cost_usd, unpriced_requests FROM read_parquet('${folder}/rollups-1.parquet')`,
  );
  expect(rollups).toEqual([
    { requests: "2", input_tokens: "14", output_tokens: "0", duration_ms: null, cost_usd: null, unpriced_requests: "2" },
  ]);
});

test("a folder that looks like a partition changes no column", async () => {
  const folder = join(temporaryFolder(), "instance=elsewhere", "model=other");
  mkdirSync(folder, { recursive: true });
  await writeTables(folder, await writeLanding(folder, 3, { capture_id: "i::VARCHAR" }), 1, "1GB");
  const rows = await query(`SELECT DISTINCT instance, model FROM read_parquet('${folder}/rollups-1.parquet', hive_partitioning = false)`);
  expect(rows).toEqual([{ instance: "x", model: "x" }]);
});

test("the tables of a large day are the same bytes whatever the number of threads and the memory", async () => {
  const folder = temporaryFolder();
  const landing = await writeLanding(folder, ROWS, VALUES);
  const one = await writeTables(folder, landing, 1, "1GB");
  expect(one.rows).toBe(ROWS / 2);
  expect(await writeTables(folder, landing, 2, "1GB")).toEqual(one);
  expect(await writeTables(folder, landing, 4, "300MB")).toEqual(one);
});
