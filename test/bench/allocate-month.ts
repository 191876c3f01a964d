import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { withAllocatedSpan } from "../../src/allocation/shares/allocate-span.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { COUNT_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import { writeAllocations } from "../../src/allocation/shares/write-allocations.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { NO_TEAMS } from "../no-teams.ts";
import { mostResidentMiB } from "../resident-memory.ts";

export interface MonthAllocation {
  /** From rollups on disk to the table on disk, the database's start included. */
  seconds: number;
  residentMiB: number;
  /** Of the month's rollups. */
  rows: number;
}

/** Two teams, one of them of several people, a device of two tags whose cost is spread, and, if asked for, a discount on everything. */
function settings(discount: boolean): AllocationSettings {
  return {
    ...NO_TEAMS,
    several: "even",
    teams: [{ name: "a", members: ["user1*"] }, { name: "b", members: ["user*"] }, { name: "platform", members: ["tag:prod"] }],
    pools: [{ name: "platform", when: new Map([["team", "platform"]]), spread: "proportional" }],
    adjustments: discount ? [{ name: "discount", when: new Map(), percent: -10 }] : [],
  };
}

/** Quarters of an hour of October, each with so many rows: 97 people and a device, five models, seven repositories. */
async function writeRollups(duck: DuckDBConnection, rows: number, to: string): Promise<void> {
  const each = Math.ceil(rows / 2976);
  const tokens = COUNT_COLUMNS.slice(2).map((name) => `(i % 1000)::BIGINT AS ${name}`);
  await duck.run(`COPY (
    SELECT TIMESTAMPTZ '2026-10-01 00:00:00+00' + to_minutes(15 * (i // ${String(each)})) AS slot, 'prod' AS instance,
      CASE WHEN i % 20 > 0 THEN 'user' || (hash(i) % 97)::VARCHAR || '@example.com' ELSE 'tag:api,tag:prod' END AS caller,
      CASE WHEN i % 20 > 0 THEN 'user' ELSE 'tag' END AS caller_type, CASE WHEN i % 20 > 0 THEN []::VARCHAR[] ELSE ['tag:api', 'tag:prod'] END AS tags,
      'anthropic' AS provider, 'model-' || (i % 5)::VARCHAR AS model, 'metered' AS billing,
      CASE WHEN i % 3 = 0 THEN MAP {'repo': 'acme/' || (i % 7)::VARCHAR} ELSE MAP {}::MAP(VARCHAR, VARCHAR) END AS dimensions,
      NULL::VARCHAR AS agent, 1::BIGINT AS requests, 0::BIGINT AS unpriced_requests, ${tokens.join(", ")}, ((i % 1000) / 1e6)::DECIMAL(38,9) AS cost_usd
    FROM range(${String(rows)}) numbers(i)
  ) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd)`);
}

/** `allocate-month.ts ROWS [discount]`: allocates a month of invented rollups and prints a `MonthAllocation`. */
const [, , rows = "0", discount] = process.argv;
const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-month-"));
try {
  const rollups = join(folder, "rollups.parquet");
  await withDuckDb({ temporaryDirectory: folder }, (duck) => writeRollups(duck, Number(rows), rollups));
  const start = performance.now();
  await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    const allocating = { files: [rollups], span: boundMonth("2026-10", "UTC"), settings: settings(discount !== undefined) };
    await withAllocatedSpan(duck, allocating, (sums) => writeAllocations(duck, join(folder, "allocations.parquet"), sums));
  });
  const allocation: MonthAllocation = { seconds: (performance.now() - start) / 1000, residentMiB: mostResidentMiB(), rows: Number(rows) };
  process.stdout.write(JSON.stringify(allocation));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
