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
/** One function a column: each then reads from a known place. */
type Read<Value> = (row: UsageRecord) => Value;

function text(name: string, read: Read<string>): UsageColumn {
  return { name, type: "text", nullable: false, repeats: true, read };
}

function nullableText(name: string, read: Read<string | null>): UsageColumn {
  return { name, type: "text", nullable: true, repeats: true, read };
}

function count(name: string, read: Read<number>): UsageColumn {
  return { name, type: "bigint", nullable: false, repeats: false, read };
}

/** Sums of these are in the rollup, under the same names. */
export const TOKEN_COLUMNS: readonly UsageColumn[] = [
  count("input_tokens", (row) => row.inputTokens),
  count("output_tokens", (row) => row.outputTokens),
  count("cached_tokens", (row) => row.cachedTokens),
  count("cache_write_tokens", (row) => row.cacheWriteTokens),
  count("cache_write_5m_tokens", (row) => row.cacheWrite5mTokens),
  count("cache_write_1h_tokens", (row) => row.cacheWrite1hTokens),
  count("reasoning_tokens", (row) => row.reasoningTokens),
  count("image_input_tokens", (row) => row.imageInputTokens),
  count("image_output_tokens", (row) => row.imageOutputTokens),
  count("web_searches", (row) => row.webSearches),
];

/** The `usage` table: a contract in names, types and order (design, section 3). */
export const USAGE_COLUMNS: readonly UsageColumn[] = [
  { name: "ts", type: "timestamp", nullable: false, repeats: false, read: (row) => row.ts },
  text("instance", (row) => row.instance),
  { name: "record_id", type: "bigint", nullable: true, repeats: false, read: (row) => row.recordId },
  { ...nullableText("capture_id", (row) => row.captureId), repeats: false },
  nullableText("session_id", (row) => row.sessionId),
  nullableText("node_id", (row) => row.nodeId),
  text("caller", (row) => row.caller),
  text("caller_type", (row) => row.callerType),
  { name: "tags", type: "texts", nullable: false, repeats: true, read: (row) => row.tags },
  nullableText("agent", (row) => row.agent),
  nullableText("user_agent", (row) => row.userAgent),
  text("provider", (row) => row.provider),
  text("model", (row) => row.model),
  text("model_recorded", (row) => row.modelRecorded),
  nullableText("api_type", (row) => row.apiType),
  nullableText("path", (row) => row.path),
  { name: "status_code", type: "integer", nullable: false, repeats: true, read: (row) => row.statusCode },
  { name: "duration_ms", type: "bigint", nullable: true, repeats: false, read: (row) => row.durationMs },
  ...TOKEN_COLUMNS,
  { name: "cost_usd", type: "decimal", nullable: true, repeats: false, read: (row) => row.cost },
  text("cost_source", (row) => row.costSource),
  nullableText("cost_basis", (row) => row.costBasis),
  nullableText("price_version", (row) => row.priceVersion),
  text("billing", (row) => row.billing),
  { name: "tool_calls", type: "integer", nullable: false, repeats: true, read: (row) => row.toolCalls },
  { name: "dimensions", type: "text_map", nullable: false, repeats: true, read: (row) => row.dimensions },
  { name: "partial", type: "boolean", nullable: false, repeats: false, read: (row) => row.partial },
  text("export", (row) => row.export),
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

/** What deciding between duplicates takes. */
export const ORIGIN_COLUMNS: readonly Column<LandedRecord>[] = [
  { name: "export_time", type: "timestamp", nullable: false, repeats: true, read: (row) => row.exportTime },
  { name: "export_version", type: "integer", nullable: false, repeats: true, read: (row) => row.exportVersion },
  { name: "position", type: "bigint", nullable: false, repeats: false, read: (row) => row.position },
];

/** Landing files hold the usage table and the origin of each record. */
export const LANDING_COLUMNS: readonly Column<LandedRecord>[] = [
  ...USAGE_COLUMNS.map((column) => ({ ...column, read: (row: LandedRecord) => column.read(row.usage) })),
  ...ORIGIN_COLUMNS,
];
