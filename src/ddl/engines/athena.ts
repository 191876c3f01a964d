import { type Engine, escaped, FIRST_DATE, type LakeColumn, listColumns, notesOfBuckets, urlOf, viewOf } from "./lake-table.ts";

const TYPES: Readonly<Record<string, string>> = { text: "string", texts: "array<string>", text_map: "map<string,string>", integer: "int" };

/** Athena declares tables in Hive's words. Partitions are calculated, so that a new day is visible at once. */
export const athena: Engine = {
  needsFiles: false,
  notes: (lake) => [...notesOfBuckets(lake), "Run each statement separately, in the database for the tables."],
  prepare: () => [],
  declare: ({ name, columns, partition }, lake) => {
    if (partition === null) return null;
    const { folder, by } = partition;
    const projected = {
      "projection.enabled": "true",
      [`projection.${by}.type`]: "date",
      ...(by === "date"
        ? { "projection.date.format": "yyyy-MM-dd", "projection.date.range": `${FIRST_DATE},NOW+1DAYS` }
        : { "projection.month.format": "yyyy-MM", "projection.month.range": `${FIRST_DATE.slice(0, 7)},NOW+1DAYS`, "projection.month.interval": "1", "projection.month.interval.unit": "MONTHS" }),
    };
    return `CREATE EXTERNAL TABLE IF NOT EXISTS ${name} (
${listColumns(columns, (column) => `\`${column.name}\` ${typeOf(column)}`)}
)
PARTITIONED BY (\`${by}\` ${by === "date" ? "date" : "string"})
STORED AS PARQUET
LOCATION ${escaped(urlOf(lake, `${folder}/`, "s3"))}
TBLPROPERTIES (${Object.entries(projected).map(([key, value]) => `${escaped(key)} = ${escaped(value)}`).join(", ")})`;
  },
  view: viewOf,
};

function typeOf({ type }: LakeColumn): string {
  return TYPES[type] ?? type;
}
