import { readParquet } from "../duckdb.ts";
import { LANDING_COLUMNS } from "./landing-columns.ts";

/** The SQL that reads landing files as what they mean: the columns of the usage table and of a record's origin. */
export function landedRows(...files: readonly string[]): string {
  const columns = LANDING_COLUMNS.map(({ name, meaning }) => `${meaning} AS ${name}`);
  return `(SELECT ${columns.join(", ")}, file_index, file_row_number FROM ${readParquet(...files)})`;
}
