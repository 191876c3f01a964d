import type { BillPart } from "../bill.ts";
import { readAnthropicCost, readAnthropicUsage } from "./anthropic-reports.ts";
import { billMistake, EXPECTED } from "./bill-mistakes.ts";
import { readCsvBill } from "./csv-bills.ts";
import { readOpenAiCosts, readOpenAiUsage } from "./openai-reports.ts";
import { type Page, readPages } from "./read-json.ts";

/**
 * What a file says, whichever kind of bill it is: told by its content, not by its name. Throws `bill_invalid`.
 * @param file as messages name it.
 */
export function readBill(file: string, text: string): BillPart[] {
  const content = text.replace(/^\uFEFF/, "");
  if (!/^\s*[[{]/.test(content)) return [readCsvBill(file, content)];
  return readPages(file, content).map(readPage);
}

type ReadPage = (page: unknown, origin: string) => BillPart;

function readPage({ origin, value }: Page): BillPart {
  const read = isPage(value) ? findReader(value) : undefined;
  if (read === undefined) throw billMistake(origin, "it is no bill that is known here", EXPECTED);
  return read(value, origin);
}

interface Bucketed {
  data: readonly unknown[];
}

function isPage(value: unknown): value is Bucketed {
  return typeof value === "object" && value !== null && "data" in value && Array.isArray(value.data);
}

/** Anthropic's buckets have `starting_at`, OpenAI's `start_time`; what was billed has an `amount`. A page of empty buckets says nothing. */
function findReader({ data }: Bucketed): ReadPage | undefined {
  const buckets = data.filter((bucket) => typeof bucket === "object" && bucket !== null);
  const results = buckets.flatMap((bucket): unknown[] => ("results" in bucket && Array.isArray(bucket.results) ? bucket.results : []));
  const isCost = results.some((result) => typeof result === "object" && result !== null && "amount" in result);
  if (results.length === 0) return readNothing;
  if (buckets.some((bucket) => "starting_at" in bucket)) return isCost ? readAnthropicCost : readAnthropicUsage;
  if (buckets.some((bucket) => "start_time" in bucket)) return isCost ? readOpenAiCosts : readOpenAiUsage;
  return undefined;
}

/** Of which of the two reports it is a page cannot be told. */
function readNothing(_page: unknown, origin: string): BillPart {
  return { kind: "generic-csv", origin, provider: null, entries: [], spans: [] };
}
