import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { writeUsage } from "../../src/lake/days/day-tables.ts";
import { readLandedDay } from "../../src/lake/days/landed-day.ts";
import { countIdentifiersUsedAgain } from "../../src/lake/days/same-request.ts";
import { sha256OfFile } from "../../src/storage/file-digest.ts";
import { storedRows } from "../landing-sql.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { countUsedAgain, keepRequests, type LandedRecord } from "./request-model.ts";

const DAY = Date.UTC(2026, 9, 5) * 1000;

/** What a record that is landed says of itself: few values of each, so that they meet. */
const record = fc.record({
  ts: fc.constantFrom(DAY, DAY, DAY + 1, DAY + 1_000_000),
  caller: fc.constantFrom("ann@example.com", "ann@example.com", "bob@example.com"),
  captureId: fc.constantFrom(null, null, "", "a", "é", "💸", "\ud7ff", "\uffff"),
  recordId: fc.constantFrom(null, null, 0, 1, 2, -1),
});
/** Records, and for each which of a few exports bring it. */
const identified = record.filter(({ captureId, recordId }) => captureId !== null || recordId !== null);
const landed = fc.array(fc.tuple(identified, fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 })), { minLength: 1, maxLength: 20 });
/** Two exports of one time, one of which was replaced under its name. */
const EXPORTS = [
  { exportTime: DAY + 3_600_000_000, export: "a", exportVersion: 0 },
  { exportTime: DAY + 3_600_000_000, export: "a", exportVersion: 1 },
  { exportTime: DAY + 3_600_000_000, export: "b", exportVersion: 0 },
  { exportTime: DAY + 7_200_000_000, export: "0", exportVersion: 0 },
];

function land(planned: readonly [Omit<LandedRecord, "exportTime" | "export" | "exportVersion" | "position">, number[]][]): LandedRecord[] {
  return planned.flatMap(([one, exports], position) =>
    exports.flatMap((index) => EXPORTS.slice(index, index + 1).map((from): LandedRecord => ({ ...one, ...from, position }))),
  );
}

const EMPTY: Readonly<Record<string, string>> = {
  timestamp: "TIMESTAMPTZ '2026-10-05 00:00:00+00'", text: "''", texts: "[]::VARCHAR[]", text_map: "MAP {}::MAP(VARCHAR, VARCHAR)",
  integer: "0::INTEGER", bigint: "0::BIGINT", decimal: "0::DECIMAL(18,9)", boolean: "false",
};

/** Writes records into landing files, cut as `files` says: the place of a record in it is the file. */
async function writeLanding(duck: DuckDBConnection, folder: string, records: readonly LandedRecord[], files: number): Promise<string[]> {
  const names: string[] = [];
  for (const [index, part] of [...Map.groupBy(records, (_, place) => place % files).values()].entries()) {
    const json = (value: string | number | null): string => (value === null ? "NULL" : typeof value === "number" ? String(value) : sqlText(value));
    const rows = part.map(({ ts, caller, captureId, recordId, exportTime, export: name, exportVersion, position }) =>
      `(${[ts, caller, captureId, recordId, exportTime, name, exportVersion, position].map(json).join(", ")})`);
    const values: Readonly<Record<string, string>> = {
      ts: "make_timestamptz(v_ts)", caller: "v_caller", capture_id: "v_capture::VARCHAR", record_id: "v_record::BIGINT",
      export_time: "make_timestamptz(v_time)", export: "v_export", export_version: "v_version::INTEGER", position: "v_position::BIGINT",
    };
    const table = `(VALUES ${rows.join(", ")}) landed(v_ts, v_caller, v_capture, v_record, v_time, v_export, v_version, v_position)`;
    const file = join(folder, `landing-${String(index)}.parquet`);
    await duck.run(`COPY (${storedRows(({ name, type }) => values[name] ?? EMPTY[type] ?? "NULL", table)}) TO ${sqlText(file)} (FORMAT parquet)`);
    names.push(file);
  }
  return names;
}

interface Built {
  kept: string[];
  usedAgain: number;
  sha256: string;
}

async function build(duck: DuckDBConnection, records: readonly LandedRecord[], files: number): Promise<Built> {
  const folder = temporaryFolder();
  const landing = await writeLanding(duck, folder, records, files);
  const usage = join(folder, "usage.parquet");
  await writeUsage(duck, await readLandedDay(duck, landing), usage);
  const rows = await duck.runAndReadAll(`SELECT to_json([epoch_us(ts)::VARCHAR, caller, capture_id, record_id::VARCHAR, export])::VARCHAR FROM '${usage}'`);
  return { kept: rows.getRows().map(([row]) => String(row)), usedAgain: await countIdentifiersUsedAgain(duck, usage), sha256: await sha256OfFile(usage) };
}

function describeRow({ ts, caller, captureId, recordId, export: name }: LandedRecord): string {
  return JSON.stringify([String(ts), caller, captureId, recordId === null ? null : String(recordId), name]);
}

describe("which records of a day are the same request", () => {
  test("is what the rule says, in whatever order they arrive and however exports are divided", async () => {
    await withDuckDb({ temporaryDirectory: temporaryFolder() }, async (duck) => {
      const builds = fc.asyncProperty(landed, fc.infiniteStream(fc.nat()), async (planned, chance) => {
        const records = land(planned);
        const expected = keepRequests(records);
        const one = await build(duck, records, 1);
        expect(one.kept.toSorted()).toEqual(expected.map(describeRow).toSorted());
        expect(one.usedAgain).toBe(countUsedAgain(expected));
        const shuffled = records.map((item) => ({ item, rank: chance.next().value })).toSorted((a, b) => a.rank - b.rank).map(({ item }) => item);
        expect(await build(duck, shuffled, 3)).toEqual(one);
      });
      await fc.assert(builds, { numRuns: 40 });
    });
  });

  /** Time in seconds of the day, caller, capture id, record id. */
  type Said = [second: number, caller: string, captureId: string | null, recordId: number | null];
  test.each<[what: string, records: Said[], kept: Said[], usedAgain: number]>([
    ["is repeated", [[1, "ann", "x", 1], [1, "ann", "x", 1]], [[1, "ann", "x", 1]], 0],
    ["has the ids of one at another time", [[1, "ann", null, 1], [2, "ann", null, 1]], [[1, "ann", null, 1], [2, "ann", null, 1]], 2],
    ["has the ids of another caller's", [[1, "ann", null, 1], [1, "bob", null, 1]], [[1, "ann", null, 1], [1, "bob", null, 1]], 2],
    ["shares a capture id and has another record id", [[1, "ann", "x", 1], [1, "ann", "x", 2]], [[1, "ann", "x", 1], [1, "ann", "x", 2]], 2],
    ["shares a record id and has another capture id", [[1, "ann", "x", 1], [1, "ann", "y", 1]], [[1, "ann", "x", 1], [1, "ann", "y", 1]], 2],
    ["is repeated without its record id", [[1, "ann", "x", 1], [1, "ann", "x", null]], [[1, "ann", "x", null]], 0],
    ["is repeated without its capture id", [[1, "ann", "x", 1], [1, "ann", null, 1]], [[1, "ann", null, 1]], 0],
    ["has no identifier in common with another", [[1, "ann", "x", null], [1, "ann", null, 1]], [[1, "ann", "x", null], [1, "ann", null, 1]], 0],
    ["agrees with two that differ", [[1, "ann", "x", 1], [1, "ann", "x", 2], [1, "ann", "x", null]], [[1, "ann", "x", null], [1, "ann", "x", 2]], 2],
  ])("a record that %s", async (_, records, kept, usedAgain) => {
    const written = records.map(([second, caller, captureId, recordId], index): LandedRecord => ({
      ts: DAY + second * 1_000_000, caller, captureId, recordId, exportTime: DAY + index, export: `export-${String(index)}`, exportVersion: 0, position: 0,
    }));
    const built = await withDuckDb({ temporaryDirectory: temporaryFolder() }, (duck) => build(duck, written, 2));
    const identities = built.kept.map((row) => JSON.parse(row) as [string, string, string | null, string | null]).map(([ts, caller, captureId, recordId]) =>
      [(Number(ts) - DAY) / 1_000_000, caller, captureId, recordId === null ? null : Number(recordId)]);
    expect(identities).toHaveLength(kept.length);
    expect(identities).toEqual(expect.arrayContaining(kept));
    expect(built.usedAgain).toBe(usedAgain);
  });
});
