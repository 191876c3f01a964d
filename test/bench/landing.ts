import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import parquetjs from "parquetjs-lite";
import { NO_TERMS } from "../../src/ledger/usage/terms.ts";
import { NO_TOKENS } from "../../src/ledger/usage/token-counts.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import { LandedColumns } from "../../src/lake/landing/landed-columns.ts";
import { LANDING_COLUMNS, type Storage } from "../../src/lake/landing/landing-columns.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { inRounds, type Measurement } from "./measure.ts";

const EXPORT_TIME = new Date("2026-10-08T00:00:00Z");

export interface LandingComparison {
  /** Seconds. */
  ours: number[];
  theirs: number[];
  note: string;
}

/**
 * Landing files by this project's writer and by parquetjs-lite, the same rows and columns in turn in one process.
 * parquetjs-lite has no decimals or zstd: it is given integers of nanodollars, and gzip.
 */
export async function compareLandingWriters(rows: number, rounds: number): Promise<LandingComparison> {
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-landing-"));
  try {
    const records = Array.from({ length: rows }, (_, index) => usageRecord(index));
    const measurements: Record<"ours" | "theirs", Measurement> = {
      ours: () => seconds(() => writeWithOurs(records, folder)),
      theirs: () => seconds(() => writeWithParquetjs(records, folder)),
    };
    // Unmeasured: warms both up.
    await inRounds(1, measurements);
    const { ours = [], theirs = [] } = await inRounds(rounds, measurements);
    const bytes = statSync(writeWithOurs(records, folder)).size;
    const otherBytes = statSync(parquetjsFile(folder)).size;
    const note = `landing write: ${rows} rows of ${LANDING_COLUMNS.length} columns; ours with zstd ${bytes} bytes, parquetjs-lite with gzip ${otherBytes}`;
    return { ours, theirs, note };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function usageRecord(index: number): UsageRecord {
  return {
    ts: Date.UTC(2026, 9, 5) * 1000 + (index % 86_000) * 1_000_003, instance: "prod", recordId: BigInt(index),
    captureId: `cap-${index.toString(16)}`, sessionId: `sess-${index % 500}`, nodeId: `n${index % 40}CNTRL`,
    caller: index % 5 === 0 ? "tag:ci" : `user${index % 40}@example.com`, callerType: index % 5 === 0 ? "tag" : "user",
    tags: index % 5 === 0 ? ["tag:ci"] : [], agent: "claude-code", userAgent: "claude-cli/2.1.14 (external, cli)",
    provider: "anthropic", model: "claude-sonnet-4-6", modelRecorded: "claude-sonnet-4-6", apiType: "ant_messages",
    path: "/v1/messages", statusCode: 200, durationMs: index % 60_000,
    unknownCounts: new Map(),
    tokens: {
      ...NO_TOKENS, inputTokens: index % 5000, outputTokens: index % 900, cachedTokens: index % 90_000, cacheWriteTokens: index % 7000,
    },
    cost: BigInt(index) * 12_345n,
    costSource: "aperture", costBasis: "anthropic/claude-sonnet-4-6", priceVersion: null, billing: "metered", billingAssumed: false, toolCalls: 0, tools: [], terms: NO_TERMS,
    dimensions: index % 5 === 0 ? { repo: "acme/web" } : {}, partial: false, export: "ts-aperture-export-1791417600.cbor.zstd",
  };
}

const PARQUETJS_TYPES: Record<Storage, string> = {
  text: "UTF8", own_text: "UTF8", integer: "INT32", identifier: "INT64", double: "DOUBLE", decimal: "INT64", boolean: "BOOLEAN",
};

function parquetjsFile(folder: string): string {
  return join(folder, "parquetjs.parquet");
}

async function writeWithParquetjs(records: readonly UsageRecord[], folder: string): Promise<void> {
  const schema = new parquetjs.ParquetSchema(
    Object.fromEntries(
      LANDING_COLUMNS.map(({ name, storage, nullable }) => [name, { type: PARQUETJS_TYPES[storage], optional: nullable, compression: "GZIP" }]),
    ),
  );
  const writer = await parquetjs.ParquetWriter.openFile(schema, parquetjsFile(folder));
  writer.setRowGroupSize(20_000);
  const columns = new LandedColumns();
  const origin = { exportTime: EXPORT_TIME.getTime() * 1000, exportVersion: 0 };
  for (const [position, usage] of records.entries()) {
    columns.put(0, usage, origin, position);
    const row: Record<string, unknown> = {};
    for (const { name } of LANDING_COLUMNS) {
      const [value] = columns.values[name];
      // Its integers are numbers.
      if (value !== null) row[name] = typeof value === "bigint" ? Number(value) : value;
    }
    await writer.appendRow(row);
  }
  await writer.close();
}

function writeWithOurs(records: readonly UsageRecord[], folder: string): string {
  const writer = new LandingWriter(folder, { time: EXPORT_TIME, version: 0 });
  for (const [position, record] of records.entries()) writer.add(record, position);
  return writer.finish()[0]?.file ?? "";
}

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
