import { type Engine, escaped, type LakeColumn, notesOfBuckets, urlOf, viewOf } from "./lake-table.ts";

const TYPES: Readonly<Record<string, string>> = { timestamp: "TIMESTAMP_NTZ", text: "VARCHAR", texts: "ARRAY", text_map: "VARIANT", integer: "INTEGER" };
const NAME = "aperture_ledger";

/** Views of staged files: unlike external tables they need no refresh, so that a new day is visible at once. */
export const snowflake: Engine = {
  needsFiles: false,
  notes: (lake) => [...notesOfBuckets(lake), "Times are UTC. --connection gives the name of the storage integration."],
  prepare: (lake, connection) => [
    `CREATE STAGE IF NOT EXISTS ${NAME} URL = ${escaped(urlOf(lake, "", "s3"))} STORAGE_INTEGRATION = ${connection}`,
    `CREATE FILE FORMAT IF NOT EXISTS ${NAME} TYPE = PARQUET USE_LOGICAL_TYPE = TRUE`,
  ],
  declare: ({ name, columns, partition, files }) => {
    const folder = files.slice(0, files.indexOf("/"));
    const values = [...columns.map((column) => `$1:${column.name}::${typeOf(column)} AS ${column.name}`), ...(partition === null ? [] : [`${valueInPath(partition.by)} AS ${partition.by}`])];
    return viewOf(name, `SELECT\n${values.map((value) => `  ${value}`).join(",\n")}\nFROM @${NAME}/${folder}/ (FILE_FORMAT => ${escaped(NAME)}, PATTERN => ${escaped(patternOf(files))})`);
  },
  view: viewOf,
};

/** SQL of a partition's value in the path of a file. */
function valueInPath(by: "date" | "month"): string {
  const value = `SPLIT_PART(SPLIT_PART(METADATA$FILENAME, '${by}=', 2), '/', 1)`;
  return by === "date" ? `TO_DATE(${value})` : value;
}

/** The regular expression of whole paths of files. */
function patternOf(files: string): string {
  return `.*${files.replaceAll(".", "[.]").replaceAll("*", "[^/]+")}`;
}

function typeOf({ type }: LakeColumn): string {
  return TYPES[type] ?? type.replace("decimal", "NUMBER").toUpperCase();
}
