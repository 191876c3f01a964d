import { randomUUID } from "node:crypto";
import { acceptObjects } from "../../archive/accept-objects.ts";
import { fetchBills } from "../../reconciliation/fetching/fetch-bills.ts";
import { renderReconciliationJson } from "../../reconciliation/gathering/publish-reconciliation.ts";
import { type ReconciledMonth, reconcileMonth, refuseClosed, removeTrueUp, trueUpMonth } from "../../reconciliation/reconcile-month.ts";
import type { Clock } from "../../ledger/clock.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Config } from "../../config/config.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { hasBills } from "../../lake/records/kept-bills.ts";
import { layout } from "../../lake/layout.ts";
import { formatDollars } from "../../ledger/money.ts";
import { percentOf } from "../../reconciliation/comparison/describe-reconciliation.ts";
import { matchAny } from "../../ledger/names/written-name.ts";
import type { InvoiceAmount, InvoiceAmounts, KnownCharge, LeftOut } from "../../reconciliation/comparison/invoice-amounts.ts";
import type { Reconciliation, Totals } from "../../reconciliation/comparison/reconciliation.ts";
import { addressOf } from "../../storage/object-address.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openTelling, openWork } from "../../open/open-ledger.ts";
import { exchangeRates } from "../../open/assemble.ts";
import { billFetching } from "../../open/bill-fetching.ts";
import { openArchive, openLake, openSources } from "../../open/open-stores.ts";
import { openPrices } from "../../open/configured-prices.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { differsByTerm } from "../../reconciliation/comparison/compare-terms.ts";
import { TERM_TITLES } from "../../ledger/usage/terms.ts";
import { sayNext } from "../next-commands.ts";
import { openLog, print, printJsonText, silentProgress } from "../terminal.ts";
import { actor } from "../actor.ts";
import type { ReconciledClose } from "../../reconciliation/gathering/read-as-closed.ts";
import { describeClosed, describeDoubtful } from "./describe-closed.ts";
import { printDifference, roundAlone } from "../../chargeback/report/rounding.ts";
import { firstLines } from "../first-lines.ts";
import { monthOfFlag } from "../month-of-flag.ts";
import { shortenDollars, showForeign, showMoney, showPrinted } from "../shown-money.ts";

export interface ReconcileFlags extends SettingFlags {
  /** `YYYY-MM`, `last` or `this`. */
  month?: string;
  /** Paths. */
  bill?: string[];
  /** Whether to include the bills that were fetched, or only those with these names. */
  kept?: true | string[];
  fetch?: boolean;
  trueUp?: boolean;
  removeTrueUp?: boolean;
  /** Who trues up. */
  by?: string;
  json?: boolean;
}

/** Compares providers' bills with the ledger; on request, trues the month up to a bill, or removes the true-up. Resolves to the exit code. */
export async function reconcileBills({ bill: bills = [], ...given }: ReconcileFlags, clock: Clock): Promise<number> {
  if (given.month === undefined && (given.trueUp || given.removeTrueUp)) {
    throw new LedgerError("usage", `${given.trueUp ? "--true-up" : "--remove-true-up"} is given without --month`, { remedy: "it changes what the month owes: name the month, for example --month 2026-10, or --month last" });
  }
  const config = await loadSettings(given);
  // Bills have UTC days.
  const { name: month, said } = monthOfFlag(given.month, "last", "UTC", clock());
  const flags = { ...given, month };
  if (!flags.json) print(...said);
  const lake = await openLake(config);
  if (flags.removeTrueUp) {
    if (flags.trueUp || flags.fetch || flags.kept || bills.length > 0) throw new LedgerError("usage", "--remove-true-up cannot be combined with --bill, --kept, --fetch or --true-up", { remedy: "call it with --month alone, then again with the bill" });
    const removed = await removeTrueUp(lake, flags.month);
    if (removed) await standUpFor(config, lake, flags, "true-up removed", clock);
    if (flags.json) printJsonText(JSON.stringify({ month: flags.month, removed }));
    else print(`true-up      ${removed ? "removed" : "there was none"}; aperture-ledger chargeback --month ${flags.month} reports without it`);
    sayNext({ after: "reconcile", month, owedChanged: removed }, flags);
    return 0;
  }
  if (flags.trueUp) await refuseClosed(lake, flags.month);
  if (flags.fetch) await fetchFirst(config, lake, flags.month, clock);
  const kept = flags.kept ?? (flags.fetch || bills.length === 0 ? "with kept bills" : "without kept bills");
  if (bills.length === 0 && !(await hasBills(lake, flags.month))) {
    throw new LedgerError("usage", "no bill was given or fetched", { remedy: "give the provider's reports with --bill FILE, several of them one after the other, or set up reconciliation.fetch and call it with --fetch" });
  }
  const { workspaces, models, providers } = config.reconciliation;
  const prices = await openPrices(config, lake);
  const reconciled = await reconcileMonth(lake, { month: flags.month, timezone: config.timezone, bills, kept: kept === true ? "with kept bills" : kept, workspaces, models, providers, prices, charges: knownCharges(config), rates: exchangeRates(config) });
  const files = Object.values(reconciled.files).map((key) => addressOf(lake, key));
  const before = flags.trueUp && (await lake.head(layout.trueUp(flags.month))) !== undefined;
  const leftOut = flags.trueUp ? await trueUpMonth(lake, reconciled, { madeAt: clock(), madeBy: actor(flags.by) }) : undefined;
  if (before) await standUpFor(config, lake, flags, "true-up replaced", clock);
  if (flags.json) printJsonText(renderReconciliationJson(reconciled.reconciliation, reconciled.closed, { files_written: files, true_up: leftOut && trueUpJson(reconciled.invoice, leftOut) }).trimEnd());
  else print(...describe(reconciled, files), ...(leftOut === undefined ? [] : describeTrueUp(reconciled, leftOut)), ...describeUnbilled(reconciled, config));
  sayNext({ after: "reconcile", month, owedChanged: leftOut !== undefined }, flags);
  return 0;
}

async function fetchFirst(config: Config, lake: ObjectStore, month: string, clock: Clock): Promise<void> {
  const fetching = billFetching(config);
  if (fetching.sources.length === 0) throw new LedgerError("usage", "no bill is configured to be fetched", { remedy: "name the providers' APIs in reconciliation.fetch" });
  await fetchBills(lake, { ...fetching, log: openLog() }, [month], clock());
}

/** A digest may have noted the earlier record: with the signing key, the change is recorded in the archive as intended. */
async function standUpFor(config: Config, lake: ObjectStore, { month, by }: { month: string; by?: string }, reason: string, clock: Clock): Promise<void> {
  const services = { log: openLog(), progress: silentProgress, clock, signs: false };
  const work = await openWork(config, services);
  if (work.archiving.signingKey === undefined) return;
  const ledger = { stores: { lake, archive: await openArchive(config), sources: await openSources(config) }, telling: openTelling(config, services), work };
  await acceptObjects(ledger, [layout.trueUp(month)], { reason, by: actor(by), now: clock(), id: randomUUID() });
}

function describe({ reconciliation, closed, exchanged }: ReconciledMonth, written: readonly string[]): string[] {
  const { month, files, total, models, terms, causes, uncovered, outside, unbilled, unsplit, foreign, otherServices }: Reconciliation = reconciliation;
  return [
    `reconcile    ${month}, days in UTC`,
    ...(closed === null ? [] : describeReconciledClose(closed)),
    ...firstLines(files, ({ name, kinds }) => `bill         ${visibleText(name)}: ${kinds.join(", ") || "nothing in it"}`),
    `total        ${describeTotals(total)}`,
    ...firstLines(models, ({ provider, model, ...totals }) => `model        ${visibleText(`${provider}/${model}`)}: ${describeTotals(totals)}`),
    ...firstLines(terms.filter((one) => differsByTerm(one)), ({ provider, model, term, value, tokens }) => `term         ${visibleText(`${provider}/${model}`)}: ${TERM_TITLES[term]} ${visibleText(value)}, bill ${String(tokens.bill)} tokens, ledger ${String(tokens.ledger)}`),
    ...firstLines(causes, ({ name, days, models: of, evidence, cost, counts }) => `cause        ${name}: ${describeDifference({ cost, counts })} on ${String(days)} ${days === 1 ? "day" : "days"}, ${visibleText(of.slice(0, 3).join(", "))}${of.length > 3 ? ", …" : ""}; ${shortenDollars(visibleText(evidence))}`),
    ...(causes.length === 0 ? ["agrees       in every figure that the bill has"] : []),
    ...firstLines(uncovered, ({ provider, days }) => `no bill      of ${visibleText(provider)} on ${days.slice(0, 5).join(", ")}${days.length > 5 ? ` and ${String(days.length - 5)} more days` : ""}`),
    ...firstLines(outside, ({ provider, days, cost }) => `left out     ${showMoney(cost)} of ${visibleText(provider)} on ${days.slice(0, 5).join(", ")}${days.length > 5 ? ` and ${String(days.length - 5)} more days` : ""}: not days of ${month}`),
    ...firstLines(otherServices, ({ service, currency, amount }) => `left out     ${visibleText(currency)} ${showForeign(amount)} of ${visibleText(service || "a service without a name")}: it is not about models`),
    ...firstLines(unbilled, ({ provider, cost, mayBe }) => `no bill      of ${visibleText(provider)}, but the ledger has ${showMoney(cost)} of it${mayBe === null ? "" : `; if it is on the bill of ${visibleText(mayBe)}, say so in reconciliation.providers`}`),
    ...firstLines(unsplit, ({ provider, model, cost }) => `not split    ${showMoney(cost)} of ${visibleText(`${provider}/${model}`)}: the price list does not divide it by kind of token`),
    ...firstLines(foreign, ({ provider, currency, amount, days }) => `not compared ${currency} ${showForeign(amount)} of ${visibleText(provider)} on ${String(days.length)} ${days.length === 1 ? "day" : "days"}: the ledger is in dollars`),
    ...firstLines(exchanged, ({ provider, currency, amount, cost, costAtEnd }) => `exchanged    ${currency} ${showForeign(amount)} of ${visibleText(provider)}: ${showMoney(cost)} at the rates of the days, ${showMoney(costAtEnd)} at the month's last; exchange difference ${showMoney(costAtEnd - cost)}`),
    ...written.map((file) => `report       ${file}`),
  ];
}

function describeReconciledClose({ record, doubtful, corrections }: ReconciledClose): string[] {
  return [
    `closed       ${describeClosed(record)}: with the prices and records of that time`,
    ...describeDoubtful(doubtful),
    ...corrections.map(({ booking, owed, rows }) => `correction   ${showMoney(owed)} booked in ${booking}, ${String(rows)} ${rows === 1 ? "row" : "rows"}: came after the close, not in the ledger's figures here`),
  ];
}

function describeTotals({ cost, counts }: Totals): string {
  const money = cost === null ? [] : [`bill ${showMoney(cost.bill)}, ledger ${showMoney(cost.ledger)}, difference ${showCost(cost)}`];
  const differing = [...counts].flatMap(([type, both]) => (both.bill === both.ledger ? [] : [`${type} ${showCount(both.bill - both.ledger)}${showPercent(both)}`]));
  const tokens = counts.size === 0 ? "" : differing.length === 0 ? "tokens agree" : differing.join(", ");
  return [...money, ...(tokens === "" ? [] : [tokens])].join("; ");
}

function describeDifference({ cost, counts }: Pick<Totals, "cost" | "counts">): string {
  if (cost !== null) return showCost(cost);
  return [...counts].flatMap(([type, { bill, ledger }]) => (bill === ledger ? [] : [`${type} ${showCount(bill - ledger)}`])).join(", ");
}

function showCost(cost: { bill: bigint; ledger: bigint }): string {
  return `${showPrinted(cost.bill - cost.ledger, printDifference(cost.ledger, cost.bill, roundAlone))}${showPercent(cost)}`;
}

function showCount(difference: bigint): string {
  return difference > 0n ? `+${String(difference)}` : String(difference);
}

function showPercent(both: { bill: bigint; ledger: bigint }): string {
  const percent = percentOf(both);
  return percent === null ? "" : ` (${percent} %)`;
}

function describeTrueUp({ reconciliation: { month }, invoice: { amounts, charges } }: ReconciledMonth, leftOut: readonly LeftOut[]): string[] {
  return [
    ...firstLines(amounts, ({ provider, model, invoice }) => `trued up     ${visibleText(`${provider}/${model}`)} to ${showMoney(invoice)}`),
    ...firstLines(charges, ({ provider, name, invoice }) => `charged      ${visibleText(`${provider}/${name}`)}, ${showMoney(invoice)}: a charge other than usage`),
    ...firstLines(leftOut, ({ provider, model, invoice, reason }) => `left out     ${visibleText(`${provider}/${model}`)}, ${showMoney(invoice)}: ${reason}`),
    `             aperture-ledger chargeback --month ${month} books it`,
  ];
}

/** Configured charges of a billed provider that match no line of its bill, where the bill has lines that match no configured charge: they may be the same. */
function describeUnbilled({ invoice: { charges } }: ReconciledMonth, config: Config): string[] {
  const isConfigured = (provider: string, name: string): boolean => config.charges.some((one) => one.provider === provider && one.name === name);
  const others = charges.filter(({ provider, name }) => !isConfigured(provider, name));
  return config.charges
    .filter(({ provider, name }) => others.some((one) => one.provider === provider) && !charges.some((one) => one.provider === provider && one.name === name))
    .map(({ provider, name }) => `not on it    the charge ${visibleText(name)}: if it is one of the lines of ${visibleText(provider)} besides usage (${visibleText(others.filter((one) => one.provider === provider).map((one) => one.name).slice(0, 3).join(", "))}), name that as its line in charges, or it is charged twice`);
}

function knownCharges({ charges }: Config): KnownCharge[] {
  return charges.map(({ provider, name, line }) => ({ provider, name, isLine: line === undefined ? (spelled) => spelled === name : matchAny([line].flat()) }));
}

function trueUpJson({ amounts, charges }: InvoiceAmounts, leftOut: readonly LeftOut[]): object {
  return { amounts: amounts.map(amountJson), charges: charges.map(({ provider, name, invoice }) => ({ provider, name, invoice_usd: formatDollars(invoice) })), left_out: leftOut.map((one) => ({ ...amountJson(one), reason: one.reason })) };
}

function amountJson({ provider, model, invoice }: InvoiceAmount): object {
  return { provider, model, invoice_usd: formatDollars(invoice) };
}
