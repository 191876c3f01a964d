import { boundMonth, type Month } from "../ledger/months.ts";
import { addDays, daysBetween } from "../ledger/days.ts";
import { LedgerError } from "../ledger/errors.ts";
import { layout } from "../lake/layout.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { findClose } from "../lake/records/close-record.ts";
import { usageNow } from "../chargeback/closing/usage-as-closed.ts";
import { keepInvoices } from "../lake/records/kept-invoices.ts";
import { type KeptTrueUp, keepTrueUp } from "../lake/records/kept-true-ups.ts";
import { dayPricing, type PriceSources } from "../prices/list/price-days.ts";
import type { ExchangeRate } from "../ledger/exchange-rate.ts";
import { exchangeBills, type ExchangedTotal } from "./comparison/exchange-bills.ts";
import { type Bill, combineBills, eachFileOnce } from "./comparison/combine-bills.ts";
import { type InvoiceAmounts, invoiceAmounts, type KnownCharge, type LeftOut, type OwnCost, unchargedDays } from "./comparison/invoice-amounts.ts";
import { invoiceParts } from "./comparison/invoice-parts.ts";
import { reconcile, type Reconciliation } from "./comparison/reconciliation.ts";
import { modelNamer } from "./comparison/name-models.ts";
import type { SlotUsage } from "./comparison/slot-usage.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { parseModelName } from "../ledger/names/model-name.ts";
import { findGaps } from "./gathering/find-gaps.ts";
import { publishReconciliation } from "./gathering/publish-reconciliation.ts";
import { readKeptBills } from "./gathering/read-kept-bills.ts";
import { readBillFiles } from "./gathering/read-bills.ts";
import { type ReconciledClose, readAsClosed } from "./gathering/read-as-closed.ts";
import { sumMetered } from "./gathering/sum-metered.ts";
import { formatDollars } from "../ledger/money.ts";
import { listSome } from "../ledger/text/list-some.ts";

export interface ReconcileOptions {
  /** `YYYY-MM` */
  month: string;
  /** Time zone of the ledger's months: a true-up applies to such a month. */
  timezone: string;
  /** Paths of files on this machine. */
  bills: readonly string[];
  /** Whether to include the bills that were fetched, or only those with these names in the configuration. */
  kept: "with kept bills" | "without kept bills" | readonly string[];
  /** Gateway by workspace or project. */
  workspaces: ReadonlyMap<string, string>;
  /** The ledger's name of a model, by the bill's in lower case. */
  models: ReadonlyMap<string, string>;
  /** Provider on the bill, by provider of the `usage` table. */
  providers: ReadonlyMap<string, string>;
  prices: PriceSources;
  /** Charges of the configuration; none by default. */
  charges?: readonly KnownCharge[];
  /** Rates of the bills' currencies. Amounts without a rate are not compared. */
  rates?: readonly ExchangeRate[];
}

export interface ReconciledMonth {
  reconciliation: Reconciliation;
  /** Null for an open month. */
  closed: ReconciledClose | null;
  /** Keys in the lake. */
  files: { csv: string; json: string };
  /** The invoice amounts for a true-up of the month. */
  invoice: InvoiceAmounts;
  /** Billed amounts in other currencies, converted to dollars. */
  exchanged: readonly ExchangedTotal[];
  /** By provider: UTC days with cost but without amounts on the bill. With any such day, the bill is not the month's invoice. */
  uncharged: readonly { provider: string; days: string[] }[];
}

/**
 * Compares the providers' bills with the usage tables, by UTC day as providers count, and writes the differences with their causes and the parts of
 * the invoices.
 */
export async function reconcileMonth(lake: ObjectStore, { month: name, timezone, bills, kept, workspaces, models, providers, prices, charges = [], rates = [] }: ReconcileOptions): Promise<ReconciledMonth> {
  const close = await findClose(lake, name);
  const month = boundMonth(name, close?.timezone ?? timezone);
  const utcMonth = boundMonth(name, "UTC");
  const first = `${name}-01`;
  const next = utcMonth.to.toISOString().slice(0, 10);
  const dates = new Set(daysBetween(first, next));
  const brought = eachFileOnce([...(await readBillFiles(bills)), ...(kept === "without kept bills" ? [] : await readKeptBills(lake, name, kept === "with kept bills" ? undefined : kept))]);
  const exchanged = exchangeBills(brought, rates, { isOfMonth: (day) => dates.has(day), lastDay: addDays(next, -1) });
  const bill = combineBills(exchanged.files);
  refuseOtherMonth(bill, dates, name);
  const state = await loadLedgerState(lake);
  // A bill in another time zone has days that overlap the days before and after.
  const around = new Set(daysBetween(addDays(first, -1), addDays(next, 1)));
  const days = [...state.days.values()].filter(({ date }) => around.has(date));
  const known = close === undefined ? { sources: usageNow(lake, days), prices, closed: null } : await readAsClosed(lake, close, days, prices);
  const usage = await sumMetered(known.sources, { prices: known.prices, providers });
  const nameModel = modelNamer(usage.map(({ model }) => model), models, (recorded) => parseModelName(recorded).model);
  const matching = { workspaces, nameModel };
  const reconciliation = reconcile(name, { matching, bill, usage, dates, offset: 0 }, findGaps(state, utcMonth, dayPricing(prices)));
  const cells = reconciliation.cells.map(({ cell }) => cell);
  const costs = sumCosts(usage, month);
  if (bill.lines.some(({ cost, foreign }) => cost !== null || foreign !== undefined)) await keepInvoices(lake, name, bill.files, invoiceParts(reconciliation, { costs, known: charges, exchanged: exchanged.totals }));
  return {
    reconciliation,
    closed: known.closed,
    exchanged: exchanged.totals,
    files: await publishReconciliation(lake, reconciliation, known.closed),
    invoice: invoiceAmounts(cells, costs, charges),
    uncharged: unchargedDays(cells, bill, daysWithCost(usage, dates)),
  };
}

function refuseOtherMonth(bill: Bill, dates: ReadonlySet<string>, month: string): void {
  const covered = [...bill.coverage.values()].flatMap(({ countedDays, chargedDays }) => [...countedDays, ...chargedDays]).sort();
  const asksInOthers = bill.lines.some(({ date, foreign }) => foreign !== undefined && dates.has(date));
  if (asksInOthers || covered.some((date) => dates.has(date))) return;
  const spoken = covered.length === 0 ? "it has no lines" : `it covers ${covered[0] ?? ""} to ${covered.at(-1) ?? ""}`;
  throw new LedgerError("bill_invalid", `the bill does not cover ${month}: ${spoken}`, { remedy: "use the reports of that month, with all of its UTC days" });
}

/** Metered cost of the ledger's month. */
function sumCosts(usage: readonly SlotUsage[], { from, to }: Month): OwnCost[] {
  const sums = new Map<string, OwnCost>();
  for (const { slot, provider, recordedProvider, model, billing, cost } of usage) {
    if (billing !== "metered" || slot < from.getTime() || slot >= to.getTime()) continue;
    const id = JSON.stringify([recordedProvider, provider, model]);
    sums.set(id, { recordedProvider, provider, model, cost: (sums.get(id)?.cost ?? 0n) + cost });
  }
  return [...sums.values()];
}

function daysWithCost(usage: readonly SlotUsage[], dates: ReadonlySet<string>): Map<string, Set<string>> {
  const days = new Map<string, Set<string>>();
  for (const { slot, provider, billing, cost } of usage) {
    const date = new Date(slot).toISOString().slice(0, 10);
    if (billing === "metered" && cost > 0n && dates.has(date)) days.set(provider, (days.get(provider) ?? new Set()).add(date));
  }
  return days;
}

/** Records the bill as the amount that the month's owners owe; the next allocation of the month applies it. Returns what was left out. */
export async function trueUpMonth(
  lake: ObjectStore,
  { reconciliation: { month, files, foreign }, invoice: { amounts, charges, leftOut }, uncharged }: ReconciledMonth,
  { madeAt, madeBy }: Pick<KeptTrueUp, "madeAt" | "madeBy">,
): Promise<readonly LeftOut[]> {
  await refuseClosed(lake, month);
  const [gap] = uncharged;
  if (gap !== undefined) {
    throw new LedgerError("bill_invalid", `the bill of ${gap.provider} has no amounts for ${listSome(gap.days)}, but the ledger has cost on these days: it is not the invoice of ${month}`, {
      remedy: "use the cost report of all UTC days of the month",
    });
  }
  const [other] = foreign;
  if (other !== undefined) {
    throw new LedgerError("bill_invalid", `the bill of ${other.provider} has ${other.currency} ${formatDollars(other.amount)}, but months are trued up in dollars`, {
      remedy: "leave out the bill in the other currency, give the same bill in dollars, or add a rate under currency.rates",
    });
  }
  if (amounts.length === 0 && charges.length === 0) {
    throw new LedgerError("bill_invalid", `the bill has no amount for anything in ${month}`, {
      remedy: "use a cost report: a usage report has no amounts",
    });
  }
  await keepTrueUp(lake, { month, madeAt, madeBy, files, amounts, charges });
  return leftOut;
}

/** Removes the true-up, so that the month owes the cost of its usage again. Resolves to whether there was one. */
export async function removeTrueUp(lake: ObjectStore, month: string): Promise<boolean> {
  await refuseClosed(lake, month);
  const kept = await lake.head(layout.trueUp(month));
  if (kept !== undefined) await lake.remove(layout.trueUp(month));
  return kept !== undefined;
}

/** Throws `month_closed` for a closed month. */
export async function refuseClosed(lake: ObjectStore, month: string): Promise<void> {
  if ((await lake.head(layout.close(month))) === undefined) return;
  throw new LedgerError("month_closed", `${month} is closed: it can no longer be trued up`, {
    remedy: "agree with finance on an adjustment in an open month (allocation.adjustments), with the difference that reconcile shows",
  });
}
