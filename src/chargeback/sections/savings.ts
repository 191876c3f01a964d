import { html } from "hono/html";
import { BILLIONTHS, type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { type Billing, CHARGE, isListValue } from "../../ledger/usage/usage-record.ts";
import { countCell, type Html, moneyCell, showName } from "../page/cells.ts";
import { foldRows, SHORT_TABLE } from "../page/fold-rows.ts";
import { countOf, NO_CELL, scrollingTable, section, showAmount, textCell } from "../page/tables.ts";
import { amountToJson } from "../report/figures-json.ts";
import { ADJUSTMENT } from "../report/allocation-figures.ts";
import type { Insights } from "../report/insights.ts";
import type { PrintedCents } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { SummaryRow } from "../report/summary-row.ts";

export interface CacheSaving {
  provider: string;
  model: string;
  cachedTokens: bigint;
  /**
   * What cached tokens would have cost as ordinary input, less what they cost, at list price. The surcharge for writing the cache is deducted, so
   * the result is negative if the cache was written more than it was read.
   */
  saved: Nanodollars;
  /** How the requests are billed: savings of what callers pay themselves are not owed. */
  billing: Billing;
}

/** Adds up savings across gateways, largest first. */
export function rankSavings(savings: readonly CacheSaving[]): CacheSaving[] {
  const sums = new Map<string, CacheSaving>();
  for (const one of savings) {
    const name = JSON.stringify([one.provider, one.model, one.billing]);
    const known = sums.get(name);
    sums.set(name, known === undefined ? one : { ...known, cachedTokens: known.cachedTokens + one.cachedTokens, saved: known.saved + one.saved });
  }
  return [...sums].sort(([a, one], [b, other]) => (one.saved === other.saved ? (a < b ? -1 : 1) : one.saved > other.saved ? -1 : 1)).map(([, saving]) => saving);
}

/** Savings by caches, discounts and subscriptions. Amounts owed and list values are separate. */
export function renderSavings({ insights, allocations, total }: Pick<ChargebackReport, "insights" | "allocations" | "total">, cents: PrintedCents): Html | string {
  const parts = [renderCaches(insights), renderDiscounts(sumDiscounts({ allocations, insights })), renderSubscriptions(total, cents)].filter((part) => part !== "");
  return parts.length === 0 ? "" : section("savings", "What was saved", html`${parts}`);
}

function renderCaches({ cacheSavings: savings, modelsWithoutPrice }: Pick<Insights, "cacheSavings" | "modelsWithoutPrice">): Html | string {
  if (savings.length === 0 && modelsWithoutPrice === 0) return "";
  const unknown = modelsWithoutPrice === 0 ? "" : html`<p class="quiet">${countOf(modelsWithoutPrice, "model")} with cached tokens ${modelsWithoutPrice === 1 ? "has" : "have"} no list price, so their savings are unknown. An entry in the price list makes them known.</p>`;
  if (savings.length === 0) return html`${unknown}`;
  const ours = savings.filter(({ billing }) => !isListValue(billing));
  const theirs = savings.filter(({ billing }) => isListValue(billing));
  const saved = roundToCents([sum(ours)]).total;
  return html`<p>Caches: cached tokens cost less than ordinary input. At list price that saved
<strong>${showAmount(sum(ours), saved)}</strong> of what is owed${theirs.length === 0 ? "" : html`, and ${showAmount(sum(theirs))} of list value, which nobody owes`}.</p>
${unknown}${ours.length === 0 ? "" : savingsTable(ours, saved)}`;
}

function renderDiscounts(discounts: readonly Discount[]): Html | string {
  if (discounts.length === 0) return "";
  const { total, parts } = roundToCents(discounts.map(({ saved }) => saved));
  return html`<p>Discounts took <strong>${showAmount(sum(discounts), total)}</strong> off what is owed: ${discounts.map(({ rule, saved }, index) => html`${index === 0 ? "" : ", "}${showName(rule)} ${showAmount(saved, parts[index] ?? 0n)}`)}.</p>`;
}

interface Discount {
  rule: string;
  saved: Nanodollars;
}

/** Adjustments that made usage cheaper, by the rule that made them. What a charge covers is not a discount: the charge pays for it. */
function sumDiscounts({ allocations, insights }: Pick<ChargebackReport, "allocations" | "insights">): Discount[] {
  const charges = new Set(insights.charges?.map(({ name }) => name));
  const discounts = allocations.filter(({ method, billing, rule, cost }) => method === ADJUSTMENT && billing !== CHARGE && !charges.has(rule) && cost !== null && cost < 0n);
  return [...Map.groupBy(discounts, ({ rule }) => rule)].map(([rule, rows]) => ({ rule, saved: rows.reduce((all, { cost }) => all - (cost ?? 0n), 0n) }));
}

function renderSubscriptions({ billing }: ChargebackReport["total"], cents: PrintedCents): Html | string {
  const { requests, cost } = billing.subscription;
  if (requests === 0n || cost === null) return "";
  return html`<p>Subscriptions covered ${countOf(requests, "request")} that would have cost <strong>${showAmount(cost, cents.billing.subscription)}</strong> at list price. The cost of the subscriptions themselves is not included.</p>`;
}

function savingsTable(savings: readonly CacheSaving[], total: bigint): Html {
  const { shown, others } = foldRows(savings, SHORT_TABLE, (rest) => ({
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

export function savingRows(report: Pick<ChargebackReport, "allocations" | "insights">): SummaryRow[] {
  return [
    ...report.insights.cacheSavings.map(({ provider, model, billing, cachedTokens, saved }): SummaryRow => ({ section: "cache saving", team: "", item: `${provider}/${model}`, detail: billing, value: saved, tokens: { cached: cachedTokens * BILLIONTHS } })),
    ...sumDiscounts(report).map(({ rule, saved }): SummaryRow => ({ section: "discount", team: "", item: rule, detail: "", value: saved })),
  ];
}

export function savingToJson({ provider, model, billing, cachedTokens, saved }: CacheSaving): object {
  return { provider, model, billing, cached_tokens: cachedTokens, saved_usd: amountToJson(saved) };
}
