import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../duckdb.ts";
import { formatDollars } from "../money.ts";
import type { Allocated } from "./allocate.ts";
import { COUNTS } from "./sums.ts";

/** Columns of the `allocations` table that say what a row is; amounts follow. A contract in names, types and order. */
const KEYS = [
  "team", "cost_center", "caller", "caller_type", "tag", "dimensions", "instance", "provider", "model", "billing",
  "method", "rule", "base", "share",
] as const;
const STAGED = KEYS.map((name) => `${name} VARCHAR`);
const AMOUNTS = ["cost_usd", ...COUNTS];
/** Maps have no order in SQL; their entries do. */
const ORDER = KEYS.map((name) => `${name === "dimensions" ? "map_entries(dimensions)" : name} NULLS FIRST`);

/**
 * Writes the `allocations` table of a month to a local file, rows in order of their key: the same allocations become the same
 * bytes. Returns the number of rows.
 */
export async function writeAllocations(duck: DuckDBConnection, allocated: readonly Allocated[], to: string): Promise<number> {
  await duck.run(`CREATE TEMP TABLE allocated (${[...STAGED, ...AMOUNTS.map((name) => `${name} VARCHAR`)].join(", ")})`);
  try {
    await stage(duck, allocated);
    const keys = KEYS.map((name) => CASTS.get(name) ?? name);
    await duck.run(`COPY (
      SELECT * FROM (
        SELECT ${keys.join(", ")}, sum(cost_usd::DECIMAL(38,9))::DECIMAL(18,9) AS cost_usd,
          ${COUNTS.map((name) => `sum(${name}::DECIMAL(38,9))::DECIMAL(38,9) AS ${name}`).join(", ")}
        FROM allocated GROUP BY ALL
      ) ORDER BY ${ORDER.join(", ")}
    ) TO ${sqlText(to)} (FORMAT parquet, COMPRESSION zstd)`);
    const written = await duck.runAndReadAll(`SELECT count(*)::DOUBLE FROM read_parquet(${sqlText(to)}, hive_partitioning = false)`);
    return Number(written.value(0, 0));
  } finally {
    await duck.run("DROP TABLE allocated");
  }
}

const CASTS: ReadonlyMap<string, string> = new Map([
  ["dimensions", "map_from_entries(from_json(dimensions, '[{\"k\": \"VARCHAR\", \"v\": \"VARCHAR\"}]')) AS dimensions"],
  ["share", "share::DECIMAL(18,9) AS share"],
]);

async function stage(duck: DuckDBConnection, allocated: readonly Allocated[]): Promise<void> {
  const appender = await duck.createAppender("allocated");
  try {
    for (const { plan, team, tag, method, rule, base, share, sums } of allocated) {
      const { caller, callerType, dimensions, instance, provider, model, billing } = plan.usage;
      const named = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
      const keys = [
        team, plan.costCenterOf(team), caller, callerType, tag, JSON.stringify(named.map(([k, v]) => ({ k, v }))), instance, provider, model, billing,
        method, rule, base, formatDollars(share),
      ];
      for (const text of [...keys, sums.cost === null ? null : formatDollars(sums.cost), ...sums.counts.map(formatDollars)]) {
        if (text === null) appender.appendNull();
        else appender.appendVarchar(text);
      }
      appender.endRow();
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}
