import type { UsageRecord } from "../usage/usage-record.ts";

export type ColumnType = "timestamp" | "text" | "texts" | "text_map" | "integer" | "bigint" | "decimal" | "boolean";

export type ColumnValue =
  | null | string | number | bigint | boolean | readonly string[] | Readonly<Record<string, string>>;

export interface Column<Row> {
  name: string;
  type: ColumnType;
  nullable: boolean;
  /** Whether most rows have a value that other rows have as well. */
  repeats: boolean;
  /** A `timestamp` is a number of microseconds, a `decimal` a `bigint` of nanodollars, a `bigint` either. */
  read: (row: Row) => ColumnValue;
}

type UsageColumn = Column<UsageRecord>;
type TextField = "instance" | "caller" | "callerType" | "provider" | "model" | "modelRecorded" | "costSource" | "billing" | "export";
type NullableTextField = "captureId" | "sessionId" | "nodeId" | "agent" | "userAgent" | "apiType" | "path" | "costBasis" | "priceVersion";
type CountField =
  | "inputTokens" | "outputTokens" | "cachedTokens" | "cacheWriteTokens" | "cacheWrite5mTokens" | "cacheWrite1hTokens"
  | "reasoningTokens" | "imageInputTokens" | "imageOutputTokens" | "webSearches";

function text(name: string, field: TextField): UsageColumn {
  return { name, type: "text", nullable: false, repeats: true, read: (row) => row[field] };
}

function nullableText(name: string, field: NullableTextField): UsageColumn {
  return { name, type: "text", nullable: true, repeats: true, read: (row) => row[field] };
}

function count(name: string, field: CountField): UsageColumn {
  return { name, type: "bigint", nullable: false, repeats: false, read: (row) => row[field] };
}

/** Sums of these are in the rollup, under the same names. */
export const TOKEN_COLUMNS: readonly UsageColumn[] = [
  count("input_tokens", "inputTokens"),
  count("output_tokens", "outputTokens"),
  count("cached_tokens", "cachedTokens"),
  count("cache_write_tokens", "cacheWriteTokens"),
  count("cache_write_5m_tokens", "cacheWrite5mTokens"),
  count("cache_write_1h_tokens", "cacheWrite1hTokens"),
  count("reasoning_tokens", "reasoningTokens"),
  count("image_input_tokens", "imageInputTokens"),
  count("image_output_tokens", "imageOutputTokens"),
  count("web_searches", "webSearches"),
];

/** The `usage` table: a contract in names, types and order (design, section 3). */
export const USAGE_COLUMNS: readonly UsageColumn[] = [
  { name: "ts", type: "timestamp", nullable: false, repeats: false, read: (row) => row.ts },
  text("instance", "instance"),
  { name: "record_id", type: "bigint", nullable: true, repeats: false, read: (row) => row.recordId },
  { ...nullableText("capture_id", "captureId"), repeats: false },
  nullableText("session_id", "sessionId"),
  nullableText("node_id", "nodeId"),
  text("caller", "caller"),
  text("caller_type", "callerType"),
  { name: "tags", type: "texts", nullable: false, repeats: true, read: (row) => row.tags },
  nullableText("agent", "agent"),
  nullableText("user_agent", "userAgent"),
  text("provider", "provider"),
  text("model", "model"),
  text("model_recorded", "modelRecorded"),
  nullableText("api_type", "apiType"),
  nullableText("path", "path"),
  { name: "status_code", type: "integer", nullable: false, repeats: true, read: (row) => row.statusCode },
  { name: "duration_ms", type: "bigint", nullable: true, repeats: false, read: (row) => row.durationMs },
  ...TOKEN_COLUMNS,
  { name: "cost_usd", type: "decimal", nullable: true, repeats: false, read: (row) => row.cost },
  text("cost_source", "costSource"),
  nullableText("cost_basis", "costBasis"),
  nullableText("price_version", "priceVersion"),
  text("billing", "billing"),
  { name: "tool_calls", type: "integer", nullable: false, repeats: true, read: (row) => row.toolCalls },
  { name: "dimensions", type: "text_map", nullable: false, repeats: true, read: (row) => row.dimensions },
  { name: "partial", type: "boolean", nullable: false, repeats: false, read: (row) => row.partial },
  text("export", "export"),
];

/** A usage record on its way into a landing file. */
export interface LandedRecord {
  usage: UsageRecord;
  /** Microseconds since 1970 of the export: of duplicates the one from the last export wins. */
  exportTime: number;
  /** 0; of an export that was replaced at its source the replacements are 1, 2, …, and the later one wins. */
  exportVersion: number;
  /** Place in the export, counted from 0. */
  position: number;
}

/** Landing files hold the usage table and what deciding between duplicates takes. */
export const LANDING_COLUMNS: readonly Column<LandedRecord>[] = [
  ...USAGE_COLUMNS.map((column) => ({ ...column, read: (row: LandedRecord) => column.read(row.usage) })),
  { name: "export_time", type: "timestamp", nullable: false, repeats: true, read: (row) => row.exportTime },
  { name: "export_version", type: "integer", nullable: false, repeats: true, read: (row) => row.exportVersion },
  { name: "position", type: "bigint", nullable: false, repeats: false, read: (row) => row.position },
];
