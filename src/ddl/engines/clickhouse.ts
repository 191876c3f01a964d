import { type Engine, escaped, type LakeColumn, type LakePlace, viewOf } from "./lake-table.ts";

const TYPES: Readonly<Record<string, string>> = {
  timestamp: "DateTime64(6, 'UTC')", date: "Date32", text: "String", texts: "Array(String)", text_map: "Map(String, String)", integer: "Int32", bigint: "Int64", boolean: "Bool",
};

export const clickhouse: Engine = {
  needsFiles: false,
  notes: (lake) => [
    lake.kind === "disk"
      ? "A server reads only below its user_files_path; clickhouse-local and chdb read every path."
      : "Keys come from the environment of the server (use_environment_credentials); they are not written here.",
  ],
  prepare: () => [],
  declare: ({ name, columns, partition, files }, lake) => {
    const part = partition === null ? [] : [`${partition.by} ${partition.by === "date" ? "Date" : "String"}`];
    const structure = escaped([...columns.map((column) => `${column.name} ${typeOf(column)}`), ...part].join(", "));
    const from = lake.kind === "disk" ? `file(${escaped(`${lake.directory}/${files}`)}, 'Parquet', ${structure})` : `s3(${escaped(urlOfKey(lake, files))}, 'Parquet', ${structure})`;
    return viewOf(name, `SELECT * FROM ${from}`);
  },
  view: viewOf,
};

function urlOfKey({ endpoint, region, bucket, prefix, isInPath }: Extract<LakePlace, { kind: "bucket" }>, key: string): string {
  const url = new URL(endpoint ?? `https://s3.${region ?? "us-east-1"}.amazonaws.com`);
  return isInPath ? `${url.origin}/${bucket}/${prefix}${key}` : `${url.protocol}//${bucket}.${url.host}/${prefix}${key}`;
}

/** Lists and maps hold no null, and are never null themselves. */
function typeOf({ type }: LakeColumn): string {
  const written = TYPES[type] ?? type.replace("decimal", "Decimal");
  return type === "texts" || type === "text_map" ? written : `Nullable(${written})`;
}
