import type { Nanodollars } from "../money.ts";
import type { Bill } from "./combine-bills.ts";
import type { Cell } from "./compare-bill.ts";

/** What a provider asks for a model in a month. */
export interface InvoiceAmount {
  provider: string;
  model: string;
  invoice: Nanodollars;
}

/** Money of the bill that is not spread, and why. */
export interface LeftOut extends InvoiceAmount {
  reason: "the ledger has no cost of it in the month" | "it is a credit";
}

export interface InvoiceAmounts {
  amounts: InvoiceAmount[];
  leftOut: LeftOut[];
}

/**
 * What the month is trued up to, by provider and model. Money that no request of the ledger stands for is nobody's: it is left out
 * and said so, not spread over those who did not cause it.
 * @param costs metered cost of the ledger in the month, by `provider/model`
 */
export function invoiceAmounts(cells: readonly Cell[], costs: ReadonlyMap<string, Nanodollars>): InvoiceAmounts {
  const billed = new Map<string, InvoiceAmount>();
  for (const { provider, model, cost, charges } of cells) {
    if (cost === null || charges.length === 0) continue;
    const known = billed.get(`${provider}/${model}`);
    billed.set(`${provider}/${model}`, { provider, model, invoice: (known?.invoice ?? 0n) + cost.bill });
  }
  const all = [...billed].sort(([a], [b]) => (a < b ? -1 : 1));
  const amounts: InvoiceAmount[] = [];
  const leftOut: LeftOut[] = [];
  for (const [id, amount] of all) {
    if ((costs.get(id) ?? 0n) <= 0n) leftOut.push({ ...amount, reason: "the ledger has no cost of it in the month" });
    else if (amount.invoice < 0n) leftOut.push({ ...amount, reason: "it is a credit" });
    else amounts.push(amount);
  }
  return { amounts, leftOut };
}

/** UTC days of the month with money owed to a provider that asks for some, and none for these: the bill is not all of it. */
export function unchargedDays(cells: readonly Cell[], { coverage }: Bill, usedOn: ReadonlyMap<string, ReadonlySet<string>>): { provider: string; days: string[] }[] {
  const billed = new Set(cells.flatMap(({ provider, cost }) => (cost === null ? [] : [provider])));
  return [...billed].sort().flatMap((provider) => {
    const charged = coverage.get(provider)?.chargedDays ?? new Set<string>();
    const days = [...(usedOn.get(provider) ?? [])].filter((day) => !charged.has(day)).sort();
    return days.length === 0 ? [] : [{ provider, days }];
  });
}
