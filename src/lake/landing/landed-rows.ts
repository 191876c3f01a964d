import { readParquetByName } from "../../ledger/sql/sql-texts.ts";
import { ADDED_COLUMNS, LANDING_COLUMNS, type LandingColumn } from "./landing-columns.ts";

/**
 * SQL that reads landing files as columns of the usage table and of a record's origin.
 * @param names the columns that are needed; all if absent.
 */
export function landedRows(files: readonly string[], names?: readonly LandingColumn["name"][]): string {
  const columns = LANDING_COLUMNS.filter(({ name }) => names?.includes(name) ?? true).map(({ name, meaning }) => `${meaning} AS ${name}`);
  return `(SELECT ${columns.join(", ")}, file_index, file_row_number FROM ${storedRows(files)})`;
}

/** SQL that reads landing files as stored, including files of earlier versions. */
function storedRows(files: readonly string[]): string {
  const added = ADDED_COLUMNS.map(({ name, type }) => `NULL::${type} AS ${name}`);
  return `(SELECT *, file_index, file_row_number FROM ${readParquetByName(...files)} UNION ALL BY NAME SELECT ${added.join(", ")} WHERE FALSE)`;
}
