import { athena } from "./athena.ts";
import { bigquery } from "./bigquery.ts";
import { clickhouse } from "./clickhouse.ts";
import { duckdb } from "./duckdb.ts";
import type { EngineName } from "./engine-names.ts";
import type { Engine } from "./lake-table.ts";
import { snowflake } from "./snowflake.ts";
import { spark } from "./spark.ts";
import { trino } from "./trino.ts";

export const ENGINES: Readonly<Record<EngineName, Engine>> = { athena, trino, spark, clickhouse, snowflake, bigquery, duckdb };
