import { type Engine, type LakePlace, quoted, viewOf } from "./lake-table.ts";

export const duckdb: Engine = {
  needsFiles: true,
  notes: (lake) => (lake.kind === "disk" ? [] : ["Keys come from where AWS's own tools find them; they are not written here."]),
  prepare: (lake) => {
    if (lake.kind === "disk") return [];
    const { endpoint, region, isInPath } = lake;
    const url = endpoint === null ? null : new URL(endpoint);
    const settings = [
      ...(url === null ? [] : [`ENDPOINT ${quoted(url.host)}`, `USE_SSL ${String(url.protocol === "https:")}`]),
      ...(isInPath ? ["URL_STYLE 'path'"] : []),
      ...(region === null ? [] : [`REGION ${quoted(region)}`]),
      `SCOPE ${quoted(`s3://${lake.bucket}`)}`,
    ];
    return ["INSTALL httpfs", "LOAD httpfs", "INSTALL aws", "LOAD aws", `CREATE OR REPLACE SECRET aperture_ledger (TYPE s3, PROVIDER credential_chain, ${settings.join(", ")})`];
  },
  declare: ({ name, partition, files }, lake) => {
    // Files in shared folders may be of different versions.
    const hive = partition === null ? "hive_partitioning = false, union_by_name = true" : `hive_partitioning = true, hive_types = {'${partition.by}': ${partition.by === "date" ? "DATE" : "VARCHAR"}}`;
    return viewOf(name, `SELECT * FROM read_parquet(${quoted(placeOf(lake, files))}, ${hive})`);
  },
  view: viewOf,
};

function placeOf(lake: LakePlace, key: string): string {
  const place = lake.kind === "disk" ? `${lake.directory}/` : `s3://${lake.bucket}/${lake.prefix}`;
  // In brackets, a wildcard of a pattern is an ordinary character.
  return `${place.replaceAll(/[[*?]/g, "[$&]")}${key}`;
}
