import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readRecords, secondOf, simulateAll } from "./read-exports.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";

async function digest(seed: string, bodies: boolean): Promise<string> {
  const hash = createHash("sha256");
  const options = { days: 2, records: bodies ? 60 : 1500, seed, bodies };
  for await (const { name, bytes } of simulateExports(options).exports) hash.update(name).update(bytes);
  return hash.digest("hex");
}

describe("simulateExports", () => {
  it.each([false, true])("gives the same bytes for the same options, others for another seed (bodies: %s)", async (bodies) => {
    const first = await digest("autumn", bodies);
    expect(await digest("autumn", bodies)).toBe(first);
    expect(await digest("winter", bodies)).not.toBe(first);
  });

  it("writes each request once and says how many records and bytes an export holds", async () => {
    const { exports, read } = await simulateAll({ days: 3, records: 2000, duplicates: 0, late: 0 });
    expect(read.map((records) => records.length)).toEqual(exports.map(({ records }) => records));
    const ids = read.flat().map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
    expect(new Set(read.flat().map((record) => record.capture_id)).size).toBe(2000);
    expect(exports.every(({ cborBytes, bytes }) => cborBytes > bytes.length)).toBe(true);
  });

  it("stays within the limit and the days, names exports by increasing seconds and exports nothing before it happened", async () => {
    const from = new Date("2026-11-02T00:00:00Z");
    const { exports, read } = await simulateAll({ from, days: 2, records: 3000, limit: 40, everySeconds: 1800, late: 0 });
    const seconds = exports.map(secondOf);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    expect(new Set(seconds).size).toBe(seconds.length);
    expect(exports.every(({ records }) => records > 0 && records <= 40)).toBe(true);
    for (const [index, records] of read.entries()) {
      for (const { timestamp } of records) expect(Date.parse(timestamp)).toBeLessThan(seconds[index]! * 1000);
    }
    const times = read.flat().map(({ timestamp }) => Date.parse(timestamp));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(from.getTime());
    expect(Math.max(...times)).toBeLessThan(from.getTime() + 2 * 86_400_000);
  });

  it("writes no export for an interval without requests", async () => {
    const { exports, read } = await simulateAll({ days: 5, records: 3, duplicates: 0, late: 0 });
    expect(read.flat()).toHaveLength(3);
    expect(exports.length).toBeLessThanOrEqual(3);
  });

  it("exports the share of duplicates again, unchanged, in a later export", async () => {
    const { read } = await simulateAll({ days: 2, records: 2000, duplicates: 0.05, late: 0 });
    const seen = new Map<string, { index: number; record: unknown }>();
    let again = 0;
    for (const [index, records] of read.entries()) {
      for (const record of records) {
        const earlier = seen.get(record.capture_id);
        if (earlier === undefined) {
          seen.set(record.capture_id, { index, record });
          continue;
        }
        again += 1;
        expect(index).toBeGreaterThan(earlier.index);
        expect(record).toEqual(earlier.record);
      }
    }
    expect(seen.size).toBe(2000);
    expect(again).toBeGreaterThan(50);
    expect(again).toBeLessThan(150);
  });

  it("exports the share of late records two days after they happened, and only then", async () => {
    const { exports, read } = await simulateAll({ days: 2, records: 2000, duplicates: 0, late: 0.05 });
    const delays = read.flatMap((records, index) =>
      records.map(({ timestamp }) => secondOf(exports[index]!) - Date.parse(timestamp) / 1000),
    );
    const late = delays.filter((delay) => delay > 3700);
    expect(delays).toHaveLength(2000);
    expect(late.length).toBeGreaterThan(50);
    expect(late.length).toBeLessThan(150);
    for (const delay of late) expect(delay / 3600).toSatisfy((hours: number) => hours >= 48 && hours <= 50);
  });

  it("makes exports as they are asked for", async () => {
    const simulation = simulateExports({ records: 1_000_000_000 });
    for await (const { bytes, records } of simulation.exports) {
      expect(readRecords(bytes)).toHaveLength(records);
      break;
    }
    expect(simulation.truth().files).toBe(1);
  });
});
