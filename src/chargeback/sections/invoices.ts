import type { DuckDBConnection } from "@duckdb/node-api";
import { html } from "hono/html";
import { z } from "zod";
import type { KeptInvoice } from "../../lake/records/kept-invoices.ts";
import { billionths } from "../../ledger/dollars.ts";
import { formatBillionths, formatCents, type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { CHARGE, IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import { type Html, moneyCell, showName } from "../page/cells.ts";
import { amountCell, differenceCell, scrollingTable, section, textCell } from "../page/tables.ts";
import { roundAlone } from "../report/rounding.ts";
import { amountToJson } from "../report/figures-json.ts";
import type { SummaryRow } from "../report/summary-row.ts";

/** `invoice = usage + charges + explained + unexplained`, exactly. */
export interface InvoiceFigures {
  provider: string;
  /** At the rate of the month's last day where the invoice is in another currency. */
  invoice: Nanodollars;
  /** The invoiced amounts in other currencies, in billionths. */
  foreign: { currency: string; amount: bigint }[];
  /** The metered requests on this invoice by the gateway's estimates, less what charges cover. */
  usage: Nanodollars;
  charges: Nanodollars;
  /** Differences by likely cause, in order. */
  explained: { cause: string; amount: Nanodollars }[];
  unexplained: Nanodollars;
  /** The total that teams owe for the provider, after discounts, true-ups and charges. */
  owed: Nanodollars;
}

/** Explanations that the comparison of bills does not have, and kinds of difference that explain nothing. */
const [OTHER_CHARGE, NOT_BILLED, OTHER_DAYS, UNKNOWN, ROUNDING, EXCHANGE] = ["other_charge", "charge_not_billed", "other_days", "unknown", "rounding", "exchange"];

const CAUSE_TITLES: ReadonlyMap<string, string> = new Map([
  [OTHER_CHARGE, "Lines of the bill that are not charges here"],
  [NOT_BILLED, "Charges that are on no line of the bill"],
  [OTHER_DAYS, "Days that the bill does not cover, and hours at the ends of the month"],
  [ROUNDING, "Rounding of the bill"],
  [EXCHANGE, "Exchange: the rate of the month’s last day versus the rates of each day"],
  ["price_version", "Prices that differ from the ledger’s"],
  ["bypassed_gateway", "Requests that bypassed the gateway"],
  ["unpriced_requests", "Requests without a price in the ledger"],
  ["unseen_searches", "Searches that the ledger did not see"],
  ["cache_tokens", "Cache tokens counted differently"],
  ["ledger_gap", "Days on which the ledger is incomplete"],
  ["time_zone", "Days in a different time zone"],
  ["subscription", "Use that the ledger attributes to callers’ plans"],
  ["caller_key", "Use that the ledger attributes to callers’ keys"],
]);

/** The month's allocations for a provider and model. */
interface OwnFigures {
  provider: string;
  model: string;
  isCharge: boolean;
  /** Metered, before adjustments. */
  used: Nanodollars;
  covered: Nanodollars;
  owed: Nanodollars;
}

const ownRow = z
  .tuple([z.string(), z.string(), z.boolean(), billionths, billionths, billionths])
  .transform(([provider, model, isCharge, used, covered, owed]): OwnFigures => ({ provider, model, isCharge, used, covered, owed }));

/** Compares the kept invoices with a local `allocations` file of the month. @param covering names of the charges that cover usage */
export async function sumInvoices(duck: DuckDBConnection, file: string, kept: readonly KeptInvoice[], covering: readonly string[]): Promise<InvoiceFigures[]> {
  if (kept.length === 0) return [];
  const isCovered = covering.length === 0 ? "false" : `method = 'adjustment' AND billing = 'metered' AND rule IN (${covering.map(sqlText).join(", ")})`;
  const found = await duck.runAndReadAll(`SELECT provider, model, billing = '${CHARGE}' AS is_charge, ${sumOf("method <> 'adjustment' AND billing = 'metered'")}, ${sumOf(isCovered)}, ${sumOf(`NOT ${IS_LIST_VALUE}`)}
    FROM ${readParquet(file)} GROUP BY provider, model, is_charge ORDER BY ALL`);
  const own = z.array(ownRow).parse(found.getRowsJS());
  return kept.map((invoice) => addUp(invoice, kept, own));
}

function sumOf(condition: string): string {
  return `coalesce(sum(cost_usd) FILTER (${condition}), 0)::DECIMAL(38,9)::VARCHAR`;
}

/** @param all invoices of the month */
function addUp(kept: KeptInvoice, all: readonly KeptInvoice[], own: readonly OwnFigures[]): InvoiceFigures {
  const isElsewhere = ({ provider, model }: { provider: string; model: string }): boolean => all.some((other) => other !== kept && other.usage.some((one) => one.provider === provider && one.model === model));
  const here = kept.usage.map((one) => ({ ...one, now: isElsewhere(one) ? undefined : own.find(({ provider, model, isCharge }) => !isCharge && provider === one.provider && model === one.model) }));
  const charged = own.filter(({ provider, isCharge }) => isCharge && invoiceOf(provider, all) === kept);
  const covered = new Set(here.filter(({ now }) => now !== undefined && now.covered !== 0n).map(({ model }) => model));
  const usage = here.reduce((sum, { usd, now }) => sum + (now === undefined ? usd : now.used + now.covered), 0n);
  const charges = charged.reduce((sum, { owed }) => sum + owed, 0n);
  const exchanged = kept.exchanged ?? [];
  const difference = exchanged.reduce((sum, one) => sum + one.usd_at_end - one.usd, 0n);
  const explained = [...explain(kept, { charged, covered }), ...(difference === 0n ? [] : [{ cause: EXCHANGE, amount: difference }])];
  return {
    provider: kept.provider,
    invoice: kept.invoice_usd + difference,
    foreign: exchanged.map(({ currency, amount }) => ({ currency, amount })),
    usage,
    charges,
    explained,
    unexplained: kept.invoice_usd + difference - usage - charges - explained.reduce((sum, { amount }) => sum + amount, 0n),
    owed: charges + here.reduce((sum, { usd, now }) => sum + (now === undefined ? usd : now.owed), 0n),
  };
}

/** The invoice that a provider's charges belong to: the provider's own, otherwise the first invoice that has usage of the provider. */
function invoiceOf(provider: string, all: readonly KeptInvoice[]): KeptInvoice | undefined {
  return all.find((one) => one.provider === provider) ?? all.find(({ usage }) => usage.some((one) => one.provider === provider));
}

/** The known causes of the differences. A model that a charge covers has no known causes, since its bill then does not depend on the cost of its requests. */
function explain({ models, lines, other_days_usd }: KeptInvoice, { charged, covered }: { charged: readonly OwnFigures[]; covered: ReadonlySet<string> }): InvoiceFigures["explained"] {
  const sums = new Map<string, Nanodollars>();
  const add = (cause: string, amount: Nanodollars): void => void sums.set(cause, (sums.get(cause) ?? 0n) + amount);
  const names = new Set(charged.map(({ model }) => model));
  for (const { cause, usd } of models.filter(({ model }) => !covered.has(model) && !names.has(model)).flatMap(({ causes }) => causes)) if (cause !== UNKNOWN) add(cause, usd);
  for (const line of lines) if (!names.has(chargeOf(line))) add(OTHER_CHARGE, line.usd);
  const billed = new Set([...lines.map(chargeOf), ...models.map(({ model }) => model)]);
  for (const { model, owed } of charged) if (!billed.has(model)) add(NOT_BILLED, -owed);
  add(OTHER_DAYS, other_days_usd);
  return [...sums].filter(([, amount]) => amount !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)).map(([cause, amount]) => ({ cause, amount }));
}

function chargeOf({ name, charge }: KeptInvoice["lines"][number]): string {
  return charge ?? name;
}

/** A line for each provider whose bill was compared. Each line adds up. */
export function renderInvoices(invoices: readonly InvoiceFigures[]): Html | string {
  if (invoices.length === 0) return "";
  const rows = invoices.map((one) => {
    const explained = one.explained.reduce((sum, { amount }) => sum + amount, 0n);
    const amounts = [one.usage, one.charges, explained, one.unexplained];
    const [usage = 0n, charges = 0n, explainedCents = 0n, unexplained = 0n] = shareCents(roundAlone(one.invoice), amounts);
    return {
      header: html`${showName(one.provider)}${one.foreign.map(({ currency, amount }) => html` <span class="quiet">${formatCents(roundAlone(amount))} ${currency}</span>`)}`,
      cells: [
        moneyCell(one.invoice, roundAlone(one.invoice)), moneyCell(one.usage, usage), moneyCell(one.charges, charges), differenceCell(explained, explainedCents), differenceCell(one.unexplained, unexplained), amountCell(one.owed),
      ],
    };
  });
  const causes = invoices.flatMap(({ provider, explained }) => {
    const { parts } = roundToCents(explained.map(({ amount }) => amount));
    return explained.map(({ cause, amount }, index) => ({ header: showName(provider), cells: [textCell(CAUSE_TITLES.get(cause) ?? cause), differenceCell(amount, parts[index] ?? 0n)] }));
  });
  return section("invoices", "What providers billed", html`<p>Invoice = usage + charges + explained difference + unexplained difference. Usage is the sum of the gateway’s estimates, less what charges cover. The last column is what the teams owe for the provider, after discounts and true-ups.</p>
${scrollingTable("Invoices", {
  caption: "One row per provider whose bill was compared",
  columns: [{ title: "Provider" }, ...["Invoice", "Usage", "Charges", "Explained", "Unexplained", "Owed by teams"].map((title) => ({ title, figure: true }))],
  rows,
})}
${causes.length === 0 ? "" : scrollingTable("Explained differences", { caption: "Explained differences, one row per provider and likely cause", columns: [{ title: "Provider" }, { title: "Likely cause" }, { title: "Difference", figure: true }], rows: causes, style: "small" })}`);
}

export function invoiceRows({ provider, invoice, usage, charges, explained, unexplained, owed }: InvoiceFigures): SummaryRow[] {
  const row = (detail: string, value: Nanodollars): SummaryRow => ({ section: "invoice", team: "", item: provider, detail, value });
  return [row("invoice", invoice), row("usage", usage), row("charges", charges), ...explained.map(({ cause, amount }) => row(`explained: ${cause}`, amount)), row("unexplained", unexplained), { section: "invoice", team: "", item: provider, detail: "owed by teams", owed }];
}

export function invoiceToJson({ provider, invoice, foreign, usage, charges, explained, unexplained, owed }: InvoiceFigures): object {
  return {
    provider,
    invoice_usd: amountToJson(invoice),
    ...(foreign.length === 0 ? {} : { foreign: foreign.map(({ currency, amount }) => ({ currency, amount: formatBillionths(amount) })) }),
    usage_usd: amountToJson(usage),
    charges_usd: amountToJson(charges),
    explained: explained.map(({ cause, amount }) => ({ cause, usd: amountToJson(amount) })),
    unexplained_usd: amountToJson(unexplained),
    owed_usd: amountToJson(owed),
  };
}
