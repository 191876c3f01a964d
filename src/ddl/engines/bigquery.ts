import { type Engine, escaped, type LakePlace, notesOfBuckets, urlOf, viewOf } from "./lake-table.ts";

/** Types come from the Parquet files: decimals of nine places become NUMERIC, longer ones BIGNUMERIC, both exact. */
export const bigquery: Engine = {
  needsFiles: true,
  notes: (lake) => [
    ...notesOfBuckets(lake),
    "Run it with a default dataset in the region of the bucket.",
    ...(isGoogle(lake) ? [] : ["A bucket of AWS is read through a connection of BigQuery Omni: --connection gives its name."]),
  ],
  prepare: () => [],
  declare: ({ name, partition, files }, lake, connection) => {
    const scheme = isGoogle(lake) ? "gs" : "s3";
    const [uris, partitions, prefix] =
      partition === null
        ? [urlOf(lake, files, scheme), "", ""]
        : [urlOf(lake, `${partition.folder}/*`, scheme), `\nWITH PARTITION COLUMNS (\`${partition.by}\` ${partition.by === "date" ? "DATE" : "STRING"})`, `,\n  hive_partition_uri_prefix = ${escaped(urlOf(lake, partition.folder, scheme))}`];
    return `CREATE OR REPLACE EXTERNAL TABLE ${name}${partitions}${isGoogle(lake) ? "" : `\nWITH CONNECTION \`${connection}\``}
OPTIONS (
  format = 'PARQUET',
  uris = [${escaped(uris)}],
  decimal_target_types = ['NUMERIC', 'BIGNUMERIC'],
  enable_list_inference = true${prefix}
)`;
  },
  view: viewOf,
};

function isGoogle(lake: LakePlace): boolean {
  return lake.kind === "bucket" && lake.endpoint !== null && new URL(lake.endpoint).hostname.endsWith("storage.googleapis.com");
}
