import { join } from "node:path";
import { query } from "../../query.ts";
import { LATE_DAYS, TIMEZONE } from "./company.ts";

export type Figures = Record<string, string | null>;

const OWED = "billing IN ('metered', 'self_hosted')";
const amount = (sum: string): string => `(${sum})::DECIMAL(38,9)::VARCHAR`;
const TOKENS = ["Input", "Output", "Cached", "Cache write"];

/** The figures of a group of parts, by the titles of the columns that show them. */
const FIGURES = [
  ["Owed", `sum(cost + adjustment) FILTER (${OWED})`],
  ["Adjustments in it", "sum(adjustment) FILTER (adjustment <> 0)"],
  ["Usage", `sum(cost) FILTER (${OWED})`],
  ["List value", "sum(cost) FILTER (billing = 'subscription')"],
  ["List value (subscription)", "sum(cost) FILTER (billing = 'subscription')"],
  ["Subscription", "sum(cost) FILTER (billing = 'subscription')"],
  ["Metered", "sum(cost) FILTER (billing = 'metered')"],
  ["Self-hosted", "sum(cost) FILTER (billing = 'self_hosted')"],
  ["Cost", "sum(cost)"],
  ["Exact cost", "sum(cost)"],
  ["Part", "sum(cost) FILTER (is_pooled)"],
  ["Requests", "sum(weight)"],
  ["Unpriced requests", "sum(weight) FILTER (is_unpriced)"],
  ...TOKENS.map((kind) => [`${kind} tokens`, `sum(weight * ${kind.toLowerCase().replace(" ", "_")}_tokens)`] as const),
  ["persons", "count(DISTINCT caller) FILTER (caller_type = 'user')"],
  ["sessions", "count(DISTINCT session_id)"],
  ["of sessions", `sum(cost + adjustment) FILTER (${OWED} AND session_id IS NOT NULL)`],
] as const;

/**
 * Works out from the table `usage` alone who pays what, by the rules of the company in words of SQL. Each request is there for each `state` that a
 * page may have been made in: `closed`, without late exports and with Carol in blue; `corrected`, with the late export of July; and `now`. A request of a
 * pool has a part for each of two teams, one with several tags a part for each tag.
 */
export async function workOut(lake: string): Promise<void> {
  await query(`CREATE OR REPLACE TABLE truth AS
    WITH used AS (
      SELECT *, timezone('${TIMEZONE}', ts)::DATE AS day, dimensions['repo'] AS repo, dimensions['client'] AS client,
        timezone('UTC', ts)::DATE::VARCHAR IN (${LATE_DAYS.map((one) => `'${one}'`).join(", ")}) AS is_late
      FROM read_parquet('${join(lake, "usage/*/*.parquet")}', hive_partitioning = false)),
    known AS (SELECT *, unnest(['closed', 'corrected', 'now']) AS state FROM used),
    shared AS (
      SELECT *, unnest(CASE WHEN caller_type = 'tag' THEN ['red', 'blue'] ELSE [CASE split_part(caller, '@', 1)
          WHEN 'ann' THEN 'red' WHEN 'bob' THEN 'blue' WHEN 'carol' THEN if(state = 'now', 'green', 'blue') WHEN 'dan' THEN 'old' ELSE '(unallocated)' END] END) AS team
      FROM known WHERE NOT is_late OR state = 'now' OR (state = 'corrected' AND day < '2026-08-01')),
    tagged AS (SELECT *, unnest(CASE WHEN len(tags) = 0 THEN ['(untagged)'] ELSE tags END) AS tag FROM shared),
    weighed AS (SELECT *, ((CASE WHEN caller_type = 'tag' THEN 0.5 ELSE 1 END) / greatest(len(tags), 1))::DECIMAL(9,4) AS weight FROM tagged)
    SELECT * EXCLUDE (cost_usd, dimensions), (cost_usd * weight)::DECIMAL(30,12) AS cost, strftime(day, '%Y-%m') AS month,
      CASE WHEN provider = 'anthropic' THEN (cost_usd * weight * -0.25)::DECIMAL(30,12) ELSE 0 END AS adjustment,
      CASE team WHEN 'red' THEN if(day < '2026-09-16', 'CC-1', 'CC-2') WHEN 'green' THEN 'CC-9' WHEN 'old' THEN 'CC-8' END AS cost_center,
      caller_type = 'tag' AS is_pooled, cost_usd IS NULL AND input_tokens + output_tokens > 0 AS is_unpriced
    FROM weighed`);
}

/** Figures of the parts that `where` selects, by the value of an expression. */
export async function sumTruth(where: string, name: string): Promise<Map<string, Figures>> {
  const sql = `SELECT ${name} AS name, ${FIGURES.map(([title, sum]) => `${amount(sum)} AS "${title}"`).join(", ")} FROM truth WHERE ${where} GROUP BY ALL`;
  return await remember(sql);
}

const asked = new Map<string, Promise<Map<string, Figures>>>();

/** Rows of a query by their column `name`. */
export async function remember(sql: string): Promise<Map<string, Figures>> {
  const rows = asked.get(sql) ?? query(sql).then((all) => new Map((all as Figures[]).map(({ name, ...figures }) => [name ?? "", figures])));
  asked.set(sql, rows);
  return await rows;
}
