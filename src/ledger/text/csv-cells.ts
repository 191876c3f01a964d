import { stringify } from "csv-stringify/sync";
import { spellControls } from "./visible-text.ts";

/** The beginnings of cells that a spreadsheet runs as formulas (OWASP, CSV Injection), including the full-width forms. */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/u;

/** Excel's longest cell, in units of UTF-16: it silently cuts a longer text, or breaks the row. */
const LONGEST_CELL = 32_767;

export interface CsvColumn<Row> {
  name: string;
  /** Texts from outside must be neutralised; figures need not be. */
  read: (row: Row) => string;
  /** Text to neutralise; absent for figures and for the ledger's own text. */
  text?: (row: Row) => string;
  /** Absent for text. */
  figure?: "dollars" | "count";
}

/** A column of text from outside. */
export function textColumn<Row>(name: string, text: (row: Row) => string): CsvColumn<Row> {
  return { name, read: (row) => neutralise(text(row)), text };
}

/**
 * RFC 4180, lines end with a line feed: a header row, then one line per row. In UTF-8 with a byte order mark: these files are for people,
 * and without it Excel reads them in the code page of the machine and garbles every letter beyond ASCII.
 */
export function writeCsv<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  return stringify([columns.map(({ name }) => name), ...rows.map((row) => columns.map(({ read }) => read(row)))], {
    bom: true,
    // Without quotes a lone carriage return would end the row for some readers.
    quoted_match: /[\r\n]/,
  });
}

/** Line ends and tabs are data that quotes can hold; other control characters make readers refuse the whole file. */
export function neutralise(text: string): string {
  const spelled = spellControls(text);
  return shortenCell(FORMULA_START.test(spelled) ? `'${spelled}` : spelled);
}

/** Text that is too long for Excel is cut and ends in `…`. */
export function shortenCell(cell: string): string {
  return cell.length <= LONGEST_CELL ? cell : `${cell.slice(0, LONGEST_CELL - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
