import type { Sheet } from "write-excel-file/universal";
import { type CsvColumn, shortenCell } from "../../ledger/text/csv-cells.ts";
import { spellControls } from "../../ledger/text/visible-text.ts";
import type { MonthBooking } from "./bookings.ts";
import { bookColumns, bookLines } from "../sections/book.ts";
import { summaryColumns, summaryRows } from "./render-summary-csv.ts";
import type { ChargebackReport } from "./report.ts";

/** Zip entries contain a time without a zone. It is fixed, so that the same report gives the same bytes. */
const NO_TIME = new Date(1980, 0, 1);

const DOLLARS = "#,##0.00;-#,##0.00";

/**
 * Renders the report as a workbook with real numbers, for people whose spreadsheet reads `187.06` as text: a sheet with what to book, and a sheet
 * with every line of `summary.csv`. Excel keeps 15 digits of a number; the CSV and the JSON have all digits.
 */
export async function renderWorkbook(report: ChargebackReport, booking: MonthBooking): Promise<Uint8Array> {
  const sheets = [sheetOf("To book", bookColumns(report), bookLines(booking)), sheetOf("Summary", summaryColumns(report), summaryRows(report, booking))];
  // Loaded here, since only reports need them and every command would otherwise hold them in memory.
  const [{ default: writeWorkbook }, { unzipSync, zipSync }] = await Promise.all([import("write-excel-file/universal"), import("fflate")]);
  const written = await writeWorkbook(sheets).toBlob();
  return zipSync(unzipSync(new Uint8Array(await written.arrayBuffer())), { mtime: NO_TIME });
}

function sheetOf<Row>(sheet: string, columns: readonly CsvColumn<Row>[], rows: readonly Row[]): Sheet<Blob> {
  return {
    sheet,
    stickyRowsCount: 1,
    columns: columns.map(({ figure }) => ({ width: figure === undefined ? 24 : 16 })),
    data: [columns.map(({ name }) => ({ value: name, fontWeight: "bold" as const })), ...rows.map((row) => columns.map((column) => cellOf(column, row)))],
  };
}

function cellOf<Row>({ read, text, figure }: CsvColumn<Row>, row: Row): { value: number; format?: string } | { value: string; type: typeof String } | null {
  const value = text === undefined ? read(row) : shortenCell(spellControls(text(row)));
  if (value === "") return null;
  if (figure === undefined) return { value, type: String };
  return figure === "dollars" ? { value: Number(value), format: DOLLARS } : { value: Number(value) };
}
