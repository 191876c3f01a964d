import { type Engine, escaped, type LakeColumn, type LakePlace, listColumns, urlOf, viewOf } from "./lake-table.ts";

const TYPES: Readonly<Record<string, string>> = { text: "STRING", texts: "ARRAY<STRING>", text_map: "MAP<STRING, STRING>", integer: "INT" };

export const spark: Engine = {
  needsFiles: false,
  notes: () => ["Run MSCK REPAIR TABLE again when there is a new day or month."],
  prepare: () => ["SET TIME ZONE 'UTC'"],
  declare: ({ name, columns, partition, files }, lake) => {
    const listed = listColumns(columns, (column) => `\`${column.name}\` ${typeOf(column)}`);
    if (partition === null) return `CREATE OR REPLACE TEMPORARY VIEW ${name} (\n${listed}\n)\nUSING parquet\nOPTIONS (path ${escaped(placeOf(lake, files))})`;
    const { folder, by } = partition;
    return `CREATE TABLE IF NOT EXISTS ${name} (
${listed},
  \`${by}\` ${by === "date" ? "DATE" : "STRING"}
)
USING PARQUET
PARTITIONED BY (\`${by}\`)
LOCATION ${escaped(placeOf(lake, folder))};
MSCK REPAIR TABLE ${name}`;
  },
  view: viewOf,
};

function placeOf(lake: LakePlace, key: string): string {
  return lake.kind === "disk" ? `file://${lake.directory}/${key}` : urlOf(lake, key, "s3a");
}

function typeOf({ type }: LakeColumn): string {
  return TYPES[type] ?? type.toUpperCase();
}
