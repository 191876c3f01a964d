import { html } from "hono/html";
import { billionths } from "../../ledger/dollars.ts";
import { formatCents, roundToCents, shareCents, signDollar } from "../../ledger/money.ts";
import { isListValue, type ListValueBilling } from "../../ledger/usage/usage-record.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { countCell, type Html, moneyCell, showName } from "./html-cells.ts";
import type { CacheSaving, Insights, PoolSpread } from "../insights/insights.ts";
import { foldRows } from "./fold-rows.ts";
import type { ChargebackReport } from "../report/report.ts";
import { countOf, NO_CELL, roundAlone, scrollingTable, section, showAmount, textCell } from "./tables.ts";

const SHOWN = 15;

/** What reading from caches saved, kept apart by whose money it is. */
export function renderSavings({ cacheSavings: savings, modelsWithoutPrice }: Pick<Insights, "cacheSavings" | "modelsWithoutPrice">): Html | string {
  if (savings.length === 0 && modelsWithoutPrice === 0) return "";
  const unknown = modelsWithoutPrice === 0 ? "" : html`<p class="quiet">${countOf(modelsWithoutPrice, "model")} with cached tokens ${modelsWithoutPrice === 1 ? "has" : "have"} no list price: what that saved is not known. An entry in the price list makes it known.</p>`;
  if (savings.length === 0) return section("savings", "Cache savings", html`${unknown}`);
  const ours = savings.filter(({ billing }) => !isListValue(billing));
  const theirs = savings.filter(({ billing }) => isListValue(billing));
  const saved = roundToCents([sum(ours)]).total;
  return section("savings", "Cache savings", html`<p>Cached tokens cost less than ordinary input. At list price that saved
<strong>${showAmount(sum(ours), saved)}</strong> of what is owed${theirs.length === 0 ? "" : html`, and ${showAmount(sum(theirs))} of list value, which is nobody’s money`}.</p>
${unknown}${ours.length === 0 ? "" : savingsTable(ours, saved)}`);
}

function savingsTable(savings: readonly CacheSaving[], total: bigint): Html {
  const { shown, others } = foldRows(savings, SHOWN, (rest) => ({
    tokens: rest.reduce((all, { cachedTokens }) => all + cachedTokens, 0n),
    saved: sum(rest),
  }));
  const cents = shareCents(total, [...shown, ...(others === null ? [] : [others.sum])].map(({ saved }) => saved));
  return scrollingTable("Cache savings by model", {
    caption: "Savings by model, of metered and self-hosted requests",
    columns: [{ title: "Model" }, { title: "Provider" }, { title: "Saved", figure: true }, { title: "Cached tokens", figure: true }],
    rows: [
      ...shown.map(({ model, provider, cachedTokens, saved }, index) => ({
        header: showName(model),
        cells: [textCell(showName(provider)), moneyCell(saved, cents[index] ?? 0n), countCell(cachedTokens)],
      })),
      ...(others === null ? [] : [{ header: countOf(others.count, "other"), cells: [NO_CELL, moneyCell(others.sum.saved, cents.at(-1) ?? 0n), countCell(others.sum.tokens)] }]),
    ],
    foot: {
      header: "Total",
      cells: [NO_CELL, moneyCell(sum(savings), total), countCell(savings.reduce((all, { cachedTokens }) => all + cachedTokens, 0n))],
    },
    style: "small",
  });
}

function sum(savings: readonly { saved: bigint }[]): bigint {
  return savings.reduce((all, { saved }) => all + saved, 0n);
}

/** Shared costs: how much, over whom, by what. */
export function renderPools(pools: readonly PoolSpread[]): Html | string {
  if (pools.length === 0) return "";
  return section("pools", "Shared costs", html`<p>These costs are shared. They are in what each team owes (list values among them in its list value) already.</p>
${pools.map((pool) => poolTable(pool))}`);
}

function poolTable({ pool, cost, shares }: PoolSpread): Html {
  const total = roundToCents([cost]).total;
  const { shown, others } = foldRows(shares, SHOWN, (rest) => ({ cost: rest.reduce((all, share) => all + share.cost, 0n) }));
  const cents = shareCents(total, [...shown, ...(others === null ? [] : [others.sum])].map((share) => share.cost));
  return html`<h3>${showName(pool)}</h3>
${scrollingTable("How a shared cost was spread", {
  caption: "One row a team that bears a part of it",
  columns: [{ title: "Team" }, { title: "Part", figure: true }, { title: "Share" }],
  rows: [
    ...shown.map((share, index) => ({ header: showName(share.team), cells: [moneyCell(share.cost, cents[index] ?? 0n), html`<td title="${visibleText(share.base)}">${showName(readBase(share.base))}</td>`] })),
    ...(others === null ? [] : [{ header: countOf(others.count, "other team"), cells: [moneyCell(others.sum.cost, cents.at(-1) ?? 0n), NO_CELL] }]),
  ],
  foot: { header: "Total", cells: [moneyCell(cost, total), NO_CELL] },
  style: "small",
})}`;
}

/** Its dollars in cents: `$9.371295700 of $364.000601675` → `$9.37 of $364.00`. */
function readBase(base: string): string {
  return base.replaceAll(/\$(\d+\.\d{9})(?!\d)/g, (_whole, amount: string) => signDollar(formatCents(roundAlone(billionths.parse(amount)))));
}

const PAID_BY: Readonly<Record<ListValueBilling, { id: string; title: string; through: string; compare: string }>> = {
  subscription: { id: "subscriptions", title: "Subscriptions", through: "the callers’ own plans", compare: "what the plans cost" },
  caller_key: { id: "caller-keys", title: "Callers’ own keys", through: "API keys of the callers’ own", compare: "the bills of their accounts" },
};

/** What requests that callers paid themselves would have cost. */
export function renderListValue(kind: ListValueBilling, { total, rows }: Pick<ChargebackReport, "total" | "rows">, cents: bigint): Html | string {
  const { requests, cost } = total.billing[kind];
  if (requests === 0n) return "";
  const { id, title, through, compare } = PAID_BY[kind];
  const models = Map.groupBy(rows.filter(({ billing }) => billing === kind), ({ model }) => model).size;
  return section(id, title, html`<p>${countOf(requests, "request")} to ${countOf(models, "model")} went through ${through}.
${cost === null ? "None of them has a price." : html`At list price they would have cost <strong>${showAmount(cost, cents)}</strong>.`}
That is a value to compare with ${compare}. Nobody owes it, and it is in no sum of what is owed.</p>`);
}

/** Requests that had tokens and no price: where they are, so that somebody can price them. */
export function renderUnpriced({ rows, total }: Pick<ChargebackReport, "rows" | "total">): Html | string {
  if (total.unpricedRequests === 0n) return "";
  const groups = [...Map.groupBy(rows.filter(({ unpricedRequests }) => unpricedRequests > 0n), ({ provider, model }) => JSON.stringify([provider, model]))]
    .flatMap(([name, [first, ...others]]) => {
      if (first === undefined) return [];
      const unpriced = [first, ...others].reduce((all, row) => all + row.unpricedRequests, 0n);
      return [{ name, model: first.model, provider: first.provider, unpriced }];
    })
    .toSorted((a, b) => (a.unpriced === b.unpriced ? (a.name < b.name ? -1 : 1) : a.unpriced > b.unpriced ? -1 : 1));
  const { shown, others } = foldRows(groups, SHOWN, (rest) => rest.reduce((all, { unpriced }) => all + unpriced, 0n));
  return section("unpriced", "Unpriced requests", html`<p>${countOf(total.unpricedRequests, "request")} had tokens counted and no price. Their cost is not known and in no
figure: it is a gap, not a zero. An entry in the price list closes it.</p>
${scrollingTable("Unpriced requests by model", {
  caption: "Unpriced requests by model",
  columns: [{ title: "Model" }, { title: "Provider" }, { title: "Unpriced requests", figure: true }],
  rows: [
    ...shown.map(({ model, provider, unpriced }) => ({ header: showName(model), cells: [textCell(showName(provider)), countCell(unpriced)] })),
    ...(others === null ? [] : [{ header: countOf(others.count, "other"), cells: [NO_CELL, countCell(others.sum)] }]),
  ],
  foot: { header: "Total", cells: [NO_CELL, countCell(total.unpricedRequests)] },
  style: "small",
})}`);
}
