import { CsvError, parse as parseCsv } from "csv-parse/sync";
import { z } from "zod";
import { billMistake } from "./bill-mistakes.ts";

const parsedLine = z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) });

/** A line of a CSV file below the header. */
export interface CsvRow {
  /** File and line. */
  origin: string;
  /** The trimmed cell; empty where the line or the file does not have it. */
  cell: (column: string) => string;
  /** All cells by column, in the order of the header. */
  cells: Readonly<Record<string, string>>;
}

export interface CsvTable {
  columns: readonly string[];
  rows: readonly CsvRow[];
}

/** RFC 4180 with a header; accepts a byte order mark, and semicolons or tabs instead of commas. Throws `bill_invalid`. */
export function readCsv(file: string, text: string): CsvTable {
  const [head = ""] = text.split(/\r?\n/, 1);
  const delimiter = [",", "\t", ";"].toSorted((a, b) => head.split(b).length - head.split(a).length)[0] ?? ",";
  try {
    const [header, ...rows] = z.array(parsedLine).parse(parseCsv(text, { bom: true, delimiter, trim: true, info: true, skip_empty_lines: true }));
    const columns = (header?.record ?? []).map((name) => name.toLowerCase());
    return { columns, rows: rows.map(({ record, info }) => toRow(columns, record, `${file}, line ${String(info.lines)}`)) };
  } catch (error) {
    if (error instanceof CsvError) throw billMistake(file, `it is not CSV: ${error.message.slice(0, 200)}`);
    throw error;
  }
}

function toRow(columns: readonly string[], record: readonly string[], origin: string): CsvRow {
  const cells = Object.fromEntries(columns.map((name, index) => [name, record[index] ?? ""]));
  return { origin, cells, cell: (column) => cells[column] ?? "" };
}

/** Parses a cell; throws `bill_invalid` with file, line, column and value where `parse` returns undefined. */
export function readCell<Value>(row: CsvRow, column: string, parse: (text: string) => Value | undefined, what: string): Value {
  const text = row.cell(column);
  const value = parse(text);
  if (value !== undefined) return value;
  throw billMistake(`${row.origin}, column ${column}`, `${JSON.stringify(text.slice(0, 80))} is not a valid ${what}`);
}

/** `YYYY-MM-DD` of a date or a time in UTC. */
export function parseDate(text: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ]00:00(?::00)?(?:\.0+)?(?:Z|\+00:00)?)?$/.exec(text);
  const day = match?.[1];
  return day !== undefined && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day) ? day : undefined;
}
