import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { allocateMonth } from "../../src/allocation/allocate-months.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { writeRollups } from "../../src/lake/days/day-tables.ts";
import { readLandedDay } from "../../src/lake/days/landed-day.ts";
import { replaceJson } from "../../src/lake/json-object.ts";
import { layout } from "../../src/lake/layout.ts";
import { type ColumnType, USAGE_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import { describeDay } from "./month-days.ts";
import { DAYS, INSTANCE, MODELS, MONTH, openMonth, REPOSITORIES, type Shape, shapeOf, SHAPES } from "./month-ledger.ts";

/** Requests of one session. */
const REQUESTS_OF_SESSION = 8;

const TYPE: Record<ColumnType, string> = {
  timestamp: "TIMESTAMPTZ", text: "VARCHAR", texts: "VARCHAR[]", text_map: "MAP(VARCHAR, VARCHAR)",
  integer: "INTEGER", bigint: "BIGINT", decimal: "DECIMAL(18,9)", boolean: "BOOLEAN",
};
const EMPTY: Record<ColumnType, string> = {
  timestamp: "NULL", text: "''", texts: "[]", text_map: "MAP {}", integer: "0", bigint: "0", decimal: "NULL", boolean: "false",
};

function drawn(what: string, below: number, of: string): string {
  return `(hash(${of}, '${what}') % ${String(below)})::BIGINT`;
}

/** SQL of the values of request `i`, by column; other columns are empty. Three sessions in a hundred are of the machines. */
function usageValues(day: string, shape: Shape): Record<string, string> {
  const isDense = shape === "dense";
  const session = `(i // ${String(REQUESTS_OF_SESSION)})`;
  const person = drawn("person", SHAPES[shape].people, isDense ? "i" : session);
  const isMachine = `${drawn("machine", 100, session)} < 3`;
  const of = (what: string, own: number, count: number): string => (isDense ? drawn(what, count, "i") : `((${person} + ${drawn(what, own, "i")}) % ${String(count)})`);
  const model = `[${MODELS.map(sqlText).join(", ")}][1 + CASE WHEN ${isMachine} THEN 0 ELSE ${of("model", 3, MODELS.length)} END]`;
  const [input, output] = [`(100 + ${drawn("input", 5000, "i")})`, `(10 + ${drawn("output", 2000, "i")})`];
  return {
    ts: `TIMESTAMPTZ '${day} 00:00:00+00' + to_seconds(${drawn("start", 80_000, session)} + i % ${String(REQUESTS_OF_SESSION)} * 60)`,
    instance: sqlText(INSTANCE),
    record_id: "i",
    session_id: `'s-' || ${session}`,
    caller: `CASE WHEN ${isMachine} THEN 'tag:ci' ELSE 'user' || ${person} || '@example.com' END`,
    caller_type: `CASE WHEN ${isMachine} THEN 'tag' ELSE 'user' END`,
    tags: `CASE WHEN ${isMachine} THEN ['tag:ci'] ELSE [] END`,
    agent: `CASE WHEN NOT ${isMachine} THEN ['claude-code', 'codex', NULL][1 + ${of("agent", 2, 3)}] END`,
    provider: "'anthropic'",
    model,
    model_recorded: model,
    api_type: "'ant_messages'",
    status_code: "200",
    input_tokens: input,
    output_tokens: output,
    cached_tokens: `10 * ${input}`,
    cache_write_tokens: `2 * ${input}`,
    cache_write_5m_tokens: `2 * ${input}`,
    cost_usd: `(${input} * 13.5 + ${output} * 15) * 0.000001`,
    cost_source: "'aperture'",
    billing: `CASE WHEN ${person} % 10 = 0 THEN 'subscription' ELSE 'metered' END`,
    dimensions: `MAP {'repo': 'acme/' || ${of("repo", 2, REPOSITORIES)}}`,
  };
}

/** `month-lake.ts FOLDER REQUESTS [dense]`: writes an invented October: usage and rollups, a file a day, and its allocations. */
const [, , folder = "", requests = "0", dense] = process.argv;
const shape = shapeOf(dense);
await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
  for (const [index, day] of DAYS.entries()) {
    const [usage, rollups] = [layout.usage(day, INSTANCE), layout.rollups(day, INSTANCE)].map((key) => join(folder, key));
    if (usage === undefined || rollups === undefined) throw new RangeError(day);
    for (const file of [usage, rollups]) mkdirSync(dirname(file), { recursive: true });
    const [first, end] = [index, index + 1].map((of) => Math.floor((Number(requests) * of) / DAYS.length));
    const values = usageValues(day, shape);
    const columns = USAGE_COLUMNS.map(({ name, type }) => `(${values[name] ?? EMPTY[type]})::${TYPE[type]} AS ${name}`);
    await duck.run(`COPY (SELECT ${columns.join(", ")} FROM range(${String(first)}, ${String(end)}) numbers(i) ORDER BY caller, ts, record_id)
      TO ${sqlText(usage)} (FORMAT parquet, COMPRESSION zstd)`);
    await writeRollups(duck, usage, rollups, await readLandedDay(duck, []));
  }
});
const ledger = openMonth(folder, shape);
const { lake } = ledger.stores;
const days = [];
for (const date of DAYS) days.push(await describeDay(lake, folder, date));
for (const day of days) await replaceJson(lake, layout.dayManifest(day.date, INSTANCE), day);
await allocateMonth(ledger, MONTH, days);
