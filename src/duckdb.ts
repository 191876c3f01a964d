import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

export interface DuckSettings {
  /** For what does not fit into memory. */
  temporaryDirectory: string;
  threads?: number;
  /** Bounds DuckDB's buffers, not the process. */
  memoryLimit?: string;
}

/**
 * Runs `use` with an in-memory DuckDB that reads and writes local files only: extensions are never fetched,
 * times are UTC, and rows keep their order so that the same rows are written as the same bytes.
 */
export async function withDuckDb<Result>(
  { temporaryDirectory, threads = 2, memoryLimit = "1GB" }: DuckSettings,
  use: (duck: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const instance = await DuckDBInstance.create(":memory:", {
    temp_directory: temporaryDirectory,
    threads: String(threads),
    memory_limit: memoryLimit,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    preserve_insertion_order: "true",
  });
  try {
    const duck = await instance.connect();
    try {
      await duck.run("SET TimeZone = 'UTC'");
      return await use(duck);
    } finally {
      duck.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/**
 * The SQL that reads local Parquet files. Partitions are not taken from their paths: a folder that happens to be
 * called `instance=x` would otherwise overwrite a column.
 */
export function readParquet(...files: readonly string[]): string {
  return `read_parquet([${files.map(sqlText).join(", ")}], hive_partitioning = false)`;
}

/** A text literal of SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
