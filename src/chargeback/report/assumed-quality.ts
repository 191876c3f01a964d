import { html } from "hono/html";
import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { type Html, showCost } from "../page/html-cells.ts";
import { countOf, roundAlone } from "../page/tables.ts";

/** Requests that were taken for a subscription's because nothing says who paid them. */
export interface AssumedSubscriptions {
  requests: number;
  /** Their list value. */
  cost: Nanodollars;
}

/** A line of the page's data quality; nothing where nothing is assumed. */
export function renderAssumed({ requests, cost }: AssumedSubscriptions): Html | string {
  if (requests === 0) return "";
  return html`<p>${countOf(requests, "request")} of ${showCost({ cost }, roundAlone(cost))} list value ${requests === 1 ? "is" : "are"} taken for subscription use: the provider is in passthrough, and neither a
capture nor a rule of the configuration says who paid. If the organisation did, that is missing from what is owed.</p>`;
}

export function describeAssumed({ requests, cost }: AssumedSubscriptions): { requests: number; cost_usd: string } {
  return { requests, cost_usd: formatDollars(cost) };
}

/** The same for the command line. */
export function sayAssumed({ requests, cost_usd }: ReturnType<typeof describeAssumed>): string[] {
  if (requests === 0) return [];
  return [`assumed      ${countOf(requests, "request")}, $${cost_usd} list value: taken for subscription use, neither a capture nor providers: in the configuration says who paid`];
}
