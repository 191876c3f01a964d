import fc from "fast-check";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withAllocatedSpan } from "../../src/allocation/shares/allocate-span.ts";
import { writeAllocations } from "../../src/allocation/shares/write-allocations.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { withoutPrices } from "../../src/lake/days/day-pricing.ts";
import { writeDayTables } from "../../src/lake/days/day-tables.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { adjustments, allocationSettings, PEOPLE, TAGS } from "../allocation/settings-arbitrary.ts";
import { usageRecord } from "../lake/usage-arbitrary.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { runs } from "./runs.ts";

/** Any record; most of them by somebody that a directory may know. */
const record: fc.Arbitrary<UsageRecord> = fc
  .tuple(usageRecord, fc.option(fc.constantFrom(...PEOPLE), { nil: undefined }), fc.option(fc.subarray(TAGS, { minLength: 1 }), { nil: undefined, freq: 1 }))
  .map(([usage, login, tags]) => {
    if (tags !== undefined) return { ...usage, caller: tags.join(","), callerType: "tag", tags };
    return login === undefined ? usage : { ...usage, caller: login, callerType: "user", tags: [] };
  });

async function buildRollups(folder: string, records: readonly UsageRecord[]): Promise<{ usage: string[]; rollups: string[] }> {
  const landing = new LandingWriter(folder, { time: new Date("2026-10-05T00:00:00Z"), version: 0 });
  for (const [position, one] of records.entries()) landing.add({ ...one, captureId: `capture-${String(position)}` }, position);
  const files = landing.finish();
  return await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    const tables = files.map(({ date }) => ({ usage: join(folder, `usage-${date}.parquet`), rollups: join(folder, `rollups-${date}.parquet`) }));
    for (const [index, { file }] of files.entries()) {
      await writeDayTables(duck, [file], tables[index]!, withoutPrices("2026-10-05", "prod"));
    }
    return { usage: tables.map((table) => table.usage), rollups: tables.map((table) => table.rollups) };
  });
}

test("for any records, sum over teams = sum over tags = sum over dimensions = sum of usage, in the files themselves", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), allocationSettings, adjustments, async (records, settings, changes) => {
      const folder = temporaryFolder();
      const { usage, rollups } = await buildRollups(folder, records);
      const month = boundMonth("2026-10", settings.timezone);
      const file = join(folder, "allocations.parquet");
      await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
        await withAllocatedSpan(duck, { files: rollups, span: month, settings: { ...settings, adjustments: changes } }, () => writeAllocations(duck, file));
      });
      const inMonth = `ts >= '${month.from.toISOString()}'::TIMESTAMPTZ AND ts < '${month.to.toISOString()}'::TIMESTAMPTZ`;
      const [expected] = await query(`
        SELECT coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR AS cost, count(*)::DECIMAL(38,9)::VARCHAR AS requests, count(cost_usd) > 0 AS priced
        FROM read_parquet([${usage.map((one) => `'${one}'`).join(", ")}]) WHERE ${inMonth}`);
      for (const group of ["team", "tag", "map_entries(dimensions)", "caller, model, provider, billing"]) {
        const [sums] = await query(`
          SELECT coalesce(sum(cost), 0)::DECIMAL(38,9)::VARCHAR AS cost, coalesce(sum(requests), 0)::DECIMAL(38,9)::VARCHAR AS requests, count(cost) > 0 AS priced
          FROM (SELECT sum(cost_usd)::DECIMAL(38,9) AS cost, sum(requests)::DECIMAL(38,9) AS requests FROM read_parquet('${file}') WHERE method <> 'adjustment' GROUP BY ${group})`);
        expect(sums, group).toEqual(expected);
      }
    }),
    runs(15),
  );
});
