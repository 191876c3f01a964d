import { isDollars, notDollars } from "./bill-fields.ts";
import { billMistake } from "./bill-mistakes.ts";
import type { CsvRow } from "./csv-table.ts";

/** Words that columns of money have in their names, whoever names them. */
const SPEAKS_OF_MONEY = /(?:^|_)(?:amount|billed|cents|charges?|costs?|credits?|discount|dollars|fees?|price|spend|tax|total|usd|eur|gbp|jpy|chf|cad|aud|inr|cny)(?:_|$)/;
/** What is counted is not money: `total_tokens`. */
const IS_COUNT = /(?:tokens|requests|count)$/;
/** A number other than 0, with a sign or code of a currency before or behind it or not. */
const IS_AMOUNT = /^[\s$€£¥₹+-]*(?:[a-z]{3}\s*)?[\d.,']*[1-9][\d.,']*\s*(?:[a-z]{3}|[€£¥₹$])?$/i;

/**
 * Refuses a line that asks money which the reader of its kind would not see: in another currency, or in a column that it does
 * not know. Without this the bill would be taken for less than it is.
 * @param known columns of money that need no further look
 */
export function refuseOtherMoney(row: CsvRow, known: readonly string[]): void {
  for (const [column, cell] of Object.entries(row.cells)) {
    if (cell === "" || known.includes(column)) continue;
    const place = `${row.origin}, column ${column}`;
    if (column.includes("currency")) {
      if (!isDollars(cell)) throw billMistake(place, notDollars(cell), "bring a bill in US dollars: other currencies are not supported yet");
    } else if (speaksOfMoney(column) && IS_AMOUNT.test(cell)) {
      throw billMistake(place, `${JSON.stringify(cell.slice(0, 80))} looks like money, and the column is not known: it would not be counted`, "name the column cost_usd if it is what was billed, in US dollars; else leave it out");
    }
  }
}

function speaksOfMoney(column: string): boolean {
  const words = column.replaceAll(/[^a-z0-9]+/g, "_");
  return SPEAKS_OF_MONEY.test(words) && !IS_COUNT.test(words);
}
