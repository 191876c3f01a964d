import { isDollars, notDollars } from "./bill-fields.ts";
import { billMistake } from "./bill-mistakes.ts";
import type { CsvRow } from "./csv-table.ts";

/** Words that columns of money have in their names, whoever names them. */
const SPEAKS_OF_MONEY = /(?:^|_)(?:amount|billed|cents|charges?|costs?|credits?|discount|dollars|fees?|price|spend|tax|total|usd|eur|gbp|jpy|chf|cad|aud|inr|cny)(?:_|$)/;
/** What is counted is not money: `total_tokens`. */
const IS_COUNT = /(?:tokens|requests|count)$/;
/** Names of currencies by which people write money: `US$`, `₩`, `EUR`, `kr`. */
const COIN = String.raw`(?:\p{L}{0,3}\p{Sc}|\p{L}{3}|(?:bs|cr|dh|fr|ft|kč|kr|rm|rp|rs|zł)\.?|dollars?|euros?|pounds?|cents?)(?!\p{L})`;
const SIGN = "[(+−-]{0,2} ?";
/** Not the hyphen of a name: `eng-12`. */
const LATER_SIGN = String.raw`(?:(?<!\p{L})[(+−-]{1,2} ?)?`;
/** A number with a coin before or behind it or not, and with words behind that: `12 EUR net`. Parentheses and a `-` behind it are signs, too. */
const AMOUNT = new RegExp(String.raw`^${SIGN}(?:${COIN} ?)?${LATER_SIGN}([.,]?\d[\d.,'’ ]*)(?:e[+-]?\d+)?(?:[)−-]? ?${COIN}.*)?[)−-]?$`, "iu");
const MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)";
const DATE = new RegExp(String.raw`^(?:${MONTH}\b|\d+ ${MONTH}\b)`, "i");
/** An amount of money is said by then. */
const LONGEST = 200;

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
    } else if (speaksOfMoney(column) && isAmount(cell)) {
      throw billMistake(place, `${JSON.stringify(cell.slice(0, 80))} looks like money, and the column is not known: it would not be counted`, "name the column cost_usd if it is what was billed, in US dollars; else leave it out");
    }
  }
}

/** Other than 0: that asks nothing. */
function isAmount(cell: string): boolean {
  const text = cell.slice(0, LONGEST).trim().replaceAll(/\s+/g, " ");
  const number = DATE.test(text) ? undefined : AMOUNT.exec(text)?.[1];
  return number !== undefined && /[1-9]/.test(number);
}

function speaksOfMoney(column: string): boolean {
  const words = column.replaceAll(/[^a-z0-9]+/g, "_");
  return SPEAKS_OF_MONEY.test(words) && !IS_COUNT.test(words);
}
