import type { LedgerError } from "../../ledger/errors.ts";
import type { BillPart } from "../comparison/bill.ts";
import { readAnalyticsCost, readAnalyticsUsage } from "./anthropic-analytics.ts";
import { readAnthropicCost, readAnthropicUsage } from "./anthropic-reports.ts";
import { billMistake, EXPECTED } from "./bill-mistakes.ts";
import { readCsvBill } from "./csv-bills.ts";
import { readOpenAiCosts, readOpenAiUsage } from "./openai-reports.ts";
import { type Page, readPages } from "./read-json.ts";

/**
 * Reads a bill of any kind; the content determines the kind, not the file's name. Throws `bill_invalid`.
 * @param file name for messages.
 */
export function readBill(file: string, text: string): BillPart[] {
  const content = text.replace(/^\uFEFF/, "");
  if (!/^\s*[[{]/.test(content)) return [readCsvBill(file, content)];
  const pages = readPages(file, content);
  if (pages.length === 0) throw unknownBill(file, "an empty list");
  return pages.map(readPage);
}

type ReadPage = (page: unknown, origin: string) => BillPart;

/** A provider's two reports: members of their buckets and results identify them. */
interface KnownReports {
  bucket: readonly string[];
  readCosts: ReadPage;
  readUsage: ReadPage;
  /** Members of results of the usage report; results of the costs report have an `amount`. */
  counted: readonly string[];
}

/** Reports whose rows contain dimensions and figures directly instead of `results`. They are recognised by the members of their rows. */
const KNOWN_ROWS: readonly { row: readonly string[]; read: ReadPage }[] = [
  { row: ["starting_at", "ending_at", "group", "usage"], read: readAnalyticsUsage },
  { row: ["starting_at", "ending_at", "group", "cost"], read: readAnalyticsCost },
];

const KNOWN: readonly KnownReports[] = [
  { bucket: ["starting_at", "ending_at", "results"], readCosts: readAnthropicCost, readUsage: readAnthropicUsage, counted: ["uncached_input_tokens"] },
  // OpenAI's other usage reports name themselves in `object`; the reader says that they cannot be compared.
  { bucket: ["start_time", "end_time", "results"], readCosts: readOpenAiCosts, readUsage: readOpenAiUsage, counted: ["input_tokens", "object"] },
];

function readPage({ origin, value }: Page): BillPart {
  if (!isObject(value)) throw unknownBill(origin, showFound(value));
  const { data } = value;
  if (!Array.isArray(data)) throw unknownBill(origin, showFound(value));
  const buckets: unknown[] = data;
  if (buckets.length === 0) {
    // Any list can be empty: only the end of a paged report is accepted as one of these.
    if (value["has_more"] === false) return saysNothing(origin);
    throw unknownBill(origin, "an empty list that does not say has_more: false");
  }
  const ofRows = KNOWN_ROWS.find(({ row }) => buckets.every((one) => hasAll(one, row)));
  if (ofRows !== undefined) return ofRows.read(value, origin);
  const known = KNOWN.find(({ bucket }) => buckets.every((one) => hasAll(one, bucket)));
  if (known === undefined) throw unknownBill(origin, `data of ${showFound(buckets.find((one) => !KNOWN.some(({ bucket }) => hasAll(one, bucket))) ?? buckets[0])}`);
  const results = buckets.flatMap(resultsOf);
  if (results.some((one) => hasAll(one, ["amount"]))) return known.readCosts(value, origin);
  if (results.some((one) => known.counted.some((name) => hasAll(one, [name])))) return known.readUsage(value, origin);
  if (results.length > 0) throw unknownBill(origin, `results of ${showFound(results[0])}`);
  // The page does not show which of the two reports it belongs to, but its buckets must match one of them.
  known.readUsage(value, origin);
  return saysNothing(origin);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasAll(value: unknown, members: readonly string[]): boolean {
  return isObject(value) && members.every((name) => Object.hasOwn(value, name));
}

function resultsOf(bucket: unknown): unknown[] {
  return isObject(bucket) && Array.isArray(bucket["results"]) ? bucket["results"] : [];
}

function saysNothing(origin: string): BillPart {
  return { kind: "generic-csv", origin, provider: null, entries: [], spans: [] };
}

const MOST_MEMBERS = 8;

/** Shows names only, never values: a bill may contain who used what. */
function showFound(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (!isObject(value)) return value === null ? "null" : `a ${typeof value}`;
  const names = Object.keys(value);
  const shown = names.slice(0, MOST_MEMBERS).map((name) => JSON.stringify(name.slice(0, 40)));
  if (shown.length === 0) return "objects without members";
  return `objects with ${shown.join(", ")}${names.length > MOST_MEMBERS ? " and more" : ""}`;
}

function unknownBill(origin: string, found: string): LedgerError {
  return billMistake(origin, `it is not a known kind of bill: found ${found}`, EXPECTED);
}
