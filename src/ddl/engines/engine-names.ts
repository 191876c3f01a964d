export const ENGINE_NAMES = ["athena", "trino", "spark", "clickhouse", "snowflake", "bigquery", "duckdb"] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
