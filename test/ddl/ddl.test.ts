import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { DuckDBInstance } from "@duckdb/node-api";
import { Dialect, parse } from "@polyglot-sql/sdk";
import { HiveSQL, SparkSQL, TrinoSQL } from "dt-sql-parser";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { ENGINE_NAMES, type EngineName } from "../../src/ddl/engines/engine-names.ts";
import { lakeTables } from "../../src/ddl/lake-tables.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { call, type CallResult } from "../cli/call.ts";
import { exportMonth } from "../focus/export-month.ts";
import { query } from "../query.ts";
import { writeRequests } from "../request-exports.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { CLICKHOUSE } from "../services/clickhouse/folder.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const AWS = "s3://ai-ledger/eu?region=eu-central-1";
const OWED = [["2026-09", "red", "2.5"], ["2026-10", "blue", "1"], ["2026-10", "red", "0.123456789"]];

let place: string;
let folder: string;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  const source = join(place, "source");
  folder = join(place, "la[k]e");
  writeRequests(source, [
    { by: "ann@example.com", at: "2026-09-30T12:00:00Z", dollars: 2.5, repo: "acme/'one'" },
    { by: "ann@example.com", at: "2026-10-05T12:00:00Z", dollars: 0.123456789, tools: ["mcp__github__create_issue", "Bash"] },
    { by: "tag:ci", at: "2026-10-06T12:00:00Z", dollars: 1 },
  ]);
  const teams = [{ name: "red", members: ["ann@example.com"] }, { name: "blue", members: ["tag:ci"] }];
  const ledger = testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf({ directory: { teams } }) } });
  await runOnce(ledger);
  await exportMonth(ledger, "2026-09");
  await exportMonth(ledger, "2026-10");
});

afterAll(() => {
  rmSync(place, { recursive: true });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function ddl(engine: EngineName, lake: string, ...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await call(["ddl", "--engine", engine, "--lake", lake, ...flags]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

/** The statements without the comments. */
function statementsOf(printed: string): string[] {
  const sql = printed.split("\n").filter((line) => !line.startsWith("--")).join("\n");
  return sql.split(";\n").map((statement) => statement.trim()).filter((statement) => statement !== "");
}

async function askClickHouse(statements: readonly string[], question: string, env: NodeJS.ProcessEnv = {}): Promise<string[][]> {
  const child = spawn(process.execPath, [join(CLICKHOUSE, "ask-clickhouse.ts")], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  child.stdin.end(JSON.stringify({ statements, query: question }));
  const [answer, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`ClickHouse ended with ${String(code)}`);
  return answer.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as string[]);
}

test("the columns that are declared are those of the files, in names, order and types", async () => {
  const types: Record<string, string> = { timestamp: "TIMESTAMP WITH TIME ZONE", text: "VARCHAR", texts: "VARCHAR[]", text_map: "MAP(VARCHAR, VARCHAR)", integer: "INTEGER", bigint: "BIGINT", boolean: "BOOLEAN" };
  for (const { name, columns, files } of lakeTables("1.2")) {
    const there = await query(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet('${folder.replace("[", "[[]")}/${files}', hive_partitioning = false))`);
    expect([name, columns.map((column) => [column.name, types[column.type] ?? column.type.toUpperCase()])]).toEqual([name, there.map((column) => [column["column_name"], column["column_type"]])]);
  }
});

test("DuckDB reads a lake on a disk", async () => {
  const duck = await (await DuckDBInstance.create(":memory:")).connect();
  await duck.run(await ddl("duckdb", folder));
  const ask = async (sql: string): Promise<unknown[][]> => (await duck.runAndReadAll(sql)).getRowsJson();
  expect(await ask("SELECT month, team, owed_usd::DOUBLE::VARCHAR FROM owed ORDER BY ALL")).toEqual(OWED.map(([month, team, owed]) => [month, team, Number(owed) === 1 ? "1.0" : owed]));
  expect(await ask("SELECT date::VARCHAR, caller FROM usage ORDER BY ALL")).toEqual([["2026-09-30", "ann@example.com"], ["2026-10-05", "ann@example.com"], ["2026-10-06", "tag:ci"]]);
  expect(await ask("SELECT sum(requests)::INTEGER FROM rollups WHERE date >= DATE '2026-10-01'")).toEqual([[2]]);
  expect(await ask("SELECT day::VARCHAR, date::VARCHAR, caller, server, tool, calls::INTEGER FROM tools")).toEqual([["2026-10-05", "2026-10-05", "ann@example.com", null, "Bash", 1], ["2026-10-05", "2026-10-05", "ann@example.com", "github", "create_issue", 1]]);
  expect(await ask("SELECT x_Caller, sum(BilledCost)::VARCHAR FROM charges GROUP BY ALL ORDER BY ALL")).toEqual([["ann@example.com", "2.623456789"], ["tag:ci", "1.000000000"]]);
});

test("months of different versions of FOCUS, and of list costs as they were once written, are one table of charges", async () => {
  const lake = temporaryFolder();
  await copyLake(new FsStore(folder), lake);
  const [old, now] = ["2026-08", "2026-11"].map((month) => `${lake}/reports/${month}`) as [string, string];
  for (const reports of [old, now]) mkdirSync(reports);
  const from = (month: string): string => `read_parquet('${lake}/reports/${month}/focus.parquet')`;
  await query(`COPY (SELECT * REPLACE (ListCost::DECIMAL(38,30) AS ListCost) FROM ${from("2026-10")}) TO '${old}/focus.parquet' (FORMAT parquet)`);
  await query(`COPY (SELECT * EXCLUDE (ProviderName, PublisherName) REPLACE (500000000000::DECIMAL(38,24) AS ListCost), ProviderName AS ServiceProviderName FROM ${from("2026-10")} WHERE x_Caller = 'tag:ci') TO '${now}/focus.parquet' (FORMAT parquet)`);
  const duck = await (await DuckDBInstance.create(":memory:")).connect();
  await duck.run(await ddl("duckdb", lake));
  const found = await duck.runAndReadAll("SELECT sum(ListCost)::DECIMAL(38,9)::VARCHAR, count(ProviderName)::INTEGER, count(ServiceProviderName)::INTEGER FROM charges");
  // Every charge is an estimate of so many dollars: 2.5 and twice 1.123456789; of one in November half a trillion.
  expect(found.getRowsJson()).toEqual([["500000000004.746913578", 5, 1]]);
});

test("a table that has no file yet is left out where the engine needs one, with the command that writes it", async () => {
  const printed = await ddl("duckdb", join(temporaryFolder(), "empty"));
  expect(printed).toContain("-- charges: there is no file yet, which this engine needs. Print this again after aperture-ledger chargeback.\n");
  expect(printed).toContain("-- usage: there is no file yet, which this engine needs. Print this again after aperture-ledger run.\n");
});

const QUESTIONS = `SELECT month, team, toString(owed_usd) FROM owed ORDER BY ALL`;

test("ClickHouse reads a lake on a disk", async () => {
  const plain = join(temporaryFolder(), "o'neil\\s 100% lake");
  // A folder's name may not have characters that ClickHouse takes for patterns.
  await copyLake(new FsStore(folder), plain);
  const statements = statementsOf(await ddl("clickhouse", plain));
  expect(await askClickHouse(statements, QUESTIONS)).toEqual(OWED);
  expect(await askClickHouse(statements, "SELECT date, caller, dimensions['repo'], toTypeName(ts), toTypeName(cost_usd) FROM usage ORDER BY ALL LIMIT 1")).toEqual([
    ["2026-09-30", "ann@example.com", "acme/'one'", "Nullable(DateTime64(6, 'UTC'))", "Nullable(Decimal(18, 9))"],
  ]);
  expect(await askClickHouse(statements, "SELECT (SELECT sum(requests) FROM rollups), (SELECT sum(BilledCost) FROM charges)")).toEqual([["3", "3.623456789"]]);
});

test("ClickHouse reads a lake on S3, with keys of its environment", async () => {
  const bucket = await freshS3(SHARED_S3);
  for (const [name, value] of Object.entries(bucket.env)) vi.stubEnv(name, value);
  const { url, endpoint, region } = bucket.location;
  const lake = `${url}?endpoint=${encodeURIComponent(endpoint)}&region=${region}`;
  await copyLake(new FsStore(folder), lake);
  const { code, stdout } = await callWith(bucket.env, "ddl", "--engine", "clickhouse", "--lake", lake);
  expect(code).toBe(0);
  expect(stdout).not.toContain(bucket.env.AWS_SECRET_ACCESS_KEY);
  expect(await askClickHouse(statementsOf(stdout), QUESTIONS, bucket.env)).toEqual(OWED);
  expect(await askClickHouse(statementsOf(stdout), "SELECT count() FROM charges", bucket.env)).toEqual([["3"]]);
});

async function callWith(env: Record<string, string>, ...args: string[]): Promise<CallResult> {
  return await call(args, { env });
}

async function copyLake(from: FsStore, to: string): Promise<void> {
  const target = await openStore({ url: to });
  for await (const { key } of from.list("")) await target.replace(key, await from.read(key));
}

const PARSERS: Readonly<Record<string, (sql: string) => unknown[]>> = {
  athena: (sql) => new HiveSQL().validate(sql),
  trino: (sql) => new TrinoSQL().validate(sql),
  spark: (sql) => new SparkSQL().validate(sql),
  snowflake: (sql) => parsePolyglot(sql, Dialect.Snowflake),
  bigquery: (sql) => parsePolyglot(sql, Dialect.BigQuery),
};

function parsePolyglot(sql: string, dialect: Dialect): unknown[] {
  const parsed = parse(sql, dialect);
  return parsed.success ? [] : [parsed.error];
}

test.each(Object.keys(PARSERS))("%s: a parser of its dialect takes every statement, for a lake on S3 and on a disk", async (engine) => {
  const validate = PARSERS[engine]!;
  for (const lake of [AWS, folder, "/var/o'neil\\s\nDROP TABLE lake"]) expect(validate(await ddl(engine as EngineName, lake))).toEqual([]);
  expect(validate("CREATE TABLE TABLE nothing (")).not.toEqual([]);
});

test.each(ENGINE_NAMES)("%s: each table and the view of what is owed are named, and where they lie", async (engine) => {
  const printed = await ddl(engine, AWS);
  for (const name of ["usage", "rollups", "allocations", "charges", "owed"]) expect(printed).toMatch(new RegExp(`(?:TABLE|VIEW|EXISTS|--) ${name}\\b`));
  expect(printed).toMatch(/ai-ledger/);
  expect(printed).toMatch(/subscription', 'caller_key/);
});

test.each(ENGINE_NAMES)("%s: the name of a folder ends neither a comment nor a text", async (engine) => {
  const lines = (await ddl(engine, "/var/a\nDROP TABLE usage; --'")).split("\n");
  expect(lines.filter((line) => line.startsWith("DROP"))).toEqual([]);
});

test("an engine that reads buckets only says so of a lake on a disk; one that cannot read files among others says so of the charges", async () => {
  const printed = await ddl("athena", "/var/lib/ledger");
  expect(printed).toContain("-- This engine cannot read /var/lib/ledger. Copy the lake to a bucket, and put its name in place of put-your-bucket-here.\n");
  expect(printed).toContain("-- charges: this engine reads whole folders, and the folder of these files has other files too. Copy reports/*/focus.parquet to a separate folder to read them.\n");
  expect(printed).toContain("LOCATION 's3://put-your-bucket-here/usage/'");
});

test("Google's bucket is read as such, any other through the connection that is named", async () => {
  expect(await ddl("bigquery", "s3://ai-ledger?endpoint=https://storage.googleapis.com")).toContain("uris = ['gs://ai-ledger/usage/*']");
  expect(await ddl("bigquery", AWS, "--connection", "aws-eu-central-1.ledger")).toContain("WITH CONNECTION `aws-eu-central-1.ledger`");
  expect(await ddl("snowflake", AWS, "--connection", "ledger_integration")).toContain("STORAGE_INTEGRATION = ledger_integration");
});

test("an engine that nobody knows is refused, with those that are known", async () => {
  const { code, stderr } = await call(["ddl", "--engine", "oracle", "--lake", AWS]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/athena, trino, spark, clickhouse, snowflake, bigquery, duckdb/);
});
