import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet, sqlText, sqlWithoutLogin } from "../duckdb.ts";
import { LANDING_COLUMNS } from "./landing-columns.ts";

/** Columns of a landing file in which a text of the request stands, or several as JSON. */
const TEXTS = ["model", "model_recorded", "api_type", "path", "session_id", "capture_id", "cost_basis", "user_agent", "agent", "dimensions"];

/** Somebody whom a landing file names and who was erased. */
export interface ErasedCaller {
  login: string;
  pseudonym: string;
  /** Microseconds since 1970: of requests before. */
  until: number;
}

/**
 * Puts pseudonyms into the rows of a local landing file, as reading the export with these erasures would have. Rows stay as many and
 * in their order. Resolves to whether there was anybody to replace: else nothing is written.
 */
export async function eraseLanding(duck: DuckDBConnection, file: string, out: string, erasedOf: (caller: string) => ErasedCaller | undefined): Promise<boolean> {
  const callers = await duck.runAndReadAll(`SELECT DISTINCT caller FROM ${readParquet(file)}`);
  const erased = callers.getRows().flatMap(([caller]) => erasedOf(String(caller)) ?? []);
  if (erased.length === 0) return false;
  const columns = LANDING_COLUMNS.map(({ name }) => `${replaced(name, erased)} AS ${name}`);
  await duck.run(`COPY (SELECT ${columns.join(", ")} FROM ${readParquet(file)} ORDER BY file_row_number) TO ${sqlText(out)} (FORMAT parquet, COMPRESSION zstd)`);
  return true;
}

/** The SQL of a column after the erasures. */
function replaced(column: string, erased: readonly ErasedCaller[]): string {
  const cases = erased.flatMap(({ login, pseudonym, until }) => {
    const value = valueOf(column, login, pseudonym);
    return value === undefined ? [] : [`WHEN caller = ${sqlText(login)} AND ts < ${String(until)} THEN ${value}`];
  });
  return cases.length === 0 ? column : `CASE ${cases.join(" ")} ELSE ${column} END`;
}

function valueOf(column: string, login: string, pseudonym: string): string | undefined {
  if (column === "caller") return sqlText(pseudonym);
  if (column === "node_id") return "NULL";
  if (!TEXTS.includes(column)) return undefined;
  return column === "dimensions" ? sqlWithoutLogin(column, inJson(login), inJson(pseudonym)) : sqlWithoutLogin(column, login, pseudonym);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
