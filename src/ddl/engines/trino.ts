import { type Engine, FIRST_DATE, type LakeColumn, listColumns, notesOfBuckets, quoted, urlOf, viewOf } from "./lake-table.ts";

const TYPES: Readonly<Record<string, string>> = { timestamp: "timestamp(6)", text: "varchar", texts: "array(varchar)", text_map: "map(varchar, varchar)" };

/** The Hive connector. Partitions are calculated, so that a new day is visible at once. */
export const trino: Engine = {
  needsFiles: false,
  notes: (lake) => [
    ...notesOfBuckets(lake),
    "For a catalog of the Hive connector with hive.partition-projection-enabled=true and hive.timestamp-precision=MICROSECONDS: USE it and a schema first.",
  ],
  prepare: () => [],
  declare: ({ name, columns, partition }, lake) => {
    if (partition === null) return null;
    const { folder, by } = partition;
    const projected =
      by === "date"
        ? `date WITH (partition_projection_type = 'DATE', partition_projection_format = 'yyyy-MM-dd', partition_projection_range = ARRAY['${FIRST_DATE}', 'NOW+1DAYS'])`
        : `varchar WITH (partition_projection_type = 'DATE', partition_projection_format = 'yyyy-MM', partition_projection_range = ARRAY['${FIRST_DATE.slice(0, 7)}', 'NOW+1DAYS'], partition_projection_interval = 1, partition_projection_interval_unit = 'MONTHS')`;
    return `CREATE TABLE IF NOT EXISTS ${name} (
${listColumns(columns, (column) => `"${column.name}" ${typeOf(column)}`)},
  "${by}" ${projected}
)
WITH (format = 'PARQUET', external_location = ${quoted(urlOf(lake, folder, "s3"))}, partitioned_by = ARRAY[${quoted(by)}], partition_projection_enabled = true)`;
  },
  view: viewOf,
};

function typeOf({ type }: LakeColumn): string {
  return TYPES[type] ?? type;
}
