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
  reason: "one provider of the ledger runs the model on several clouds, so it is on several bills";
}

/** Money on the bill that is not the cost of a model's requests. It is charged for the usage that matches. */
interface BilledCharge {
  provider: string;
  /** Name of the configured charge that it matches, otherwise the bill's own name. */
  name: string;
  invoice: Nanodollars;
  /** Condition on usage, by property; exact names. */
  when: ReadonlyMap<string, readonly string[]>;
}

/** A configured charge, and the lines of a bill that match it. */
export interface KnownCharge {
  provider: string;
  name: string;
  isLine: (spelled: string) => boolean;
}

export interface InvoiceAmounts {
  amounts: InvoiceAmount[];
  /** Ordered by provider and name. */
  charges: BilledCharge[];
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
 * The invoice amounts for a true-up, by provider of the `usage` table and model. Several providers on one bill share its amount in proportion to
 * their cost. Everything else on the bill is a charge: lines for neither tokens nor searches are for all usage of the provider; money for a model
 * without cost in the ledger, and credits, are for the usage of that model, and unallocated where there is none.
 */
export function invoiceAmounts(cells: readonly Cell[], costs: readonly OwnCost[], known: readonly KnownCharge[] = []): InvoiceAmounts {
  const own = Map.groupBy(costs.filter(({ cost }) => cost > 0n), nameOf);
  const onBills = Map.groupBy(costs, ({ recordedProvider, model }) => JSON.stringify([recordedProvider, model]));
  const isOnSeveral = ({ recordedProvider, model }: OwnCost): boolean => (onBills.get(JSON.stringify([recordedProvider, model])) ?? []).length > 1;
  const amounts: InvoiceAmount[] = [];
  const leftOut: LeftOut[] = [];
  const charges = new Map<string, BilledCharge>();
  const charge = ({ provider, model, invoice }: InvoiceAmount, isOther: boolean): void => {
    const name = isOther ? (findKnown({ provider, model }, known)?.name ?? model) : model;
    const id = nameOf({ provider, model: name });
    const recorded = [...new Set([provider, ...costs.filter((one) => one.provider === provider).map(({ recordedProvider }) => recordedProvider)])].sort();
    const when = new Map([["provider", recorded.map(literally)]]);
    if (!isOther) when.set("model", [literally(model)]);
    charges.set(id, { provider, name, invoice: (charges.get(id)?.invoice ?? 0n) + invoice, when });
  };
  for (const { isOther, ...asked } of sumInvoices(cells)) {
    const sharing = own.get(nameOf(asked)) ?? [];
    if (isOther || sharing.length === 0) {
      charge(asked, isOther);
      continue;
    }
    if (sharing.some(isOnSeveral)) {
      leftOut.push({ ...asked, reason: "one provider of the ledger runs the model on several clouds, so it is on several bills" });
      continue;
    }
    // Nothing is owed for a model whose bill is a credit; its users get the credit.
    if (asked.invoice < 0n) charge(asked, isOther);
    amounts.push(...share({ ...asked, invoice: asked.invoice < 0n ? 0n : asked.invoice }, sharing));
  }
  const charged = [...charges].filter(([, { invoice, name, provider }]) => invoice !== 0n || known.some((one) => one.provider === provider && one.name === name));
  return {
    amounts: amounts.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
    charges: charged.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    leftOut,
  };
}

/** The configured charge that a line of the bill matches. */
export function findKnown({ provider, model }: Pick<InvoiceAmount, "provider" | "model">, known: readonly KnownCharge[]): KnownCharge | undefined {
  return known.find((one) => one.provider === provider && one.isLine(model));
}

/** Whether a cell is for neither tokens nor searches. */
export function isOtherCharge({ charges }: Pick<Cell, "charges">): boolean {
  return charges.some(({ type }) => type === "other");
}

/** Escapes a name so that it is not read as a pattern. */
function literally(name: string): string {
  return `=${name}`;
}

function sumInvoices(cells: readonly Cell[]): (InvoiceAmount & { isOther: boolean })[] {
  const billed = new Map<string, InvoiceAmount & { isOther: boolean }>();
  for (const { provider, model, cost, isBilled, charges } of cells) {
    if (cost === null || !isBilled) continue;
    const isOther = isOtherCharge({ charges });
    const id = JSON.stringify([provider, model, isOther]);
    billed.set(id, { provider, model, invoice: (billed.get(id)?.invoice ?? 0n) + cost.bill, isOther });
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
