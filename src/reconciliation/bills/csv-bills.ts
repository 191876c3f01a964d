import { DAY_MS } from "../../ledger/durations.ts";
import { type BillEntry, type BillKind, type BillLine, type BillPart, type ChargeType, TOKEN_TYPES, type TokenType } from "../comparison/bill.ts";
import { CENT, DOLLAR, parseAmount, parseCount } from "../comparison/exact-amount.ts";
import { describeDimensions, inCurrency, type Money, parseCurrency } from "./bill-fields.ts";
import { billMistake, EXPECTED } from "./bill-mistakes.ts";
import { refuseOtherMoney } from "./csv-money.ts";
import { type CsvRow, parseDate, readCell, readCsv } from "./csv-table.ts";
import { costLine, usageLines } from "./openai-reports.ts";

interface CsvKind {
  kind: BillKind;
  provider: string | null;
  /** Columns that identify the kind. */
  columns: readonly string[];
  /** Further required columns: a missing count would be read as 0. */
  required: readonly string[];
  /** Known columns of money: those that are read, and those that repeat them. */
  money: readonly string[];
  dateColumn: string;
  readDate: (text: string) => string | undefined;
  /** Columns of figures, which are not part of a line's identity. */
  figures: RegExp;
  readLines: (row: CsvRow, date: string) => BillLine[];
}

/** In order: the first kind whose columns are all present applies. */
const CSV_KINDS: readonly CsvKind[] = [
  {
    kind: "anthropic-usage-csv",
    provider: "anthropic",
    columns: ["usage_date_utc", "model_version", "usage_input_tokens_no_cache", "usage_output_tokens"],
    required: ["usage_input_tokens_cache_read", "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h", "web_search_count"],
    money: [],
    dateColumn: "usage_date_utc",
    readDate: parseDate,
    figures: /_tokens|_count$/,
    readLines: readAnthropicUsage,
  },
  {
    kind: "anthropic-cost-csv",
    provider: "anthropic",
    columns: ["usage_date_utc", "model", "token_type", "cost_usd"],
    required: ["cost_type"],
    money: ["cost_usd", "list_price_usd"],
    dateColumn: "usage_date_utc",
    readDate: parseDate,
    figures: /_usd$/,
    readLines: readAnthropicCost,
  },
  {
    kind: "openai-usage-csv",
    provider: "openai",
    columns: ["start_time", "end_time", "model", "input_tokens", "output_tokens"],
    required: ["input_cached_tokens"],
    money: [],
    dateColumn: "start_time",
    readDate: parseUnixDay,
    figures: /_tokens$|^num_/,
    readLines: readOpenAiUsage,
  },
  {
    kind: "openai-costs-csv",
    provider: "openai",
    columns: ["start_time", "end_time", "amount_value", "line_item"],
    required: ["amount_currency"],
    money: ["amount_value", "amount_currency"],
    dateColumn: "start_time",
    readDate: parseUnixDay,
    figures: /^amount_/,
    readLines: readOpenAiCosts,
  },
  {
    kind: "generic-csv",
    provider: null,
    columns: ["date", "provider", "model"],
    required: [],
    money: ["cost_usd"],
    dateColumn: "date",
    readDate: parseDate,
    figures: /^(?:tokens|cost_usd|cost)$/,
    readLines: readGeneric,
  },
];

/** Reads a bill from a CSV file. Throws `bill_invalid` for an unknown kind, and for an invalid line. */
export function readCsvBill(file: string, text: string): BillPart {
  const { columns, rows } = readCsv(file, text);
  const found = CSV_KINDS.find((known) => known.columns.every((name) => columns.includes(name)));
  if (found === undefined) throw billMistake(file, `it is not a known kind of bill; its first line is ${JSON.stringify(columns.join(",").slice(0, 120))}`, EXPECTED);
  refuseColumns(file, columns, found);
  const entries = rows.map((row): BillEntry => {
    refuseOtherMoney(row, isInAnyCurrency(columns, found) ? [...found.money, "cost", "currency"] : found.money);
    const date = readCell(row, found.dateColumn, found.readDate, "UTC day");
    const from = Date.parse(date);
    const dimensions = Object.fromEntries(Object.entries(row.cells).filter(([name]) => !found.figures.test(name)));
    return { from, to: from + DAY_MS, dimensions: describeDimensions(dimensions), lines: found.readLines(row, date) };
  });
  return { kind: found.kind, origin: file, provider: found.provider, entries, spans: entries.map(({ from, to }) => ({ from, to })) };
}

function refuseColumns(file: string, columns: readonly string[], { kind, required }: CsvKind): void {
  const missing = required.filter((name) => !columns.includes(name));
  if (missing.length > 0) throw billMistake(file, `it is a bill of the kind ${kind}, but it lacks the column ${missing.join(", ")}`, "export it again with all of its columns");
  const twice = columns.find((name, index) => columns.indexOf(name) < index);
  if (twice !== undefined) throw billMistake(file, `the column ${JSON.stringify(twice)} occurs twice`);
  if (kind === "generic-csv" && !["tokens", "cost_usd"].some((name) => columns.includes(name)) && !(columns.includes("cost") && columns.includes("currency"))) {
    throw billMistake(file, `it has none of tokens, cost_usd, and cost with currency; its columns are ${JSON.stringify(columns.join(",").slice(0, 120))}`, EXPECTED);
  }
}

/** A generic CSV may name the currency of each line. Its `cost_usd` is always in dollars. */
function isInAnyCurrency(columns: readonly string[], { kind }: CsvKind): boolean {
  return kind === "generic-csv" && columns.includes("cost") && columns.includes("currency") && !columns.includes("cost_usd");
}

/** Unix seconds of a UTC midnight: a report by hour must be requested by day instead. */
function parseUnixDay(text: string): string | undefined {
  if (!/^\d{1,11}$/.test(text)) return undefined;
  return parseDate(new Date(Number(text) * 1000).toISOString());
}

function countIn(row: CsvRow, column: string): bigint {
  return row.cell(column) === "" ? 0n : readCell(row, column, parseCount, "whole number up to 10^15");
}

function dollarsIn(row: CsvRow, column: string): bigint {
  return readCell(row, column, (text) => parseAmount(text.replace(/^\$/, ""), DOLLAR), "amount in dollars");
}

function moneyIn(row: CsvRow, amountColumn: string, currencyColumn: string): Money {
  if (row.cell(currencyColumn) === "") throw billMistake(`${row.origin}, column ${currencyColumn}`, "it is empty: the amount has no currency");
  const currency = readCell(row, currencyColumn, parseCurrency, "currency: a code of three letters, such as USD");
  return inCurrency(currency, readCell(row, amountColumn, (text) => parseAmount(text, DOLLAR), "amount"));
}

const NO_FIGURES = { tokens: null, cost: null, rounding: 0n } as const;

/** The usage export of Anthropic's console: one line per day, model, key and workspace; no count is part of another. */
function readAnthropicUsage(row: CsvRow, date: string): BillLine[] {
  const types: [TokenType, string][] = [
    ["input", "usage_input_tokens_no_cache"],
    ["cached", "usage_input_tokens_cache_read"],
    ["cache_write_5m", "usage_input_tokens_cache_write_5m"],
    ["cache_write_1h", "usage_input_tokens_cache_write_1h"],
    ["output", "usage_output_tokens"],
    ["web_search", "web_search_count"],
  ];
  const of = { date, provider: "anthropic", model: row.cell("model_version"), workspace: row.cell("workspace") || null };
  return types.map(([type, column]) => ({ ...NO_FIGURES, ...of, type, tokens: countIn(row, column) }));
}

const COST_TYPES: ReadonlyMap<string, TokenType> = new Map([
  ["input_no_cache", "input"],
  ["input_cache_read", "cached"],
  ["input_cache_write_5m", "cache_write_5m"],
  ["input_cache_write_1h", "cache_write_1h"],
  ["output", "output"],
]);

/** The cost export of Anthropic's console: models by their display names, `Claude Sonnet 4.5`, and dollars that may be rounded to cents. */
function readAnthropicCost(row: CsvRow, date: string): BillLine[] {
  const type = row.cell("cost_type") === "web_search" ? "web_search" : (COST_TYPES.get(row.cell("token_type")) ?? "other");
  const model = row.cell("model").toLowerCase().replace(/[ .]/g, "-");
  const rounding = /\.\d{3,}$/.test(row.cell("cost_usd")) ? 0n : CENT / 2n;
  const named = model || (type === "web_search" ? "web_search" : row.cell("cost_type") || "unknown");
  return [{ date, provider: "anthropic", model: named, type, workspace: row.cell("workspace") || null, tokens: null, cost: dollarsIn(row, "cost_usd"), rounding }];
}

/** A bucket without results is a line without values. */
function readOpenAiUsage(row: CsvRow, date: string): BillLine[] {
  const model = row.cell("model");
  if (model === "" && row.cell("input_tokens") === "") return [];
  if (model === "") throw billMistake(`${row.origin}, column model`, "it is empty: the export is not grouped by model");
  const counts = { input: countIn(row, "input_tokens"), cached: countIn(row, "input_cached_tokens"), output: countIn(row, "output_tokens") };
  return usageLines({ date, model, workspace: row.cell("project_id") || null, ...counts });
}

function readOpenAiCosts(row: CsvRow, date: string): BillLine[] {
  if (row.cell("amount_value") === "") return [];
  return [costLine({ date, workspace: row.cell("project_id") || null, item: row.cell("line_item") || null, money: moneyIn(row, "amount_value", "amount_currency") }, row.origin)];
}

const GENERIC_TYPES: readonly ChargeType[] = [...TOKEN_TYPES, "all", "other"];

function readGeneric(row: CsvRow, date: string): BillLine[] {
  const type = readCell(row, "token_type", (text) => GENERIC_TYPES.find((known) => known === (text || "all")), `token type (${GENERIC_TYPES.join(", ")})`);
  const tokens = row.cell("tokens") === "" ? null : countIn(row, "tokens");
  const money = genericMoney(row);
  if (tokens === null && money === null) throw billMistake(row.origin, "it has neither tokens nor cost_usd");
  if (tokens !== null && type === "all") throw billMistake(`${row.origin}, column token_type`, "tokens of all types together cannot be compared: say which type they are");
  const named = (column: string): string => readCell(row, column, (text) => text || undefined, "name");
  return [{ date, provider: named("provider").toLowerCase(), model: named("model"), type, workspace: row.cell("workspace") || null, tokens, ...(money ?? { cost: null }), rounding: 0n }];
}

function genericMoney(row: CsvRow): Money | null {
  if (row.cell("cost_usd") !== "") return { cost: dollarsIn(row, "cost_usd") };
  return row.cell("cost") === "" ? null : moneyIn(row, "cost", "currency");
}
