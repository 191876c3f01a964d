import { isDollars, notDollars } from "./bill-fields.ts";
import { billMistake } from "./bill-mistakes.ts";
import type { CsvRow } from "./csv-table.ts";

/** Words in the names of money columns. */
const SPEAKS_OF_MONEY = /(?:^|_)(?:amount|billed|cents|charges?|costs?|credits?|discount|dollars|fees?|price|spend|tax|total|usd|eur|gbp|jpy|chf|cad|aud|inr|cny)(?:_|$)/;
/** Columns of counts are not money: `total_tokens`. */
const IS_COUNT = /(?:tokens|requests|count)$/;
/** Currency names and symbols: `US$`, `₩`, `EUR`, `kr`. */
const COIN = String.raw`(?:\p{L}{0,3}\p{Sc}|\p{L}{3}|(?:bs|cr|dh|fr|ft|kč|kr|rm|rp|rs|zł)\.?|dollars?|euros?|pounds?|cents?)(?!\p{L})`;
const SIGN = "[(+−-]{0,2} ?";
/** Not the hyphen of a name: `eng-12`. */
const LATER_SIGN = String.raw`(?:(?<!\p{L})[(+−-]{1,2} ?)?`;
/** A number, optionally with a currency before or after it and words after that: `12 EUR net`. Parentheses and a trailing `-` are signs too. */
const AMOUNT = new RegExp(String.raw`^${SIGN}(?:${COIN} ?)?${LATER_SIGN}([.,]?\d[\d.,'’ ]*)(?:e[+-]?\d+)?(?:[)−-]? ?${COIN}.*)?[)−-]?$`, "iu");
const MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)";
const DATE = new RegExp(String.raw`^(?:${MONTH}\b|\d+ ${MONTH}\b)`, "i");
/** Characters that may remain around an amount. */
const LONGEST = 200;

/**
 * Refuses a line with money that the reader of its kind would miss: in another currency, or in an unknown column. Otherwise the bill
 * would seem lower than it is.
 * @param known columns of money that are already handled
 */
export function refuseOtherMoney(row: CsvRow, known: readonly string[]): void {
  for (const [column, cell] of Object.entries(row.cells)) {
    if (cell === "" || known.includes(column)) continue;
    const place = `${row.origin}, column ${column}`;
    if (column.includes("currency")) {
      if (!isDollars(cell)) throw billMistake(place, notDollars(cell), "give amounts in other currencies in the columns cost and currency instead of cost_usd");
    } else if (speaksOfMoney(column) && isAmount(cell)) {
      throw billMistake(place, `${JSON.stringify(cell.slice(0, 80))} looks like money, but the column is unknown, so it would not be counted`, "name the column cost_usd if it is the billed amount in US dollars; otherwise remove it");
    }
  }
}

/** Amounts other than 0. */
function isAmount(cell: string): boolean {
  const text = cell.slice(0, LONGEST).trim().replaceAll(/\s+/g, " ");
  const number = DATE.test(text) ? undefined : AMOUNT.exec(text)?.[1];
  return number !== undefined && /[1-9]/.test(number);
}

function speaksOfMoney(column: string): boolean {
  const words = column.replaceAll(/[^a-z0-9]+/g, "_");
  return SPEAKS_OF_MONEY.test(words) && !IS_COUNT.test(words);
}
