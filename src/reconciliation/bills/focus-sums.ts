import type { DuckDBConnection } from "@duckdb/node-api";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { readCsv, readParquet } from "../../ledger/sql/sql-texts.ts";
import { billMistake } from "./bill-mistakes.ts";
import { columnOf, FOCUS_AMOUNTS, FOCUS_MARKS, FOCUS_TEXT_NAMES, FOCUS_TEXTS, FOCUS_TIMES, type FocusSource } from "./focus-columns.ts";

export type FocusFormat = "csv" | "csv.gz" | "parquet";

/** A local file. */
export interface FocusFile {
  path: string;
  /** Name of the file in messages. */
  name: string;
  format: FocusFormat;
}

const LONGEST_TEXT = 500;
const AMOUNTS = ["billed", "effective", "quantity"] as const;

/** SQL of the names of the text columns. */
export const TEXTS = FOCUS_TEXT_NAMES.map((name) => `"${name}"`).join(", ");

/**
 * Creates the table `focus_sums`: for each UTC day and combination of texts, the sums of the amounts as DECIMAL(38,18) and the longest charge period
 * in milliseconds. Throws `bill_invalid` with the row and column of an invalid value.
 */
export async function sumFocusRows(duck: DuckDBConnection, file: FocusFile): Promise<void> {
  const rows = file.format === "parquet" ? readParquet(file.path) : readCsv(file.path, `, compression = '${file.format === "csv" ? "none" : "gzip"}'`);
  try {
    await sumRows(duck, file.name, rows);
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw billMistake(file.name, `it cannot be read as ${file.format === "parquet" ? "Parquet" : "CSV"}: ${messageOf(error).split("\n", 1)[0]?.replaceAll(file.path, file.name).slice(0, 200) ?? ""}`);
  }
}

async function sumRows(duck: DuckDBConnection, name: string, rows: string): Promise<void> {
  const columns = (await duck.runAndReadAll(`DESCRIBE SELECT * FROM ${rows}`)).getRows().map(([column]) => String(column));
  const missing = FOCUS_MARKS.filter((mark) => columnOf({ names: [mark] }, columns) === undefined);
  if (missing.length > 0) throw billMistake(name, `it is not a FOCUS file: it lacks ${missing.join(", ")}; its columns are ${JSON.stringify(columns.join(",").slice(0, 120))}`);
  const checked = sqlChecked(rows, columns);
  const names = AMOUNTS.map((amount) => `sum(${amount}) AS ${amount}`).join(", ");
  await duck.run(`CREATE OR REPLACE TEMP TABLE focus_sums AS
    SELECT start_time::DATE::VARCHAR AS day, max(epoch_ms(end_time) - epoch_ms(start_time))::DOUBLE AS longest, ${TEXTS}, ${names}, count(mistake) AS mistakes
    FROM (${checked}) GROUP BY ALL`);
  const wrong = (await duck.runAndReadAll("SELECT sum(mistakes)::VARCHAR FROM focus_sums")).getRows()[0]?.[0];
  if (wrong === "0" || wrong === null) return;
  const shown = `CASE mistake ${VALUES.map(({ column, text }) => `WHEN '${column}' THEN ${text}`).join(" ")} END`;
  const found = await duck.runAndReadAll(`SELECT row_number::VARCHAR, mistake, ${shown} FROM (SELECT *, row_number() OVER () AS row_number FROM (${checked})) WHERE mistake IS NOT NULL ORDER BY row_number LIMIT 1`);
  const [row, column, value] = (found.getRows()[0] ?? []).map(String);
  throw billMistake(`${name}, row ${row ?? ""}, column ${column ?? ""}`, `${JSON.stringify((value ?? "").slice(0, 80))} is not a valid ${column?.startsWith("ChargePeriod") === true ? "time" : "number"}`);
}

const VALUES = [
  { column: "BilledCost", text: "billed_text", value: "billed", isOptional: false },
  { column: "EffectiveCost", text: "effective_text", value: "effective", isOptional: true },
  { column: "ConsumedQuantity", text: "quantity_text", value: "quantity", isOptional: true },
  { column: "ChargePeriodStart", text: "start_text", value: "start_time", isOptional: false },
  { column: "ChargePeriodEnd", text: "end_text", value: "end_time", isOptional: false },
] as const;

/** SQL of a time as TIMESTAMP in UTC; null for anything else. A time without an offset is in UTC. */
function sqlUtc(text: string): string {
  return `TRY_CAST(${text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'`;
}

/** SQL of the rows with their parsed values. `mistake` is the first column whose value cannot be read. */
function sqlChecked(rows: string, columns: readonly string[]): string {
  const text = (source: FocusSource): string => {
    const found = columnOf(source, columns);
    return found === undefined ? "''" : `coalesce(trim("${found.replaceAll('"', '""')}"::VARCHAR), '')`;
  };
  const short = (source: FocusSource): string => (columnOf(source, columns) === undefined ? "''" : `left(${text(source)}, ${String(LONGEST_TEXT)})`);
  const texts = FOCUS_TEXT_NAMES.map((name) => `${short(FOCUS_TEXTS[name])} AS "${name}"`);
  const amounts = AMOUNTS.map((name) => `${text(FOCUS_AMOUNTS[name])} AS ${name}_text`);
  const written = `SELECT ${[...texts, ...amounts].join(", ")}, ${text(FOCUS_TIMES.start)} AS start_text, ${text(FOCUS_TIMES.end)} AS end_text FROM ${rows}`;
  const parsed = `SELECT *, ${AMOUNTS.map((name) => `TRY_CAST(nullif(${name}_text, '') AS DECIMAL(38,18)) AS ${name}`).join(", ")}, ${sqlUtc("start_text")} AS start_time, ${sqlUtc("end_text")} AS end_time FROM (${written})`;
  const mistakes = VALUES.map(({ column, text: read, value, isOptional }) => `WHEN ${value} IS NULL${isOptional ? ` AND ${read} <> ''` : ""} THEN '${column}'`);
  return `SELECT *, CASE ${mistakes.join(" ")} END AS mistake FROM (${parsed})`;
}
