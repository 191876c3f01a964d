import { expect } from "vitest";
import { query } from "../query.ts";

const KEYS = "slot, instance, caller, caller_type, tags, agent, provider, model, billing, status_class, dimensions";
const TOKENS = [
  "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
  "reasoning_tokens", "image_input_tokens", "image_output_tokens", "web_searches",
];

/** Every row of `rollups` below `lake`, and no other, comes out of `usage` when it is summed by another query than ours. */
export async function expectRollups(lake: string): Promise<void> {
  const sums = ["cost_usd", "duration_ms", "tool_calls", ...TOKENS].map((column) => `sum(${column})::DECIMAL(38,9) AS ${column}`);
  const summed = `
    SELECT ${KEYS}, count(*) AS requests, ${sums.join(", ")},
      count(*) FILTER (cost_usd IS NULL AND ${TOKENS.join(" + ")} > 0) AS unpriced_requests
    FROM (
      SELECT *, make_timestamptz(epoch_us(ts) // 900000000 * 900000000) AS slot,
        CASE status_code WHEN 200 THEN 'ok' WHEN 429 THEN 'rejected' WHEN 403 THEN 'denied' ELSE 'error' END AS status_class
      FROM read_parquet('${lake}/usage/*/*.parquet')
    ) GROUP BY ${KEYS}`;
  const columns = ["requests", "cost_usd", "duration_ms", "tool_calls", ...TOKENS, "unpriced_requests"];
  const ours = `SELECT ${KEYS}, ${columns.map((column) => `${column}::DECIMAL(38,9)`).join(", ")} FROM read_parquet('${lake}/rollups/*/*.parquet')`;
  const theirs = `SELECT ${KEYS}, ${columns.map((column) => `${column}::DECIMAL(38,9)`).join(", ")} FROM (${summed})`;
  const [difference] = await query(`
    SELECT (SELECT count(*) FROM (${ours} EXCEPT ALL ${theirs})) AS more, (SELECT count(*) FROM (${theirs} EXCEPT ALL ${ours})) AS fewer,
      (SELECT count(*) FROM (${ours})) > 1000 AS enough`);
  expect(difference).toEqual({ more: "0", fewer: "0", enough: true });
}
