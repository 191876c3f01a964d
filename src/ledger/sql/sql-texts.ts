/**
 * The SQL that reads local Parquet files. Partitions are not taken from their paths: a folder that happens to be
 * named `instance=x` would otherwise overwrite a column.
 */
export function readParquet(...files: readonly string[]): string {
  return `read_parquet([${files.map(sqlText).join(", ")}], hive_partitioning = false)`;
}

/** Like `readParquet`, for files that need not have the same columns. */
export function readParquetByName(...files: readonly string[]): string {
  return `read_parquet([${files.map(sqlText).join(", ")}], hive_partitioning = false, union_by_name = true)`;
}

/**
 * The SQL that reads all rows of a local CSV file with a header, with cells as texts. By default the database would take rows that begin with `#` for
 * comments, and skip the lines before rows with an unusual number of cells.
 */
export function readCsv(file: string, options = ""): string {
  return `read_csv(${sqlText(file)}, header = true, all_varchar = true, skip = 0, comment = '', null_padding = false, quote = '"', escape = '"'${options})`;
}

/** A text literal of SQL. A NUL character, which a login may hold, would end the statement. */
export function sqlText(text: string): string {
  const parts = text.split("\0").map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? parts.join("") : `(${parts.join(" || chr(0) || ")})`;
}
