import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { fixture } from "../fixtures.ts";
import { query } from "../query.ts";

export interface TrueSums {
  requests: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  cache_creation_input_tokens: number;
  reasoning_tokens: number;
  nanodollars: number;
  unpriced_requests: number;
}
type Truth = { records_written: number; distinct: TrueSums } & Record<
  "by_day" | "by_login" | "by_model" | "by_x_github_repository",
  Record<string, TrueSums>
> & { by_status: Record<string, number> };

export function readTruth(set: string): Truth {
  return JSON.parse(readFileSync(join(fixture(set) ?? "", "truth.json"), "utf8")) as Truth;
}

/** In a truth a request without an estimated cost is unpriced, failed ones included; nanodollars are sums of what is. */
const SUMS = `
  count(*)::VARCHAR requests,
  sum(input_tokens)::VARCHAR input_tokens, sum(output_tokens)::VARCHAR output_tokens,
  sum(cached_tokens)::VARCHAR cached_tokens, sum(cache_write_tokens)::VARCHAR cache_creation_input_tokens,
  sum(reasoning_tokens)::VARCHAR reasoning_tokens,
  replace(coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR, '.', '')::BIGINT::VARCHAR nanodollars,
  count(*) FILTER (cost_usd IS NULL)::VARCHAR unpriced_requests`;

function asTexts(sums: TrueSums): Record<string, string> {
  return Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, String(value)]));
}

/** Every figure of the set's truth, to the token and the nanodollar, out of the `usage` Parquet files below `lake`. */
export async function expectTruth(lake: string, set: string): Promise<void> {
  const truth = readTruth(set);
  const usage = `read_parquet('${lake}/usage/*/*.parquet', hive_partitioning = true)`;
  const [total] = await query(`SELECT ${SUMS} FROM ${usage}`);
  expect(total).toEqual(asTexts(truth.distinct));

  const groups: [keyof Truth & `by_${string}`, string][] = [
    ["by_day", "date::VARCHAR"],
    ["by_login", "caller"],
    ["by_model", "model_recorded"],
    ["by_x_github_repository", "dimensions['repo']"],
  ];
  for (const [group, key] of groups) {
    const rows = await query(`SELECT ${key} AS key, ${SUMS} FROM ${usage} WHERE ${key} IS NOT NULL GROUP BY 1`);
    const found = Object.fromEntries(rows.map(({ key: name, ...sums }) => [name as string, sums]));
    const expected = Object.entries(truth[group] as Record<string, TrueSums>).map(([name, sums]) => [name, asTexts(sums)]);
    expect(found, group).toEqual(Object.fromEntries(expected));
  }
  const statuses = await query(`SELECT status_code, count(*)::INTEGER AS requests FROM ${usage} GROUP BY 1`);
  expect(Object.fromEntries(statuses.map((row) => [row["status_code"] as number, row["requests"]]))).toEqual(truth.by_status);
}
