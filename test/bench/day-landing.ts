import { join } from "node:path";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import type { ColumnType, UsageColumn } from "../../src/ledger/usage/usage-columns.ts";
import { layout } from "../../src/lake/layout.ts";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { storedRows } from "../landing-sql.ts";

export const DATE = "2026-10-05";
export const INSTANCE = "bench";
const MIDNIGHT = `TIMESTAMPTZ '${DATE} 00:00:00+00'`;
const MICROS_PER_DAY = 86_399_000_000;
/** One an hour. */
const EXPORTS = 24;
const CALLERS = 500;
/** Sessions that are open at once, and requests of each. */
const SESSIONS_AT_ONCE = 100;
const REQUESTS_OF_SESSION = 13;
/** One request in so many is exported again an hour later. */
const REPEATED = 100;
/** What the landing writer writes. */
const ROWS_PER_GROUP = 20_480;

const TYPE: Record<ColumnType, string> = {
  timestamp: "TIMESTAMPTZ", text: "VARCHAR", texts: "VARCHAR[]", text_map: "MAP(VARCHAR, VARCHAR)",
  integer: "INTEGER", bigint: "BIGINT", decimal: "DECIMAL(18,9)", boolean: "BOOLEAN",
};
const EMPTY: Record<ColumnType, string> = {
  timestamp: "NULL", text: "''", texts: "[]", text_map: "MAP {}", integer: "0", bigint: "0", decimal: "NULL", boolean: "false",
};

/** A number from 0 to `below` that looks random and is the same for every copy of a request. */
function drawn(what: string, below: number, of = "i"): string {
  return `(hash(${of}, '${what}') % ${below})::BIGINT`;
}

function oneOf(values: readonly string[], index: string): string {
  return `[${values.map((value) => (value === "NULL" ? value : sqlText(value))).join(", ")}][1 + ${index}]`;
}

/** SQL over `i` (the request), `session` and `landed` (the export), by column; other columns are empty. */
function landingValues(requests: number): Record<string, string> {
  // Two sessions in ten are machines': they have a tag, and a repository.
  const ofMachine = (yes: string, no: string): string => `CASE WHEN session % 10 < 2 THEN ${yes} ELSE ${no} END`;
  const priced = (yes: string, no: string): string => `CASE WHEN ${drawn("priced", 20)} = 0 THEN ${no} ELSE ${yes} END`;
  const model = oneOf(["claude-sonnet-4-6", "claude-opus-4-8", "claude-haiku-4-5", "gpt-5-mini", "gemini-2.5-pro", "gpt-5", "llama-4"], drawn("model", 7, "i // 3"));
  const user = `(hash(session) % ${CALLERS})::VARCHAR`;
  return {
    ts: `${MIDNIGHT} + to_microseconds((i * ${MICROS_PER_DAY} // ${requests} + ${drawn("ts", 997)})::BIGINT)`,
    instance: sqlText(INSTANCE),
    record_id: "i",
    capture_id: `'cap-' || lower(printf('%08x-%x', ${drawn("capture", 2 ** 32)}, i))`,
    session_id: "'sess-' || lower(printf('%016x', (hash(session) >> 1)::BIGINT))",
    node_id: `'n' || ${user} || 'CNTRL'`,
    caller: ofMachine("'tag:ci'", `'user' || ${user} || '@acme.example'`),
    caller_type: ofMachine("'tag'", "'user'"),
    tags: ofMachine("['tag:ci']", "[]"),
    agent: oneOf(["claude-code", "aperture-chat", "codex", "python-requests", "NULL"], "(session % 5)"),
    user_agent: oneOf(["claude-cli/2.1.14 (external, cli)", "Aperture-Chat/1.0", "codex_cli_rs/0.48", "python-requests/2.32.3", "NULL"], "(session % 5)"),
    provider: `split_part(${model}, '-', 1)`,
    model,
    model_recorded: `${model} || '-20251001'`,
    api_type: "'ant_messages'",
    path: "'/v1/messages'",
    status_code: `CASE ${drawn("status", 40)} WHEN 0 THEN 429 WHEN 1 THEN 500 ELSE 200 END`,
    duration_ms: drawn("duration", 60_000),
    input_tokens: drawn("input", 6000),
    output_tokens: drawn("output", 4000),
    cached_tokens: drawn("cached", 180_000),
    cache_write_tokens: `CASE WHEN i % 3 = 0 THEN ${drawn("written", 9000)} ELSE 0 END`,
    reasoning_tokens: `CASE WHEN i % 5 = 0 THEN ${drawn("reasoning", 3800)} ELSE 0 END`,
    cost_usd: priced(`(${drawn("cost", 270_000_000)} / 1e9)::DECIMAL(18,9)`, "NULL"),
    cost_source: priced("'aperture'", "'none'"),
    cost_basis: priced(`${model} || '-20251001'`, "NULL"),
    billing: "CASE WHEN session % 4 = 0 THEN 'subscription' ELSE 'metered' END",
    tool_calls: drawn("tools", 4),
    dimensions: ofMachine("MAP {'repo': 'acme/' || (session % 7)::VARCHAR}", "MAP {}"),
    export: "'ts-aperture-export-' || (1791158400 + (landed + 1) * 3600)::VARCHAR || '.cbor.zstd'",
    export_time: `${MIDNIGHT} + to_hours(landed + 1)`,
    position: "(row_number() OVER ()) - 1",
  };
}

/** Landing files of one day in a lake: `requests` in the exports of 24 hours, some of them again in the one after. */
export async function writeDayLanding(lake: string, requests: number): Promise<void> {
  const values = landingValues(requests);
  const meaning = ({ name, type, nullable }: UsageColumn): string => `(${values[name] ?? (nullable ? "NULL" : EMPTY[type])})::${TYPE[type]}`;
  const firstOf = (landed: number): number => Math.floor((requests * landed) / EXPORTS);
  await withDuckDb({ temporaryDirectory: lake }, async (duck) => {
    for (let landed = 0; landed < EXPORTS; landed++) {
      const file = join(lake, layout.landing(DATE, INSTANCE, String(landed).padStart(2, "0")));
      mkdirSync(dirname(file), { recursive: true });
      const [before, first, next] = [firstOf(Math.max(0, landed - 1)), firstOf(landed), firstOf(landed + 1)];
      await duck.run(`COPY (
        ${storedRows(meaning, `(
          SELECT i, ${landed} AS landed,
            (i // ${SESSIONS_AT_ONCE * REQUESTS_OF_SESSION}) * ${SESSIONS_AT_ONCE} + ${drawn("session", SESSIONS_AT_ONCE)} AS session
          FROM (SELECT i FROM range(${before}, ${first}) again(i) WHERE ${drawn("repeated", REPEATED)} = 0
                UNION ALL SELECT i FROM range(${first}, ${next}) requests(i)))`)}
      ) TO ${sqlText(file)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROWS_PER_GROUP})`);
    }
  });
}

/** `day-landing.ts LAKE REQUESTS` */
if (import.meta.main) {
  const [, , lake = "", requests = ""] = process.argv;
  await writeDayLanding(lake, Number(requests));
}
