import { html } from "hono/html";
import { BILLIONTHS, formatDollars, type Nanodollars } from "../../../ledger/money.ts";
import { type Html, showCost } from "../../page/cells.ts";
import { countOf } from "../../page/tables.ts";
import { roundAlone } from "../../report/rounding.ts";
import type { SummaryRow } from "../../report/summary-row.ts";

/** Requests that count as subscription use because nothing says who paid for them. */
export interface AssumedSubscriptions {
  requests: number;
  /** The list value of these requests. */
  cost: Nanodollars;
}

/** A paragraph of the page's data quality; empty where nothing is assumed. */
export function renderAssumed({ requests, cost }: AssumedSubscriptions): Html | string {
  if (requests === 0) return "";
  return html`<p>${countOf(requests, "request")} of ${showCost({ cost }, roundAlone(cost))} list value ${requests === 1 ? "is" : "are"} taken for subscription use: the provider is in passthrough, and neither a
capture nor a configured rule says who paid. If your organisation paid, the amount is missing from what is owed.</p>`;
}

export function assumedToJson({ requests, cost }: AssumedSubscriptions): { requests: number; cost_usd: string } {
  return { requests, cost_usd: formatDollars(cost) };
}

/** A line for the command line; empty where nothing is assumed. */
export function formatAssumed({ requests, cost_usd }: ReturnType<typeof assumedToJson>): string[] {
  if (requests === 0) return [];
  return [`assumed      ${countOf(requests, "request")}, $${cost_usd} list value: taken for subscription use, because neither a capture nor a rule under providers: shows who paid`];
}

export function assumedRows({ requests, cost }: AssumedSubscriptions): SummaryRow[] {
  if (requests === 0) return [];
  return [{ section: "data quality", team: "", item: "taken for subscription use", detail: "nothing says who paid", listValue: cost, requests: BigInt(requests) * BILLIONTHS }];
}
