import { html } from "hono/html";
import { formatCents, formatDollars, type Nanodollars, signDollar } from "../../ledger/money.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import type { Billing, ListValueBilling } from "../../ledger/usage/usage-record.ts";
import type { RequestCost } from "../report/usage-figures.ts";

/** Escaped markup, safe to put into other markup. */
export type Html = ReturnType<typeof html>;

export const BILLING_TITLES: Readonly<Record<Billing, string>> = {
  metered: "Metered",
  subscription: "Subscription",
  caller_key: "Caller’s own key",
  self_hosted: "Self-hosted",
};

/** Kinds of list value are shown separately: people compare plans and keys with different bills. */
export const LIST_VALUE_TITLES: Readonly<Record<ListValueBilling, string>> = {
  subscription: "List value of subscriptions, not owed",
  caller_key: "List value of callers’ own keys, not owed",
};

/** A name from outside: escaped, on one line, shortened to a readable length, and unable to change the direction of the text around it. */
export function showName(name: string, letters?: number): Html {
  return html`<bdi>${name === "" ? "(empty)" : shownText(name, letters)}</bdi>`;
}

/** `17018274n` → `17,018,274` */
export function formatCount(count: bigint | number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Shared requests may be parts of one: `1250n` → `12.50`, `1200n` → `12`. */
export function formatHundredths(hundredths: bigint): string {
  return hundredths % 100n === 0n ? formatCount(hundredths / 100n) : formatCents(hundredths);
}

export function countCell(count: bigint | number): Html {
  return html`<td class="figure">${formatCount(count)}</td>`;
}

/** Shows cents, with the exact amount as a tooltip; says in words where the price is missing. */
export function costCell({ requests, cost }: RequestCost, cents: bigint): Html {
  if (requests === 0n) return html`<td class="figure">–</td>`;
  if (cost === null) return html`<td class="figure gap">not priced</td>`;
  return moneyCell(cost, cents);
}

/** Credits have their sign before the dollar. */
export function moneyCell(amount: Nanodollars, cents: bigint): Html {
  return html`<td class="figure" title="${signDollar(formatDollars(amount))}">${signDollar(formatCents(cents))}</td>`;
}

/** An amount outside a table. */
export function showCost({ cost }: Pick<RequestCost, "cost">, cents: bigint): Html {
  if (cost === null) return html`<span class="gap">not priced</span>`;
  return html`<data value="${formatDollars(cost)}" title="${signDollar(formatDollars(cost))}">${signDollar(formatCents(cents))}</data>`;
}

/** A table that scrolls sideways on its own, by touch and by keyboard, where the page is narrow. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" role="group" aria-label="${label}" tabindex="0">${table}</div>`;
}

/** The inner element keeps the caption visible while the table scrolls sideways. */
export function caption(text: string): Html {
  return html`<caption><span>${text}</span></caption>`;
}

export function figureHeading(title: string): Html {
  return html`<th scope="col" class="figure">${title}</th>`;
}
