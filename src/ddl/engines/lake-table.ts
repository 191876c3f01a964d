/** The type of a column in the Parquet files. */
export type ValueType = "timestamp" | "date" | "text" | "texts" | "text_map" | "integer" | "bigint" | "boolean" | `decimal(${number},${number})`;

export interface LakeColumn {
  name: string;
  type: ValueType;
}

/** A table of the lake, as other engines see it. */
export interface LakeTable {
  name: string;
  columns: readonly LakeColumn[];
  /** Hive partitions: the folders `<folder>/<partition>=<value>/` hold nothing but files of the table. Null where the folder of `files` has other files too. */
  partition: { folder: string; by: "date" | "month" } | null;
  /** Keys of the files below the lake, with `*` for a part of a key. */
  files: string;
  /** The command that writes them. */
  writtenBy: "run" | "chargeback";
}

/** Where the lake is. */
export type LakePlace =
  | { kind: "disk"; directory: string }
  /** @param prefix empty, or with a slash at its end */
  | { kind: "bucket"; bucket: string; prefix: string; endpoint: string | null; region: string | null; isInPath: boolean };

export interface Engine {
  /** Whether it refuses a table without any file. */
  needsFiles: boolean;
  /** Lines to read before the statements, without comment marks. */
  notes: (lake: LakePlace) => readonly string[];
  /** Statements that come first. */
  prepare: (lake: LakePlace, connection: string) => readonly string[];
  /** The statement that makes a table readable; null where the engine can only read whole folders, and the folder has other files too. */
  declare: (table: LakeTable, lake: LakePlace, connection: string) => string | null;
  /** The statement that names a query. */
  view: (name: string, query: string) => string;
}

/** A bucket's name for lakes on a disk, which these engines cannot read. */
const NO_BUCKET = "put-your-bucket-here";

/** The url of a key below the lake. @param scheme `s3`, `s3a`, `gs` */
export function urlOf(lake: LakePlace, key: string, scheme: string): string {
  return lake.kind === "disk" ? `${scheme}://${NO_BUCKET}/${key}` : `${scheme}://${lake.bucket}/${lake.prefix}${key}`;
}

/** The notes of engines that only read buckets. */
export function notesOfBuckets(lake: LakePlace): string[] {
  return lake.kind === "bucket" ? [] : [`This engine cannot read ${lake.directory}. Copy the lake to a bucket, and put its name in place of ${NO_BUCKET}.`];
}

/** A string literal of standard SQL: a quote is doubled, and a backslash is an ordinary character. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A string literal for engines in which a backslash escapes the next character. */
export function escaped(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&").replaceAll("\n", "\\n")}'`;
}

/** The columns, one per line. */
export function listColumns(columns: readonly LakeColumn[], write: (column: LakeColumn) => string): string {
  return columns.map((column) => `  ${write(column)}`).join(",\n");
}

export function viewOf(name: string, query: string): string {
  return `CREATE OR REPLACE VIEW ${name} AS\n${query}`;
}

/** The first partition that engines look for where they do not list partitions. */
export const FIRST_DATE = "2025-01-01";
