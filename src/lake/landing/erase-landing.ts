import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { createChanges, sqlChanged } from "../../ledger/sql/duckdb-texts.ts";
import { loginReplacer } from "../../ledger/names/login-replacer.ts";
import { renameCounts } from "../../ledger/usage/recorded-request.ts";
import { LANDING_COLUMNS } from "./landing-columns.ts";
import { readUnknownCounts, writeUnknownCounts } from "./written-counts.ts";

/** Columns of a landing file that contain texts of the request. */
export const TEXTS = ["provider", "model", "model_recorded", "api_type", "path", "session_id", "capture_id", "cost_basis", "user_agent", "agent"];
/** JSON columns that contain texts of the request: as a value, as the name of a count, or of a tool. */
export const JSONS = ["dimensions", "unknown_counts", "tools"];

/** An erased caller whom a landing file names. */
export interface ErasedCaller {
  login: string;
  pseudonym: string;
  /** Microseconds since 1970: the erasure applies to earlier requests. */
  until: number;
}

/**
 * Puts pseudonyms into the rows of a local landing file, as if the export had been read with these erasures. Number and order of the rows
 * stay the same. Resolves to whether a login was replaced; otherwise nothing is written.
 */
export async function eraseLanding(duck: DuckDBConnection, file: string, out: string, erasedOf: (caller: string) => ErasedCaller | undefined): Promise<boolean> {
  const callers = await duck.runAndReadAll(`SELECT DISTINCT caller FROM ${readParquet(file)}`);
  const erased = callers.getRows().flatMap(([caller]) => erasedOf(String(caller)) ?? []);
  if (erased.length === 0) return false;
  for (const [place, one] of erased.entries()) await findChanges(duck, file, one, place);
  const columns = LANDING_COLUMNS.map(({ name }) => `${erasedColumn(name, erased)} AS ${name}`);
  await duck.run(`COPY (SELECT ${columns.join(", ")} FROM ${readParquet(file)} AS landed ORDER BY file_row_number) TO ${sqlText(out)} (FORMAT parquet, COMPRESSION zstd)`);
  return true;
}

const textsOf = (place: number): string => `erased_texts_${String(place)}`;
const jsonsOf = (place: number): string => `erased_jsons_${String(place)}`;

async function findChanges(duck: DuckDBConnection, file: string, { login, pseudonym, until }: ErasedCaller, place: number): Promise<void> {
  const rows = `FROM ${readParquet(file)} WHERE caller = ${sqlText(login)} AND ts < ${String(until)}`;
  const replace = loginReplacer(login, pseudonym);
  await createChanges(duck, textsOf(place), TEXTS.map((column) => `SELECT ${column} ${rows}`).join(" UNION ALL "), replace);
  await createChanges(duck, jsonsOf(place), JSONS.map((column) => `SELECT ${column} ${rows}`).join(" UNION ALL "), (json) => (json.startsWith("[{") ? replaceNames(json, replace) : replaceValues(json, replace)));
}

/** For dimensions and tools. Names of dimensions come from the configuration, so they are not replaced. */
function replaceValues(json: string, replace: (text: string) => string): string {
  return JSON.stringify(JSON.parse(json, (_name, value: unknown) => (typeof value === "string" ? replace(value) : value)));
}

function replaceNames(json: string, replace: (text: string) => string): string {
  return writeUnknownCounts(renameCounts(readUnknownCounts(json), replace));
}

/** The SQL of a column after the erasures. */
function erasedColumn(column: string, erased: readonly ErasedCaller[]): string {
  const cases = erased.flatMap(({ login, pseudonym, until }, place) => {
    const value = valueOf(column, pseudonym, place);
    return value === undefined ? [] : [`WHEN caller = ${sqlText(login)} AND ts < ${String(until)} THEN ${value}`];
  });
  return cases.length === 0 ? column : `CASE ${cases.join(" ")} ELSE ${column} END`;
}

function valueOf(column: string, pseudonym: string, place: number): string | undefined {
  if (column === "caller") return sqlText(pseudonym);
  if (column === "node_id") return "NULL";
  if (JSONS.includes(column)) return sqlChanged(`landed.${column}`, jsonsOf(place));
  return TEXTS.includes(column) ? sqlChanged(`landed.${column}`, textsOf(place)) : undefined;
}
