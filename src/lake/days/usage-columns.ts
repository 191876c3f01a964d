export type ColumnType = "timestamp" | "text" | "texts" | "text_map" | "integer" | "bigint" | "decimal" | "boolean";

export interface Column {
  name: string;
  type: ColumnType;
  nullable: boolean;
}

function text<Name extends string>(name: Name) {
  return { name, type: "text", nullable: false } as const;
}

function nullableText<Name extends string>(name: Name) {
  return { name, type: "text", nullable: true } as const;
}

function count<Name extends string>(name: Name) {
  return { name, type: "bigint", nullable: false } as const;
}

/** Sums of these are in the rollup, under the same names. */
export const TOKEN_COLUMNS = [
  count("input_tokens"),
  count("output_tokens"),
  count("cached_tokens"),
  count("cache_write_tokens"),
  count("cache_write_5m_tokens"),
  count("cache_write_1h_tokens"),
  count("reasoning_tokens"),
  count("image_input_tokens"),
  count("image_output_tokens"),
  count("web_searches"),
] as const satisfies readonly Column[];

/** The `usage` table: a contract in names, types and order (design, section 3). */
export const USAGE_COLUMNS = [
  { name: "ts", type: "timestamp", nullable: false },
  text("instance"),
  { name: "record_id", type: "bigint", nullable: true },
  nullableText("capture_id"),
  nullableText("session_id"),
  nullableText("node_id"),
  text("caller"),
  text("caller_type"),
  { name: "tags", type: "texts", nullable: false },
  nullableText("agent"),
  nullableText("user_agent"),
  text("provider"),
  text("model"),
  text("model_recorded"),
  nullableText("api_type"),
  nullableText("path"),
  { name: "status_code", type: "integer", nullable: false },
  { name: "duration_ms", type: "bigint", nullable: true },
  ...TOKEN_COLUMNS,
  { name: "cost_usd", type: "decimal", nullable: true },
  text("cost_source"),
  nullableText("cost_basis"),
  nullableText("price_version"),
  text("billing"),
  { name: "tool_calls", type: "integer", nullable: false },
  { name: "dimensions", type: "text_map", nullable: false },
  { name: "partial", type: "boolean", nullable: false },
  text("export"),
] as const satisfies readonly Column[];

/** What deciding between duplicates takes. */
export const ORIGIN_COLUMNS = [
  { name: "export_time", type: "timestamp", nullable: false },
  { name: "export_version", type: "integer", nullable: false },
  count("position"),
] as const satisfies readonly Column[];

/** What landing files know of a record besides: the day's manifest sums it up, no table has it. */
export const FACT_COLUMNS = [
  { name: "billing_assumed", type: "boolean", nullable: false },
  nullableText("unknown_counts"),
] as const satisfies readonly Column[];
