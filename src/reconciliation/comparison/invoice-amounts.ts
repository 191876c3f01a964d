import { type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import type { Bill } from "./combine-bills.ts";
import type { Cell } from "./compare-bill.ts";

/** A provider's invoice for a model in a month. */
export interface InvoiceAmount {
  provider: string;
  model: string;
  invoice: Nanodollars;
}

/** Money of the bill that is not distributed, and why. */
export interface LeftOut extends InvoiceAmount {
  reason: "the ledger has no cost of it in the month" | "it is a credit" | "one provider of the ledger runs the model on several clouds, so it is on several bills";
}

export interface InvoiceAmounts {
  amounts: InvoiceAmount[];
  leftOut: LeftOut[];
}

/** The ledger's cost of a model in the month, by provider of the `usage` table. */
export interface OwnCost {
  recordedProvider: string;
  /** The provider that bills it. */
  provider: string;
  model: string;
  cost: Nanodollars;
}

/**
 * The invoice amounts for a true-up, by provider of the `usage` table and model: several providers on one bill share its amount in
 * proportion to their cost. Money without a request in the ledger belongs to nobody: it is left out and reported, not distributed over
 * teams that did not cause it.
 */
export function invoiceAmounts(cells: readonly Cell[], costs: readonly OwnCost[]): InvoiceAmounts {
  const own = Map.groupBy(costs.filter(({ cost }) => cost > 0n), nameOf);
  const onBills = Map.groupBy(costs, ({ recordedProvider, model }) => JSON.stringify([recordedProvider, model]));
  const isOnSeveral = ({ recordedProvider, model }: OwnCost): boolean => (onBills.get(JSON.stringify([recordedProvider, model])) ?? []).length > 1;
  const amounts: InvoiceAmount[] = [];
  const leftOut: LeftOut[] = [];
  for (const asked of sumInvoices(cells)) {
    const sharing = own.get(nameOf(asked)) ?? [];
    if (sharing.length === 0) leftOut.push({ ...asked, reason: "the ledger has no cost of it in the month" });
    else if (asked.invoice < 0n) leftOut.push({ ...asked, reason: "it is a credit" });
    else if (sharing.some(isOnSeveral)) leftOut.push({ ...asked, reason: "one provider of the ledger runs the model on several clouds, so it is on several bills" });
    else amounts.push(...share(asked, sharing));
  }
  return { amounts: amounts.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)), leftOut };
}

function sumInvoices(cells: readonly Cell[]): InvoiceAmount[] {
  const billed = new Map<string, InvoiceAmount>();
  for (const { provider, model, cost, isBilled } of cells) {
    if (cost === null || !isBilled) continue;
    const name = nameOf({ provider, model });
    billed.set(name, { provider, model, invoice: (billed.get(name)?.invoice ?? 0n) + cost.bill });
  }
  return [...billed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, amount]) => amount);
}

function share({ model, invoice }: InvoiceAmount, sharing: readonly OwnCost[]): InvoiceAmount[] {
  const parts = splitByLargestRemainder(invoice, sharing.map(({ recordedProvider, cost }) => ({ name: recordedProvider, weight: cost })));
  return sharing.map(({ recordedProvider }, index) => ({ provider: recordedProvider, model, invoice: parts[index] ?? 0n }));
}

function nameOf({ provider, model }: Pick<InvoiceAmount, "provider" | "model">): string {
  return JSON.stringify([provider, model]);
}

/** UTC days of the month with cost for which the provider's bill has no amounts: the bill is then incomplete. */
export function unchargedDays(cells: readonly Cell[], { coverage }: Bill, usedOn: ReadonlyMap<string, ReadonlySet<string>>): { provider: string; days: string[] }[] {
  const billed = new Set(cells.flatMap(({ provider, cost }) => (cost === null ? [] : [provider])));
  return [...billed].sort().flatMap((provider) => {
    const charged = coverage.get(provider)?.chargedDays ?? new Set<string>();
    const days = [...(usedOn.get(provider) ?? [])].filter((day) => !charged.has(day)).sort();
    return days.length === 0 ? [] : [{ provider, days }];
  });
}
