import { stat } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { DAY_MS, HOUR_MS } from "../../ledger/durations.ts";
import { divideRounding } from "../../ledger/money.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { type BillEntry, type BillLine, type BillPart, type ChargeType, type OtherService, TOKEN_TYPES } from "../comparison/bill.ts";
import { DOLLAR, parseAmount } from "../comparison/exact-amount.ts";
import { describeDimensions, inCurrency, parseCurrency } from "./bill-fields.ts";
import { billMistake } from "./bill-mistakes.ts";
import { readMeaning } from "./focus-meaning.ts";
import { type FocusFile, sumFocusRows, TEXTS } from "./focus-sums.ts";

/** About the size of a row in a compressed file. */
const BYTES_A_ROW = 50;

/**
 * Reads a FOCUS file of version 1.0 to 1.4. The database sums its rows by day and meaning, since a cloud's bill may have millions of rows. Lines
 * that are not about models are left out. Throws `bill_invalid`.
 * @param workspace existing folder for temporary files.
 */
export async function readFocusBill(file: FocusFile, workspace: string): Promise<BillPart> {
  const rows = Math.ceil((await stat(file.path)).size / BYTES_A_ROW);
  return await withDuckDb({ temporaryDirectory: workspace, rows }, async (duck) => {
    await sumFocusRows(duck, file);
    await keepMeanings(duck);
    const entries = (await readSums(duck)).map((sum): BillEntry => {
      const line = lineOf(sum, file.name);
      const from = Date.parse(line.date);
      const { date: _date, tokens: _tokens, cost: _cost, foreign, effective: _effective, rounding: _rounding, ...dimensions } = line;
      return { from, to: from + DAY_MS, dimensions: describeDimensions({ ...dimensions, currency: foreign?.currency }), lines: [line] };
    });
    return { kind: "focus", origin: file.name, provider: null, entries, spans: entries.map(({ from, to }) => ({ from, to })), otherServices: await readOthers(duck, file.name) };
  });
}

const texts = z.strictObject({
  id: z.number(),
  issuer: z.string(), provider: z.string(), service: z.string(), category: z.string(), charge: z.string(), sku: z.string(), meter: z.string(), details: z.string(), description: z.string(),
  unit: z.string(), currency: z.string(), account: z.string(), model: z.string(), tokenType: z.string(), usageType: z.string(),
});

/** Creates the table `focus_meanings`, which says what each combination of texts is for. Combinations that are not about models have no row. */
async function keepMeanings(duck: DuckDBConnection): Promise<void> {
  await duck.run(`CREATE OR REPLACE TEMP TABLE focus_texts AS SELECT row_number() OVER (ORDER BY ${TEXTS})::INTEGER AS id, * FROM (SELECT DISTINCT ${TEXTS} FROM focus_sums)`);
  await duck.run("CREATE OR REPLACE TEMP TABLE focus_meanings (id INTEGER, line_provider VARCHAR, line_model VARCHAR, line_type VARCHAR, line_unit HUGEINT)");
  const found = (await duck.runAndReadAll("SELECT * FROM focus_texts ORDER BY id")).getRowObjectsJS();
  const meanings = z.array(texts).parse(found).flatMap(({ id, ...of }) => {
    const meaning = readMeaning(of);
    return meaning === null ? [] : [[id, meaning.provider, meaning.model, meaning.type, meaning.unit]];
  });
  await appendRows(duck, "focus_meanings", meanings);
}

const CHARGE_TYPES: readonly ChargeType[] = [...TOKEN_TYPES, "all", "other"];

const sum = z.object({
  day: z.string(),
  longest: z.number(),
  line_provider: z.string(),
  line_model: z.string(),
  line_type: z.enum(CHARGE_TYPES),
  account: z.string(),
  currency: z.string(),
  billed: z.string(),
  effective: z.string().nullable(),
  /** Number of tokens or searches. */
  counted: z.string().nullable(),
});
type Sum = z.output<typeof sum>;

async function readSums(duck: DuckDBConnection): Promise<Sum[]> {
  const rows = await duck.runAndReadAll(`
    SELECT day, max(longest) AS longest, line_provider, line_model, line_type, account, currency, sum(billed)::VARCHAR AS billed, sum(effective)::VARCHAR AS effective,
      -- Where one of several quantities is not a count, there is no sum.
      CASE WHEN count(line_unit) = count(*) AND count(quantity) = count(*) THEN sum(quantity::DECIMAL(38,9) * line_unit::DECIMAL(10,0))::VARCHAR END AS counted
    FROM focus_sums JOIN focus_texts USING (${TEXTS}) JOIN focus_meanings USING (id)
    GROUP BY ALL ORDER BY day, line_provider, line_model, line_type, account, currency`);
  return z.array(sum).parse(rows.getRowObjectsJS());
}

const other = z.object({ service: z.string(), currency: z.string(), billed: z.string() });

async function readOthers(duck: DuckDBConnection, file: string): Promise<OtherService[]> {
  const rows = await duck.runAndReadAll(`
    SELECT service, upper(currency) AS currency, sum(billed)::VARCHAR AS billed FROM focus_sums JOIN focus_texts USING (${TEXTS}) ANTI JOIN focus_meanings USING (id)
    GROUP BY ALL HAVING sum(billed) <> 0 ORDER BY service, upper(currency)`);
  return z.array(other).parse(rows.getRowObjectsJS()).map(({ service, currency, billed }) => ({ service, currency, amount: inBillionths(billed, `${file}, ${service}`) }));
}

/** A local day on which clocks go back. */
const LONGEST_DAY_MS = 25 * HOUR_MS;

function lineOf({ day: date, longest, line_provider: provider, line_model: model, line_type: type, account, currency: spelled, billed, effective, counted }: Sum, file: string): BillLine {
  const place = `${file}, ${date}, ${provider}/${model}`;
  if (type !== "other" && longest > LONGEST_DAY_MS) throw billMistake(place, `a row covers ${String(Math.ceil(longest / DAY_MS))} days, but bills are compared by day`, "export it again with a row for each day or hour");
  const currency = parseCurrency(spelled);
  if (currency === undefined) throw billMistake(place, `BillingCurrency is ${JSON.stringify(spelled.slice(0, 40))}, not a code of three letters such as USD`);
  const money = inCurrency(currency, inBillionths(billed, place));
  const worth = effective === null ? null : inBillionths(effective, place);
  const isCovered = money.cost !== null && worth !== null && worth > money.cost && type !== "other";
  const tokens = counted === null ? null : divideRounding(inBillionths(counted, place), DOLLAR);
  return { date, provider, model, type, workspace: account || null, tokens, ...money, ...(isCovered ? { effective: worth } : {}), rounding: 0n };
}

function inBillionths(text: string, place: string): bigint {
  const found = parseAmount(text, DOLLAR, MOST);
  if (found === undefined) throw billMistake(place, `${text.slice(0, 40)} is larger than any bill can be`);
  return found;
}

/** 10^15 tokens, or as many dollars. */
const MOST = 10n ** 24n;
