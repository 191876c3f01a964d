import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layout } from "../../src/lake/layout.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { mostResidentMiB } from "../resident-memory.ts";
import { DAYS, INSTANCE, type MonthMeasured, SHAPES, shapeOf } from "./month-ledger.ts";

/**
 * `month-statement.ts LAKE SHAPE`: what somebody without a ledger would do, one statement that groups the same usage by day, team, caller, model,
 * agent and price, and writes Parquet and CSV. Prints a `MonthMeasured`.
 */
const [, , lake = "", shape] = process.argv;
const { teams } = SHAPES[shapeOf(shape)];
const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-statement-"));
try {
  const files = DAYS.map((day) => join(lake, layout.usage(day, INSTANCE)));
  const [parquet, csv] = [join(folder, "chargeback.parquet"), join(folder, "chargeback.csv")];
  const rows = await withDuckDb({ temporaryDirectory: folder, threads: 2 }, async (duck) => {
    const team = `CASE WHEN caller_type = 'user' THEN 'team-' || (regexp_extract(caller, '[0-9]+')::BIGINT % ${String(teams)}) ELSE 'platform' END`;
    const tokens = ["input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens"].map((name) => `sum(${name}) AS ${name}`);
    await duck.run(`CREATE TEMP TABLE chargeback AS SELECT ts::DATE AS day, ${team} AS team, caller, provider, model, agent, billing, price_version, count(*) AS requests, ${tokens.join(", ")}, sum(cost_usd) AS cost_usd
      FROM ${readParquet(...files)} GROUP BY ALL ORDER BY ALL`);
    await duck.run(`COPY chargeback TO ${sqlText(parquet)} (FORMAT parquet, COMPRESSION zstd)`);
    await duck.run(`COPY chargeback TO ${sqlText(csv)} (FORMAT csv, HEADER)`);
    return Number((await duck.runAndReadAll("SELECT count(*)::DOUBLE FROM chargeback")).value(0, 0));
  });
  const { user, system } = process.cpuUsage();
  const measured: MonthMeasured = { cpuSeconds: (user + system) / 1_000_000, residentMiB: mostResidentMiB(), rows };
  process.stdout.write(JSON.stringify(measured));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
