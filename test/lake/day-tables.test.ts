import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { writeDayTables } from "../../src/lake/days/day-tables.ts";
import { type PricingOf, withoutPrices } from "../../src/lake/days/day-pricing.ts";
import type { ColumnType } from "../../src/ledger/usage/usage-columns.ts";
import { sha256OfFile } from "../../src/storage/file-digest.ts";
import { storedRows } from "../landing-sql.ts";
import { pricingBy } from "../prices/price-requests.ts";
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

async function writeTables(
  folder: string,
  landing: string | readonly string[],
  threads: number,
  mostMemoryMiB: number,
  pricingOf: PricingOf = withoutPrices,
): Promise<{ rows: number; digests: string[] }> {
  const usage = join(folder, `usage-${threads}.parquet`);
  const rollups = join(folder, `rollups-${threads}.parquet`);
  return await withDuckDb({ temporaryDirectory: folder, threads, mostMemoryMiB }, async (duck) => {
    const { usageRows } = await writeDayTables(duck, [landing].flat(), { usage, rollups }, pricingOf("2026-10-05", "x"));
    return { rows: usageRows, digests: [await sha256OfFile(usage), await sha256OfFile(rollups)] };
  });
}

async function writeLanding(folder: string, rows: number, values: Record<string, string>, file = "landing"): Promise<string> {
  const landing = join(folder, `${file}.parquet`);
  const stored = storedRows(({ name, type }) => values[name] ?? (name === "unknown_counts" ? "NULL" : VALUE[type]), `range(${rows}) numbers(i)`);
  await query(`COPY (${stored}) TO ${sqlText(landing)} (FORMAT parquet)`);
  return landing;
}

test("counts that add up beyond 64 bits do not keep a day from being built", async () => {
  const folder = temporaryFolder();
  const most = { capture_id: "i::VARCHAR", input_tokens: "9007199254740991", duration_ms: "9007199254740991" };
  await writeTables(folder, await writeLanding(folder, 2000, most), 1, 950);
  const [usage] = await query(`SELECT sum(input_tokens)::VARCHAR AS exact FROM read_parquet('${folder}/usage-1.parquet')`);
  expect(usage).toEqual({ exact: String(2000n * (2n ** 53n - 1n)) });
  const rollups = await query(`SELECT requests, input_tokens, duration_ms FROM read_parquet('${folder}/rollups-1.parquet')`);
  expect(rollups).toEqual([{ requests: "2000", input_tokens: String(2n ** 63n - 1n), duration_ms: String(2n ** 63n - 1n) }]);
});

test("of what nobody recorded or priced there is no sum", async () => {
  const folder = temporaryFolder();
  const unknown = { capture_id: "i::VARCHAR", duration_ms: "NULL::BIGINT", cost_usd: "NULL::DECIMAL(18,9)", input_tokens: "7::BIGINT" };
  await writeTables(folder, await writeLanding(folder, 2, unknown), 1, 950);
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
  await writeTables(folder, await writeLanding(folder, 3, { capture_id: "i::VARCHAR" }), 1, 950);
  const rows = await query(`SELECT DISTINCT instance, model FROM read_parquet('${folder}/rollups-1.parquet', hive_partitioning = false)`);
  expect(rows).toEqual([{ instance: "x", model: "x" }]);
});

test("of a request in several landing files the last export's row stays, in whatever order the files come", async () => {
  const folder = temporaryFolder();
  const request = { capture_id: "CASE WHEN i % 2 = 0 THEN 'cap-' || i::VARCHAR END", record_id: "i::BIGINT", position: "i::BIGINT" };
  const exported = (hour: number, version: number): Record<string, string> => ({
    ...request,
    export: `'export-${hour}'`,
    export_time: `TIMESTAMPTZ '2026-10-05 00:00:00+00' + to_hours(${hour})`,
    export_version: `${version}::INTEGER`,
    status_code: `${hour * 10 + version}::INTEGER`,
  });
  const files = [
    await writeLanding(folder, 3000, exported(1, 0), "first"),
    await writeLanding(folder, 2000, exported(2, 0), "second"),
    await writeLanding(folder, 1000, exported(2, 1), "replacing-second"),
  ];
  const written = await writeTables(folder, files, 2, 950);
  const left = await query(`SELECT status_code, count(*) AS rows, min(record_id) AS first FROM read_parquet('${folder}/usage-2.parquet') GROUP BY ALL ORDER BY 1`);
  expect(left).toEqual([
    { status_code: 10, rows: "1000", first: "2000" },
    { status_code: 20, rows: "1000", first: "1000" },
    { status_code: 21, rows: "1000", first: "0" },
  ]);
  expect(await writeTables(folder, files.toReversed(), 2, 950)).toEqual(written);
});

test("a large day is in order of the callers' bytes, and keeps texts of any kind", async () => {
  const folder = temporaryFolder();
  const odd = "['', 'Z', 'a', 'B', 'é', '💸', chr(65535), 'a' || chr(0), 'null', '\"; --', 'x' || repeat('y', 300)]";
  const landing = await writeLanding(folder, ROWS, {
    ...VALUES,
    capture_id: "i::VARCHAR",
    record_id: "i::BIGINT",
    caller: `${odd}[1 + i % 11]`,
    user_agent: `CASE WHEN i % 5 > 0 THEN ${odd}[1 + i % 11] END`,
    session_id: "'session ' || i",
  });
  await writeTables(folder, landing, 2, 950);
  const usage = `read_parquet('${folder}/usage-2.parquet', file_row_number = true)`;
  const backwards = "encode(caller) < encode(lag(caller) OVER (ORDER BY file_row_number))";
  expect(await query(`SELECT count(*) AS rows FROM (SELECT ${backwards} AS wrong FROM ${usage}) WHERE wrong`)).toEqual([{ rows: "0" }]);
  const texts = "record_id, instance, caller, user_agent, session_id, model";
  const lost = `SELECT ${texts} FROM '${landing}' EXCEPT ALL SELECT ${texts} FROM ${usage}`;
  expect(await query(`SELECT count(*) AS rows FROM (${lost})`)).toEqual([{ rows: "0" }]);
});

test("the tables of a large day are the same bytes whatever the number of threads and the memory", async () => {
  const folder = temporaryFolder();
  const landing = await writeLanding(folder, ROWS, VALUES);
  const one = await writeTables(folder, landing, 1, 950);
  expect(one.rows).toBe(ROWS / 2);
  expect(await writeTables(folder, landing, 2, 950)).toEqual(one);
  expect(await writeTables(folder, landing, 4, 286)).toEqual(one);
});

test("a large day that is priced is the same bytes as well, in the same order, and each request has its own price", async () => {
  const folder = temporaryFolder();
  const landing = await writeLanding(folder, ROWS, { ...VALUES, cost_usd: "CASE WHEN (i // 2) % 3 = 0 THEN 7 END::DECIMAL(18,9)", cost_source: "CASE WHEN (i // 2) % 3 = 0 THEN 'aperture' ELSE 'none' END" });
  const prices = pricingBy([
    { match: "model-1", input: "0.001", billing: "self_hosted" },
    ...["x/model-2", "x/model-3"].map((match) => ({ match, input: 2, tiers: [{ above: 500, input: 3 }] })),
  ]);
  const one = await writeTables(folder, landing, 1, 950, prices);
  expect(await writeTables(folder, landing, 2, 950, prices)).toEqual(one);
  expect(await writeTables(folder, landing, 4, 286, prices)).toEqual(one);

  const usage = `read_parquet('${folder}/usage-1.parquet', file_row_number = true)`;
  const own = `CASE
    WHEN record_id % 3 = 0 THEN {cost: 7000000000::BIGINT, source: 'aperture', basis: 'x', version: 'x', billing: 'x'}
    WHEN input_tokens = 0 OR model NOT IN ('model-1', 'model-2', 'model-3') THEN {cost: NULL, source: 'none', basis: 'x', version: 'x', billing: 'x'}
    WHEN model = 'model-1' THEN {cost: input_tokens, source: 'price_list', basis: 'x/model-1', version: 'model-1; counts: assumed', billing: 'self_hosted'}
    WHEN input_tokens > 500 THEN {cost: input_tokens * 3000, source: 'price_list', basis: 'x/' || model, version: 'x/' || model || '; above 500; counts: assumed', billing: 'x'}
    ELSE {cost: input_tokens * 2000, source: 'price_list', basis: 'x/' || model, version: 'x/' || model || '; counts: assumed', billing: 'x'} END`;
  const is = "{cost: (cost_usd::DECIMAL(38,9) * 1000000000)::BIGINT, source: cost_source, basis: cost_basis, version: price_version, billing: billing}";
  const backwards = "(caller, ts) < lag((caller, ts)) OVER (ORDER BY file_row_number)";
  const found = await query(`SELECT count(*)::INTEGER AS rows, count(*) FILTER (own IS DISTINCT FROM is_now)::INTEGER AS wrong, count(*) FILTER (backwards)::INTEGER AS unsorted
    FROM (SELECT ${own} AS own, ${is} AS is_now, ${backwards} AS backwards FROM ${usage})`);
  expect(found).toEqual([{ rows: ROWS / 2, wrong: 0, unsorted: 0 }]);
});
