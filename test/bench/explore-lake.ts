import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { PARQUET } from "../../src/lake/days/parquet-options.ts";
import { replaceJson } from "../../src/lake/json-object.ts";
import { layout } from "../../src/lake/layout.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { TOKEN_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeDay } from "./month-days.ts";
import { DAYS, INSTANCE } from "./month-ledger.ts";

function drawn(what: string, below: number): string {
  return `(hash(i, day, '${what}') % ${String(below)})::BIGINT`;
}

/** SQL of a day's rollups in their order: 5,000 callers, 20 models, 1,000 repositories, 5,000 branches. */
function selectDay(day: string, index: number, rows: number): string {
  const isDevice = "person % 50 = 0";
  return `SELECT TIMESTAMPTZ '${day} 00:00:00+00' + to_minutes(15 * (i * 96 // ${String(rows)})) AS slot, '${INSTANCE}' AS instance,
    CASE WHEN ${isDevice} THEN 'tag:ci' ELSE 'user' || person || '@example.com' END AS caller, CASE WHEN ${isDevice} THEN 'tag' ELSE 'user' END AS caller_type, CASE WHEN ${isDevice} THEN ['tag:ci'] ELSE [] END AS tags,
    ['claude-code', 'codex', NULL][1 + person % 3] AS agent, 'anthropic' AS provider, 'model-' || ${drawn("model", 20)} AS model, CASE WHEN person % 10 = 1 THEN 'subscription' ELSE 'metered' END AS billing,
    NULL::VARCHAR AS service_tier, NULL::VARCHAR AS speed, NULL::VARCHAR AS inference_geo, CASE WHEN ${drawn("status", 100)} = 0 THEN 'error' ELSE 'ok' END AS status_class,
    MAP {'branch': 'feature/' || ${drawn("branch", 5000)}, 'repo': 'acme/repository-' || (person * 7 % 1000)} AS dimensions, 1 + ${drawn("requests", 9)} AS requests,
    ${TOKEN_COLUMNS.map(({ name }) => `${drawn(name, 10_000)} AS ${name}`).join(", ")}, (${drawn("cost", 100_000)} * 0.000001)::DECIMAL(38,9) AS cost_usd, 0::BIGINT AS unpriced_requests, ${drawn("duration", 9999)} AS duration_ms, 0::BIGINT AS tool_calls
    FROM (SELECT i, ${String(index)} AS day, (hash(i, ${String(index)}, 'person') % 5000)::BIGINT AS person FROM range(${String(rows)}) numbers(i)) ORDER BY slot, caller`;
}

/** `explore-lake.ts FOLDER ROWS`: writes an invented October: rollups of so many rows and the manifests of their days. The tables of usage are empty. */
const [, , folder = "", rows = "0"] = process.argv;
const lake = new FsStore(folder);
await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
  for (const [index, day] of DAYS.entries()) {
    const [usage, rollups] = [layout.usage(day, INSTANCE), layout.rollups(day, INSTANCE)].map((key) => join(folder, key));
    if (usage === undefined || rollups === undefined) throw new RangeError(day);
    for (const file of [usage, rollups]) mkdirSync(dirname(file), { recursive: true });
    await duck.run(`COPY (SELECT 1 AS nothing WHERE FALSE) TO ${sqlText(usage)} (${PARQUET})`);
    await duck.run(`COPY (${selectDay(day, index, Math.ceil(Number(rows) / DAYS.length))}) TO ${sqlText(rollups)} (${PARQUET})`);
    await replaceJson(lake, layout.dayManifest(day, INSTANCE), await describeDay(lake, folder, day));
  }
});
