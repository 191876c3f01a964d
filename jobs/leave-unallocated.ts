import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Month, utcDates } from "../src/chargeback/month.ts";
import { readParquet, sqlText, withDuckDb } from "../src/duckdb.ts";
import type { DayManifest } from "../src/lake/day-manifest.ts";
import { fetchRollups } from "../src/lake/fetch-rollups.ts";
import type { LedgerState } from "../src/lake/ledger-state.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { withWorkspace } from "../src/storage/workspace.ts";
import type { AllocateMonth } from "./monthly-chargeback.ts";

const TOKENS = ["input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "reasoning_tokens", "image_input_tokens", "image_output_tokens", "web_searches"];
const COUNTS = ["requests", "unpriced_requests", ...TOKENS];

/** Allocations of a ledger that knows no teams: nobody is charged for anything, devices are split evenly over their tags. */
export function leaveUnallocated(lake: ObjectStore): AllocateMonth {
  return async (month, state) =>
    await withWorkspace(async (workspace) => {
      const file = join(workspace, "allocations.parquet");
      const files = await fetchRollups(lake, findDays(state, month), workspace);
      await withDuckDb({ temporaryDirectory: workspace }, async (duck) => await duck.run(writeSplit(files, month, file)));
      const key = `allocations/month=${month.name}/part-0.parquet`;
      const content = await readFile(file);
      const entry = await lake.head(key);
      if (entry?.size === content.byteLength && content.equals(await lake.read(key))) return { key, etag: entry.etag };
      return { key, etag: (await lake.replace(key, content)).etag };
    });
}

function findDays({ days }: LedgerState, month: Month): DayManifest[] {
  const dates = new Set(utcDates(month));
  return [...days.values()].filter(({ date }) => dates.has(date));
}

function writeSplit(files: readonly string[], { from, to }: Month, file: string): string {
  const key = "caller, caller_type, tags, dimensions, instance, provider, model, billing";
  return `COPY (
    WITH used AS (
      SELECT ${key}, greatest(len(tags), 1) AS parts, ${["cost_usd", ...COUNTS].map(billionths).join(", ")}
      FROM ${readParquet(...files)}
      WHERE slot >= make_timestamptz(${String(from.getTime() * 1000)}) AND slot < make_timestamptz(${String(to.getTime() * 1000)})
      GROUP BY ALL),
    split AS (SELECT *, unnest(range(1, parts + 1)) AS position FROM used)
    SELECT '(unallocated)' AS team, NULL::VARCHAR AS cost_center, caller, caller_type,
      coalesce(tags[position], '(untagged)') AS tag, dimensions, instance, provider, model, billing,
      'unallocated' AS method, 'no allocation is configured' AS rule, NULL::VARCHAR AS base, (1 / parts)::DECIMAL(18,9) AS share,
      ${share("cost_usd")}::DECIMAL(18,9) AS cost_usd, ${COUNTS.map((column) => `${share(column)} AS ${column}`).join(", ")}
    FROM split ORDER BY caller, tag, instance, provider, model, billing, dimensions::VARCHAR, caller_type
  ) TO ${sqlText(file)} (FORMAT parquet, COMPRESSION zstd)`;
}

function billionths(column: string): string {
  return `(sum(${column})::DECIMAL(38,9) * 1000000000)::HUGEINT AS ${column}`;
}

/** What does not divide goes to the first parts. */
function share(column: string): string {
  return `((${column} // parts + (position <= ${column} % parts)::INTEGER)::DECIMAL(38,0) * 0.000000001)::DECIMAL(38,9)`;
}
