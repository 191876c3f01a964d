import { TERMS } from "./terms.ts";

/**
 * The table of the columns of `usage`. Landing files, `rollups`, `allocations`, corrections and reports derive their columns, sums
 * and types from it, so that a new count is one more row of `TOKEN_COLUMNS`.
 */

export type ColumnType = "timestamp" | "text" | "texts" | "text_map" | "integer" | "bigint" | "decimal" | "boolean";

export interface UsageColumn {
  name: string;
  type: ColumnType;
  nullable: boolean;
  /** `usage`: distinguishes usages of one time (see usage-key.ts), and rows of `rollups`. `rollup`: distinguishes rows of `rollups` only. */
  key?: "usage" | "rollup";
}

/** A count of a request, the same name in `usage` and, summed up, in every table that is made from it. */
interface TokenColumn {
  name: string;
  /** The column's key in the `usage` map of a gateway's record. */
  recordedAs: string;
  /** The column's property of `TokenCounts`. */
  property: string;
  /** The column's property of `ReportedTokens`; null where reports do not show it. */
  reportedAs: string | null;
  /** Whether readable landing files of earlier versions lack it: it is 0 there. */
  isAdded?: true;
}

export const TOKEN_COLUMNS = [
  { name: "input_tokens", recordedAs: "input_tokens", property: "inputTokens", reportedAs: "input" },
  { name: "output_tokens", recordedAs: "output_tokens", property: "outputTokens", reportedAs: "output" },
  { name: "cached_tokens", recordedAs: "cached_tokens", property: "cachedTokens", reportedAs: "cached" },
  { name: "cache_write_tokens", recordedAs: "cache_creation_input_tokens", property: "cacheWriteTokens", reportedAs: "cacheWrite" },
  { name: "cache_write_5m_tokens", recordedAs: "cache_creation_5m_input_tokens", property: "cacheWrite5mTokens", reportedAs: null },
  { name: "cache_write_1h_tokens", recordedAs: "cache_creation_1h_input_tokens", property: "cacheWrite1hTokens", reportedAs: null },
  { name: "reasoning_tokens", recordedAs: "reasoning_tokens", property: "reasoningTokens", reportedAs: null },
  { name: "image_input_tokens", recordedAs: "image_input_tokens", property: "imageInputTokens", reportedAs: null },
  { name: "image_output_tokens", recordedAs: "image_output_tokens", property: "imageOutputTokens", reportedAs: null },
  { name: "web_searches", recordedAs: "web_search_count", property: "webSearches", reportedAs: null },
] as const satisfies readonly TokenColumn[];

export type TokenColumnName = (typeof TOKEN_COLUMNS)[number]["name"];

export const ADDED_TOKENS: readonly TokenColumnName[] = TOKEN_COLUMNS.filter(({ isAdded }: TokenColumn) => isAdded === true).map(({ name }) => name);

/** Names of the columns of `usage` that its files of earlier versions lack. */
export const ADDED_TO_USAGE: readonly string[] = TERMS;

const TOKENS = TOKEN_COLUMNS.map(({ name }) => ({ name, type: "bigint", nullable: false }) as const);

/** Counts of `allocations` and of everything summed from them, in the order of their columns. */
export const COUNT_COLUMNS = ["requests", "unpriced_requests", ...TOKEN_COLUMNS.map(({ name }) => name)] as const;

/** SQL of whether a row of `usage` has any count above 0. */
export const ANY_COUNT = `(${TOKEN_COLUMNS.map(({ name }) => `${name} > 0`).join(" OR ")})`;

/** The `usage` table: a contract in names, types and order (design, section 3). */
export const USAGE_COLUMNS = [
  { name: "ts", type: "timestamp", nullable: false },
  { name: "instance", type: "text", nullable: false, key: "usage" },
  { name: "record_id", type: "bigint", nullable: true },
  { name: "capture_id", type: "text", nullable: true },
  { name: "session_id", type: "text", nullable: true },
  { name: "node_id", type: "text", nullable: true },
  { name: "caller", type: "text", nullable: false, key: "usage" },
  { name: "caller_type", type: "text", nullable: false, key: "usage" },
  { name: "tags", type: "texts", nullable: false, key: "usage" },
  { name: "agent", type: "text", nullable: true, key: "rollup" },
  { name: "user_agent", type: "text", nullable: true },
  { name: "provider", type: "text", nullable: false, key: "usage" },
  { name: "model", type: "text", nullable: false, key: "usage" },
  { name: "model_recorded", type: "text", nullable: false },
  { name: "api_type", type: "text", nullable: true },
  { name: "path", type: "text", nullable: true },
  { name: "status_code", type: "integer", nullable: false },
  { name: "duration_ms", type: "bigint", nullable: true },
  ...TOKENS,
  { name: "cost_usd", type: "decimal", nullable: true },
  { name: "cost_source", type: "text", nullable: false },
  { name: "cost_basis", type: "text", nullable: true },
  { name: "price_version", type: "text", nullable: true },
  { name: "billing", type: "text", nullable: false, key: "usage" },
  { name: "tool_calls", type: "integer", nullable: false },
  { name: "dimensions", type: "text_map", nullable: false, key: "usage" },
  { name: "partial", type: "boolean", nullable: false },
  { name: "export", type: "text", nullable: false },
  ...TERMS.map((name) => ({ name, type: "text", nullable: true, key: "rollup" }) as const),
] as const satisfies readonly UsageColumn[];

/** Columns that distinguish rows of `rollups`, in order: the quarter of an hour, what `usage` says, and the class of the status. */
export const ROLLUP_KEYS: readonly string[] = ["slot", ...namesOfKeys(["usage", "rollup"]), "status_class", "dimensions"];

/** Sums in `rollups`, in order, after the columns of their key. */
export const ROLLUP_SUMS = ["requests", ...TOKEN_COLUMNS.map(({ name }) => name), "cost_usd", "unpriced_requests", "duration_ms", "tool_calls"] as const;

/** Columns that distinguish usages. Maps cannot be compared in SQL and come last. */
export const USAGE_KEYS: readonly string[] = [...namesOfKeys(["usage"]), "dimensions"];

/** SQL type of the entries of a map, which can be compared. */
export const ENTRIES_TYPE = 'STRUCT("key" VARCHAR, "value" VARCHAR)[]';

/** SQL type of a column of the usage key in tables, where dimensions are entries. */
export function typeOfKey(name: string): string {
  if (name === "dimensions") return ENTRIES_TYPE;
  return name === "tags" ? "VARCHAR[]" : "VARCHAR";
}

function namesOfKeys(keys: readonly UsageColumn["key"][]): string[] {
  return USAGE_COLUMNS.filter(({ key, type }: UsageColumn) => key !== undefined && keys.includes(key) && type !== "text_map").map(({ name }) => name);
}

/**
 * Columns of `usage` in which no two of its rows agree (docs/same-request.md). Ids alone do not distinguish requests: a gateway gives
 * them again after a reinstallation. In this order, with nulls first, they are a total order by time.
 */
export const REQUEST_COLUMNS = ["ts", "instance", "capture_id", "record_id", "caller"] as const;
