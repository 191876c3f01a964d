import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { LandingFile } from "../../src/lake/landing/date-file.ts";
import { landedRows } from "../../src/lake/landing/landed-rows.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { runs } from "../property/runs.ts";
import { queryByDuckDb, readByDuckDb, readByHyparquet, rowOf } from "./landed-rows.ts";
import { usageRecord } from "./usage-arbitrary.ts";

const EXPORT_TIME = new Date("2026-10-08T22:53:20Z");
const root = mkdtempSync(join(tmpdir(), "landing-"));
afterAll(() => rm(root, { recursive: true }));

function land(records: readonly UsageRecord[]): LandingFile[] {
  const writer = new LandingWriter(mkdtempSync(join(root, "export-")), { time: EXPORT_TIME, version: 2 });
  for (const [position, usage] of records.entries()) writer.add(usage, position);
  return writer.finish();
}

function dateOf({ ts }: UsageRecord): string {
  return new Date(Math.floor(ts / 1000)).toISOString().slice(0, 10);
}

/** The rows that the file of a date has to have. */
function rowsOf(records: readonly UsageRecord[], date: string) {
  const exportTime = EXPORT_TIME.getTime() * 1000;
  return records
    .map((usage, position) => ({ usage, position, exportTime, exportVersion: 2 }))
    .filter(({ usage }) => dateOf(usage) === date)
    .map(rowOf);
}

describe("landing files", () => {
  it("hold what was written, as two other readers read them, one file a date", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(usageRecord, { maxLength: 12 }), async (records) => {
        const files = land(records);
        expect(files.map(({ date }) => date)).toEqual([...new Set(records.map(dateOf))].sort());
        for (const { date, file, rows } of files) {
          const expected = rowsOf(records, date);
          expect(rows).toBe(expected.length);
          expect(await readByHyparquet(file)).toEqual(expected);
          expect(await readByDuckDb(file)).toEqual(expected);
        }
      }),
      runs(15),
    );
  });

  it("are the same bytes for the same records", () => {
    fc.assert(
      fc.property(fc.array(usageRecord, { minLength: 1, maxLength: 12 }), (records) => {
        const [first, second] = [land(records), land(records)];
        for (const [i, { file }] of first.entries()) {
          expect(basename(file)).toBe(`${first[i]?.date ?? ""}.parquet`);
          expect(readFileSync(file).equals(readFileSync(second[i]?.file ?? ""))).toBe(true);
        }
      }),
      runs(15),
    );
  });

  it("hold more rows than are kept in memory, in the order they came", async () => {
    const samples = fc.sample(usageRecord, { numRuns: 40, seed: 7 });
    const [day, next] = [Date.UTC(2026, 9, 1) * 1000, Date.UTC(2026, 9, 2) * 1000];
    const records = Array.from({ length: 22_500 }, (_, i): UsageRecord => {
      const sample = samples[i % samples.length] as UsageRecord;
      return { ...sample, recordId: BigInt(i), ts: (i % 10 === 0 ? next : day) + i };
    });
    const files = land(records);
    expect(files.map(({ date, rows }) => [date, rows])).toEqual([["2026-10-01", 20_250], ["2026-10-02", 2_250]]);
    for (const { date, file } of files) {
      const read = await readByDuckDb(file);
      const expected = rowsOf(records, date);
      expect(read).toHaveLength(expected.length);
      const wrong = read.findIndex((row, i) => JSON.stringify(row, writeBigInt) !== JSON.stringify(expected[i], writeBigInt));
      expect(wrong === -1 ? undefined : read[wrong]).toEqual(wrong === -1 ? undefined : expected[wrong]);
    }
  });

  it("of no records are none", () => {
    expect(land([])).toEqual([]);
  });

  it("have times, decimals, lists and maps for what they are", async () => {
    const [{ file }] = land(fc.sample(usageRecord, { numRuns: 1, seed: 1 })) as [LandingFile];
    const columns = await queryByDuckDb(`DESCRIBE SELECT * FROM ${landedRows([file])}`);
    expect(Object.fromEntries(columns.map(([name, type]) => [String(name), type]))).toMatchObject({
      ts: "TIMESTAMP WITH TIME ZONE", record_id: "BIGINT", tags: "VARCHAR[]", status_code: "INTEGER", duration_ms: "BIGINT",
      input_tokens: "BIGINT", cost_usd: "DECIMAL(18,9)", dimensions: "MAP(VARCHAR, VARCHAR)", partial: "BOOLEAN",
      caller: "VARCHAR", export: "VARCHAR",
    });
  });

  it("keep a byte order mark that a text starts with", async () => {
    const [sample] = fc.sample(usageRecord, { numRuns: 1, seed: 1 }) as [UsageRecord];
    const [{ file }] = land([{ ...sample, caller: "\ufeffalice" }]) as [LandingFile];
    expect(await queryByDuckDb(`SELECT unicode(caller), length(caller) FROM ${landedRows([file])}`)).toEqual([[0xfeff, 6n]]);
  });
});

function writeBigInt(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${String(value)}n` : value;
}
