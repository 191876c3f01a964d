import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import { boundMonth } from "../../ledger/months.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import { type Failure, partlyFailed } from "../../ledger/partly-failed.ts";
import { keepBill, type Report, REPORTS } from "../../lake/records/kept-bills.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readBill } from "../bills/read-bill.ts";
import { readPages } from "../bills/read-json.ts";
import { type AskedDays, type BillSource, BILLING_APIS, reportUrls } from "./billing-apis.ts";
import { type PageRequest, requestPage } from "./request-page.ts";

/** Everything needed to fetch bills. */
export interface BillFetching {
  sources: readonly BillSource[];
  /** The environment, which holds the keys. */
  env: Readonly<Record<string, string | undefined>>;
  wait: PageRequest["wait"];
  /** Time limit of one attempt of a request. */
  milliseconds?: number;
}

/** A report that was fetched. */
export interface FetchedReport {
  source: string;
  report: Report;
  month: string;
  /** UTC days; `to` is the day after the last. */
  from: string;
  to: string;
  pages: number;
  /** Key in the lake; null if the last answer about these days has the same content. */
  key: string | null;
}

const MOST_PAGES = 1000;
/** Limits for all pages of a report, since the lake keeps them in one object. */
const MOST_BYTES = 2 ** 26;

/** The months whose bills may still change: the current one, up to the last complete UTC day, and the previous one. */
export function monthsToFetch(now: Date): string[] {
  const month = now.toISOString().slice(0, 7);
  const before = new Date(Date.parse(`${month}-01`) - DAY_MS).toISOString().slice(0, 7);
  return [before, month];
}

/**
 * Requests the reports for these months from every configured provider and keeps the answers. A failing source does not keep the others from being
 * fetched; afterwards this throws `bill_fetch_failed`, or the source's own error if it is the only one. Nothing is kept of an incomplete report.
 * @param now UTC days that are not over at this time are not requested.
 */
export async function fetchBills(lake: ObjectStore, { log, ...fetching }: BillFetching & { log: Logger }, months: readonly string[], now: Date): Promise<FetchedReport[]> {
  const fetched: FetchedReport[] = [];
  const failures: Failure[] = [];
  let tried = 0;
  for (const source of fetching.sources) {
    for (const month of months) {
      const days = daysToAsk(month, now);
      if (days === undefined) continue;
      tried += 1;
      try {
        for (const report of REPORTS) {
          const one = await fetchReport(lake, { source, report, month, days, now }, fetching);
          log.info(one, "bill fetched");
          fetched.push(one);
        }
      } catch (cause) {
        if (!(cause instanceof LedgerError)) throw cause;
        log.warn({ source: source.name, month, err: cause }, "bill not fetched");
        failures.push({ name: `${source.name} ${month}`, cause });
      }
    }
  }
  const [first] = failures;
  if (failures.length === 1 && fetching.sources.length === 1 && first?.cause instanceof LedgerError) throw first.cause;
  const error = partlyFailed("bill_fetch_failed", { what: "bills could not be fetched", tried, others: "The other bills were kept" }, failures);
  if (error !== undefined) throw error;
  return fetched;
}

/** Undefined if no day of the month is over. */
function daysToAsk(month: string, now: Date): AskedDays | undefined {
  const { from, to } = boundMonth(month, "UTC");
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const end = Math.min(to.getTime(), today);
  return end <= from.getTime() ? undefined : { from: from.getTime(), to: end };
}

interface Asked {
  source: BillSource;
  report: Report;
  month: string;
  days: AskedDays;
  now: Date;
}

async function fetchReport(lake: ObjectStore, { source, report, month, days, now }: Asked, fetching: BillFetching): Promise<FetchedReport> {
  const what = `${report} of ${source.name}, ${month}`;
  const request = { what, keyEnv: source.keyEnv, headers: BILLING_APIS[source.api].headers(readKey(source, fetching.env), source.groupBy), wait: fetching.wait, ...(fetching.milliseconds === undefined ? {} : { milliseconds: fetching.milliseconds }) };
  const pages = await requestPages(reportUrls(source, days)[report], request);
  // An answer that cannot be read as a bill is not kept, since it would count as the last answer.
  for (const [index, page] of pages.entries()) readBill(`${what}, page ${String(index + 1)}`, page);
  const [from, to] = [days.from, days.to].map(utcDate);
  if (from === undefined || to === undefined) throw new TypeError("no days");
  const key = await keepBill(lake, { source: source.name, api: source.api, report, month, from, to, fetchedAt: now, content: digestOf(pages), pages });
  return { source: source.name, report, month, from, to, pages: pages.length, key: key ?? null };
}

function utcDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** Throws `bill_fetch_failed` if there is no key. Keys are printable. Anything else would be quoted by the error about an invalid header. */
export function readKey({ name, keyEnv }: BillSource, env: BillFetching["env"]): string {
  const key = env[keyEnv]?.trim() ?? "";
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new LedgerError("bill_fetch_failed", `the bill of ${name} cannot be fetched: ${key === "" ? `${keyEnv} is not set` : `${keyEnv} does not hold a key`}`, {
    remedy: `give the key of the provider's API in the environment variable ${keyEnv}`,
  });
}

/** All pages of a report. */
async function requestPages(url: URL, request: PageRequest): Promise<string[]> {
  const pages: string[] = [];
  const seen = new Set<string>();
  let size = 0;
  let of = url;
  for (;;) {
    const text = await requestPage(of, request);
    pages.push(text);
    size += Buffer.byteLength(text);
    const next = nextPage(text, request.what);
    if (next === undefined) return pages;
    if (seen.has(next)) throw endless(request.what, "a page follows itself");
    if (pages.length >= MOST_PAGES || size > MOST_BYTES) throw endless(request.what, `it has more than ${String(MOST_PAGES)} pages or ${String(MOST_BYTES)} bytes`);
    seen.add(next);
    of = new URL(url);
    of.searchParams.set("page", next);
  }
}

const paged = z.object({ data: z.array(z.unknown()), has_more: z.boolean().nullish(), next_page: z.string().nullish() });

/** The next page; undefined after the last one. Throws for a report that has more pages but does not name the next one. */
function nextPage(text: string, what: string): string | undefined {
  const [page] = readPages(what, text);
  const parsed = paged.safeParse(page?.value);
  if (!parsed.success) throw new LedgerError("bill_fetch_failed", `${what}: the answer is not a page of a report`, { remedy: "check url and api, and whether a proxy answers instead of the provider" });
  const { has_more: more, next_page: next } = parsed.data;
  if (more === false) return undefined;
  if (typeof next === "string" && next !== "") return next;
  if (more === true) throw endless(what, "it has more pages and does not name the next");
  return undefined;
}

function endless(what: string, problem: string): LedgerError {
  return new LedgerError("bill_fetch_failed", `${what}: the report does not end: ${problem}`, { remedy: "nothing of it was kept; the next run tries again" });
}

/** Cursors and times in an answer change with each request. The content is in `data`. */
function digestOf(pages: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of pages) {
    const [page] = readPages("", text);
    for (const one of paged.parse(page?.value).data) hash.update(`${JSON.stringify(one)}\n`);
  }
  return hash.digest("hex");
}
