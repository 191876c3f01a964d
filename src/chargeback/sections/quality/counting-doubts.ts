import type { DuckDBConnection } from "@duckdb/node-api";
import { html } from "hono/html";
import { z } from "zod";
import { BILLIONTHS } from "../../../ledger/money.ts";
import type { Html } from "../../page/cells.ts";
import { countOf } from "../../page/tables.ts";
import type { SummaryRow } from "../../report/summary-row.ts";

/** Requests whose price depends on an assumption about their counts, or which have no price because of them. */
export interface CountingDoubts {
  /** Priced by the list as if their provider counted like OpenAI, because nothing declares how it counts. */
  assumed: bigint;
  /** Unpriced, because a part of their counts exceeds the whole it is declared to be included in. */
  contradicted: bigint;
}

const WAY_OUT = html`Declare with <code>counts</code>, in the price list or under <code>providers</code>, what the provider's counts include.`;

/** Paragraphs of the page's data quality; empty where there are no doubts. */
export function renderCountingDoubts({ assumed, contradicted }: CountingDoubts = NO_DOUBTS): Html | string {
  if (assumed === 0n && contradicted === 0n) return "";
  return html`${assumed === 0n ? "" : html`<p>${countOf(assumed, "request")} priced by the list on the assumption that cached tokens and reasoning are included in the counts of input and output. ${WAY_OUT}</p>`}
${contradicted === 0n ? "" : html`<p>${countOf(contradicted, "request")} unpriced: a part of the counts is larger than the whole that should include it. ${WAY_OUT}</p>`}`;
}

export function countingDoubtsToJson({ assumed, contradicted }: CountingDoubts = NO_DOUBTS): object {
  return { assumed_requests: assumed, contradicted_requests: contradicted };
}

/** Rows of `summary.csv`. */
export function countingDoubtRows({ assumed, contradicted }: CountingDoubts = NO_DOUBTS): SummaryRow[] {
  return [
    { item: "counts assumed", detail: "priced by the list", requests: assumed },
    { item: "counts contradicted", detail: "unpriced", requests: contradicted },
  ].flatMap(({ requests, ...row }) => (requests === 0n ? [] : [{ section: "data quality", team: "", ...row, requests: requests * BILLIONTHS }]));
}

const NO_DOUBTS: CountingDoubts = { assumed: 0n, contradicted: 0n };

/** Counts requests by the doubts noted in their price version. @param rows SQL of rows of `usage` @see `price_version` in docs/tables.md */
export async function countCountingDoubts(duck: DuckDBConnection, rows: string): Promise<CountingDoubts> {
  const result = await duck.runAndReadAll(`SELECT count(*) FILTER (cost_source = 'price_list' AND contains(price_version, '; counts: assumed'))::BIGINT AS assumed,
    count(*) FILTER (cost_usd IS NULL AND ends_with(price_version, ', contradicted'))::BIGINT AS contradicted FROM ${rows}`);
  return z.object({ assumed: z.bigint(), contradicted: z.bigint() }).parse(result.getRowObjectsJS()[0]);
}
