import fc from "fast-check";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withAllocatedSpan } from "../../src/allocation/shares/allocate-span.ts";
import { writeAllocations } from "../../src/allocation/shares/write-allocations.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { adjustments, allocationSettings } from "../allocation/settings-arbitrary.ts";
import { buildRecords, builtRecord } from "../chargeback/built-month.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { runs } from "./runs.ts";

test("for any records, sum over teams = sum over tags = sum over dimensions = sum of usage, in the files themselves", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(builtRecord, { minLength: 1, maxLength: 30 }), allocationSettings, adjustments, async (records, settings, changes) => {
      const folder = temporaryFolder();
      const { usage, rollups } = await buildRecords(folder, records);
      const month = boundMonth("2026-10", settings.timezone);
      const file = join(folder, "allocations.parquet");
      await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
        await withAllocatedSpan(duck, { files: rollups, span: month, settings: { ...settings, adjustments: changes } }, (sums) => writeAllocations(duck, file, sums));
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
