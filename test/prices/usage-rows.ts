import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { readParquet, sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { TERMS, type Terms } from "../../src/ledger/usage/terms.ts";
import { temporaryFolder } from "../test-ledger.ts";

/** Of a row of the `usage` table, what the sums of the price list look at. */
export interface UsageRow {
  /** With its zone: `2026-10-05T12:00:00Z`. */
  at: string;
  provider: string;
  model: string;
  recorded: string;
  billing: string;
  apiType: string | null;
  costBasis: string | null;
  caller: string;
  agent: string | null;
  /** Nanodollars. */
  cost: bigint | null;
  source: "aperture" | "price_list" | "none";
  tokens: Readonly<Partial<Record<TokenColumn, number>>>;
  terms: Partial<Terms>;
}

const TOKEN_COLUMNS = [
  "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "reasoning_tokens", "image_input_tokens", "image_output_tokens",
  "web_searches",
] as const;
type TokenColumn = (typeof TOKEN_COLUMNS)[number];

const ORDINARY: UsageRow = {
  at: "2026-10-05T12:00:00Z", provider: "p", model: "m", recorded: "p/m", billing: "metered", apiType: "ant_messages", costBasis: null, caller: "ann@example.com", agent: null,
  cost: null, source: "none", tokens: {}, terms: {},
};

/** An ordinary row of a metered model, with what the test says of it. */
export function usageRow(of: Partial<UsageRow>): UsageRow {
  return { ...ORDINARY, source: of.cost === undefined || of.cost === null ? "none" : "aperture", ...of };
}

/** Hands `use` the file of a `usage` table that holds these rows. */
export async function withUsageFile<Result>(rows: readonly UsageRow[], use: (duck: DuckDBConnection, file: string) => Promise<Result>): Promise<Result> {
  const folder = temporaryFolder();
  const file = join(folder, "usage.parquet");
  const text = (value: string | null): string => (value === null ? "NULL::VARCHAR" : sqlText(value));
  const values = rows.map((row) => {
    const cost = row.cost === null ? "NULL::DECIMAL(18,9)" : `(${String(row.cost)}::DECIMAL(38,0) / 1000000000)::DECIMAL(18,9)`;
    const texts = [row.provider, row.model, row.recorded, row.billing, row.apiType, row.costBasis, row.caller, row.agent, row.source, ...TERMS.map((term) => row.terms[term] ?? null)].map(text);
    return `(TIMESTAMPTZ ${sqlText(row.at)}, ${texts.join(", ")}, ${cost}, ${TOKEN_COLUMNS.map((name) => `${String(row.tokens[name] ?? 0)}::BIGINT`).join(", ")})`;
  });
  const columns = ["ts", "provider", "model", "model_recorded", "billing", "api_type", "cost_basis", "caller", "agent", "cost_source", ...TERMS, "cost_usd", ...TOKEN_COLUMNS];
  return await withDuckDb({ temporaryDirectory: folder, threads: 1 }, async (duck) => {
    await duck.run(`COPY (SELECT 'prod' AS instance, 'user' AS caller_type, []::VARCHAR[] AS tags, MAP {}::MAP(VARCHAR, VARCHAR) AS dimensions, *
      FROM (VALUES ${values.join(", ")}) AS t(${columns.join(", ")})) TO ${sqlText(file)} (FORMAT parquet)`);
    return await use(duck, file);
  });
}

/** As `withUsageFile`, with the SQL that reads the rows of October 2026 in UTC. */
export async function withUsageRows<Result>(
  rows: readonly UsageRow[],
  use: (duck: DuckDBConnection, of: { rows: string; scope: string; from: number; to: number }) => Promise<Result>,
): Promise<Result> {
  return await withUsageFile(rows, (duck, file) => use(duck, { rows: readParquet(file), scope: "test", from: Date.parse("2026-10-01"), to: Date.parse("2026-11-01") }));
}
