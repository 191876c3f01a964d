import type { KeptInvoice } from "../../lake/records/kept-invoices.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { ascending } from "../../ledger/orders.ts";
import type { ExchangedTotal } from "./exchange-bills.ts";
import type { Reconciliation } from "./reconciliation.ts";
import type { Explained } from "./find-causes.ts";
import { findKnown, isOtherCharge, type KnownCharge, type OwnCost } from "./invoice-amounts.ts";

/** Smaller than the bill's rounding. */
const ROUNDING = "rounding";

interface Sides {
  /** The ledger's figures for its own month. */
  costs: readonly OwnCost[];
  known: readonly KnownCharge[];
  exchanged: readonly ExchangedTotal[];
}

/**
 * The amounts that each provider bills for the month, by model and by line, and the causes of the differences. Bills without amounts are left out, and so
 * are bills with amounts in a currency without a rate, since the rest of such a bill is not the invoice.
 */
export function invoiceParts({ cells, foreign }: Pick<Reconciliation, "cells" | "foreign">, { costs, known, exchanged }: Sides): KeptInvoice[] {
  const isWhole = (provider: string): boolean => foreign.every((one) => one.provider !== provider);
  const charged = cells.filter(({ cell }) => cell.cost !== null && isWhole(cell.provider));
  return [...Map.groupBy(charged, ({ cell }) => cell.provider)].sort(([a], [b]) => ascending(a, b)).map(([provider, own]): KeptInvoice => {
    const usage = costs.filter((one) => one.provider === provider && one.cost !== 0n).map(({ recordedProvider, model, cost }) => ({ provider: recordedProvider, model, usd: cost }));
    const models = [...Map.groupBy(own.filter(({ cell }) => !isOtherCharge(cell)), ({ cell }) => cell.model)].sort(([a], [b]) => ascending(a, b));
    const lines = [...Map.groupBy(own.filter(({ cell }) => isOtherCharge(cell)), ({ cell }) => cell.model)].sort(([a], [b]) => ascending(a, b));
    return {
      provider,
      invoice_usd: sumOf(own, "bill"),
      ...exchangedOf(exchanged.filter((one) => one.provider === provider)),
      usage: usage.sort((a, b) => ascending(a.provider, b.provider) || ascending(a.model, b.model)),
      other_days_usd: sumOf(own, "ledger") - usage.reduce((sum, { usd }) => sum + usd, 0n),
      models: models.map(([model, all]) => ({ model, billed_usd: sumOf(all, "bill"), ledger_usd: sumOf(all, "ledger"), causes: sumCauses(all) })),
      lines: lines.map(([name, all]) => ({ name, charge: findKnown({ provider, model: name }, known)?.name ?? null, usd: sumOf(all, "bill") })),
    };
  });
}

function exchangedOf(totals: readonly ExchangedTotal[]): Pick<KeptInvoice, "exchanged"> {
  return totals.length === 0 ? {} : { exchanged: totals.map(({ currency, amount, cost, costAtEnd }) => ({ currency, amount, usd: cost, usd_at_end: costAtEnd })) };
}

function sumOf(cells: readonly Explained[], side: "bill" | "ledger"): Nanodollars {
  return cells.reduce((sum, { cell }) => sum + (cell.cost?.[side] ?? 0n), 0n);
}

function sumCauses(cells: readonly Explained[]): KeptInvoice["models"][number]["causes"] {
  const sums = new Map<string, Nanodollars>();
  for (const { cell, causes } of cells) {
    const cause = causes[0]?.name ?? ROUNDING;
    sums.set(cause, (sums.get(cause) ?? 0n) + (cell.cost === null ? 0n : cell.cost.bill - cell.cost.ledger));
  }
  return [...sums].filter(([, usd]) => usd !== 0n).sort(([a], [b]) => ascending(a, b)).map(([cause, usd]) => ({ cause, usd }));
}
