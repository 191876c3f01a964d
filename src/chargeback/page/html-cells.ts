import { html } from "hono/html";
import { formatCents, formatDollars, type Nanodollars, signDollar } from "../../ledger/money.ts";
import type { Billing, ListValueBilling } from "../../ledger/usage/usage-record.ts";
import type { Charge } from "../report/figures.ts";
import { shownText } from "../../ledger/text/visible-text.ts";

/** Escaped markup; safe to put into other markup as it is. */
export type Html = ReturnType<typeof html>;

export const BILLING_TITLES: Readonly<Record<Billing, string>> = {
  metered: "Metered",
  subscription: "Subscription",
  caller_key: "Caller’s own key",
  self_hosted: "Self-hosted",
};

/** Each kind of list value by itself: people compare plans and keys with different bills. */
export const LIST_VALUE_TITLES: Readonly<Record<ListValueBilling, string>> = {
  subscription: "List value of subscriptions, owed by nobody",
  caller_key: "List value of callers’ own keys, owed by nobody",
};

/** A name from outside: escaped, drawn on one line, no longer than somebody reads, and unable to turn the text around it. */
export function showName(name: string, letters?: number): Html {
  return html`<bdi>${name === "" ? "(empty)" : shownText(name, letters)}</bdi>`;
}

/** `17018274n` → `17,018,274` */
export function formatCount(count: bigint | number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Requests that are shared may be parts of one: `1250n` → `12.50`, `1200n` → `12`. */
export function formatHundredths(hundredths: bigint): string {
  return hundredths % 100n === 0n ? formatCount(hundredths / 100n) : formatCents(hundredths);
}

export function countCell(count: bigint | number): Html {
  return html`<td class="figure">${formatCount(count)}</td>`;
}

/** Cents to read and the exact amount to point at; a gap is said in words. */
export function costCell({ requests, cost }: Charge, cents: bigint): Html {
  if (requests === 0n) return html`<td class="figure">–</td>`;
  if (cost === null) return html`<td class="figure gap">not priced</td>`;
  return moneyCell(cost, cents);
}

/** Credits have their sign before the dollar, as people write it. */
export function moneyCell(amount: Nanodollars, cents: bigint): Html {
  return html`<td class="figure" title="${signDollar(formatDollars(amount))}">${signDollar(formatCents(cents))}</td>`;
}

/** `cents` of an amount in words where there is no table around it. */
export function showCost({ cost }: Pick<Charge, "cost">, cents: bigint): Html {
  if (cost === null) return html`<span class="gap">not priced</span>`;
  return html`<data value="${formatDollars(cost)}" title="${signDollar(formatDollars(cost))}">${signDollar(formatCents(cents))}</data>`;
}

/** A table that scrolls sideways by itself, by touch and by keyboard, where the page is narrow. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" role="group" aria-label="${label}" tabindex="0">${table}</div>`;
}

/** The inner element keeps the text in sight while the table scrolls sideways. */
export function caption(text: string): Html {
  return html`<caption><span>${text}</span></caption>`;
}

export function figureHeading(title: string): Html {
  return html`<th scope="col" class="figure">${title}</th>`;
}
