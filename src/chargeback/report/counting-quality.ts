import { html } from "hono/html";
import { BILLIONTHS } from "../../ledger/money.ts";
import type { SummaryRow } from "../insights/summary-rows.ts";
import type { Html } from "../page/html-cells.ts";
import { countOf } from "../page/tables.ts";

/** Requests whose price rests on how their counts are read, or that have none because of it. */
export interface CountingDoubts {
  /** Priced by the list as if their provider counted like OpenAI: nobody said how it does. */
  assumed: bigint;
  /** Unpriced: a part of their counts is larger than the whole it is said to be within. */
  contradicted: bigint;
}

const WAY_OUT = html`Declare with <code>counts</code>, in the price list or under <code>providers</code>, what the provider's counts include.`;

/** Lines of the page's data quality; nothing where nothing is in doubt. */
export function renderCountingDoubts({ assumed, contradicted }: CountingDoubts = NO_DOUBTS): Html | string {
  if (assumed === 0n && contradicted === 0n) return "";
  return html`${assumed === 0n ? "" : html`<p>${countOf(assumed, "request")} priced by the list on the assumption that cached tokens and reasoning are within the counts of input and output. ${WAY_OUT}</p>`}
${contradicted === 0n ? "" : html`<p>${countOf(contradicted, "request")} unpriced: a part of the counts is larger than the whole that it is said to be within. ${WAY_OUT}</p>`}`;
}

export function countingDoubtsToJson({ assumed, contradicted }: CountingDoubts = NO_DOUBTS): object {
  return { assumed_requests: assumed, contradicted_requests: contradicted };
}

/** Rows of the summary as CSV. */
export function listCountingDoubts({ assumed, contradicted }: CountingDoubts = NO_DOUBTS): SummaryRow[] {
  return [
    { item: "counts assumed", detail: "priced by the list", requests: assumed },
    { item: "counts contradicted", detail: "unpriced", requests: contradicted },
  ].flatMap(({ requests, ...row }) => (requests === 0n ? [] : [{ section: "data quality", team: "", ...row, requests: requests * BILLIONTHS }]));
}

const NO_DOUBTS: CountingDoubts = { assumed: 0n, contradicted: 0n };
