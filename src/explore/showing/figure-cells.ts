import { html } from "hono/html";
import { countCell, type Html, moneyCell } from "../../chargeback/page/cells.ts";
import { GAP_CELL } from "../../chargeback/page/tables.ts";
import { formatDollarsOrEmpty, roundToCents } from "../../ledger/money.ts";
import { type Figures, isMoney, type Measure } from "../question/question.ts";

/** A column of figures in a table: one for each row, then their total. Printed cents add up to the printed total. */
export interface FigureColumn {
  measure: Measure;
  amounts: readonly (bigint | null)[];
  total: bigint | null;
}

/** The cells of a column, row by row, then the cell of the total. @param rows the figures of the rows, which say whether requests lack a price */
export function figureCells({ measure, amounts, total }: FigureColumn, rows: readonly Figures[]): Html[] {
  if (!isMoney(measure)) return [...amounts, total].map((amount) => (amount === null ? GAP_CELL : countCell(amount)));
  const cents = roundToCents(amounts.map((amount) => amount ?? 0n));
  const cellOf = (amount: bigint | null, printed: bigint, figures: Figures | undefined): Html => (amount === null ? gapCell(measure, figures) : moneyCell(amount, printed));
  return [...amounts.map((amount, row) => cellOf(amount, cents.parts[row] ?? 0n, rows[row])), cellOf(total, cents.total, undefined)];
}

/** A missing price is a gap and not a zero. */
function gapCell(measure: Measure, figures: Figures | undefined): Html {
  return measure === "cost" && (figures?.unpriced_requests ?? 0n) > 0n && figures?.list_value === null ? html`<td class="figure gap">not priced</td>` : GAP_CELL;
}

/** A figure for a CSV file: exact, with nine decimals where it is an amount; empty where there is no amount. */
export function csvFigure(measure: Measure, amount: bigint | null): string {
  return isMoney(measure) ? formatDollarsOrEmpty(amount) : String(amount ?? 0n);
}

/** The names of figures in CSV files. */
export function csvName(measure: Measure): string {
  return isMoney(measure) ? `${measure}_usd` : measure;
}
