/**
 * The SQL that reads local Parquet files. Partitions are not taken from their paths: a folder that happens to be
 * named `instance=x` would otherwise overwrite a column.
 */
export function readParquet(...files: readonly string[]): string {
  return `read_parquet([${files.map(sqlText).join(", ")}], hive_partitioning = false)`;
}

/** As `readParquet`, of files that need not have the same columns. */
export function readParquetByName(...files: readonly string[]): string {
  return `read_parquet([${files.map(sqlText).join(", ")}], hive_partitioning = false, union_by_name = true)`;
}

/** A text literal of SQL. A NUL character, which a login may hold, would end the statement. */
export function sqlText(text: string): string {
  const parts = text.split("\0").map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? parts.join("") : `(${parts.join(" || chr(0) || ")})`;
}
