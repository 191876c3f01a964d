import { randomUUID } from "node:crypto";
import { acceptObjects } from "../../archive/accept-objects.ts";
import { renderReconciliationJson } from "../../reconciliation/gathering/publish-reconciliation.ts";
import { type ReconciledMonth, reconcileMonth, removeTrueUp, trueUpMonth } from "../../reconciliation/reconcile-month.ts";
import type { Clock } from "../../ledger/clock.ts";
import { boundMonth } from "../../ledger/months.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Config } from "../../config/config.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { loadGatewaySnapshots } from "../../lake/records/gateway-snapshots.ts";
import { layout } from "../../lake/layout.ts";
import { formatDollars, signDollar } from "../../ledger/money.ts";
import { percentOf } from "../../reconciliation/comparison/describe-reconciliation.ts";
import type { InvoiceAmount, LeftOut } from "../../reconciliation/comparison/invoice-amounts.ts";
import type { Reconciliation, Totals } from "../../reconciliation/comparison/reconciliation.ts";
import { addressOf } from "../../storage/object-address.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openTelling, openWork } from "../../open/open-ledger.ts";
import { openArchive, openLake, openSources } from "../../open/open-stores.ts";
import { openPrices } from "../../open/configured-prices.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { openLog, print, printJsonText, silentProgress } from "../terminal.ts";
import { actor } from "../actor.ts";
import { firstLines } from "../first-lines.ts";

export interface ReconcileFlags extends SettingFlags {
  /** `YYYY-MM` */
  month: string;
  /** Paths. */
  bill?: string[];
  trueUp?: boolean;
  removeTrueUp?: boolean;
  /** Who trues up. */
  by?: string;
  json?: boolean;
}

/** Compares providers' bills with the ledger; on request, trues the month up to a bill, or removes the true-up. Resolves to the exit code. */
export async function reconcileBills({ bill: bills = [], ...flags }: ReconcileFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  boundMonth(flags.month, config.timezone);
  const lake = await openLake(config);
  if (flags.removeTrueUp) {
    if (flags.trueUp || bills.length > 0) throw new LedgerError("usage", "--remove-true-up goes with neither --bill nor --true-up", { remedy: "call it with --month alone, and again with the bill" });
    const removed = await removeTrueUp(lake, flags.month);
    if (removed) await standUpFor(config, lake, flags, "true-up removed", clock);
    if (flags.json) printJsonText(JSON.stringify({ month: flags.month, removed }));
    else print(`true-up      ${removed ? "removed" : "there was none"}; aperture-ledger chargeback --month ${flags.month} reports without it`);
    return 0;
  }
  if (bills.length === 0) throw new LedgerError("usage", "no bill is given", { remedy: "give the provider's reports with --bill FILE, several of them one after the other" });
  const workspaces = config.reconciliation.workspaces;
  const providers = config.reconciliation.providers;
  const prices = await openPrices(config, await loadGatewaySnapshots(lake));
  const reconciled = await reconcileMonth(lake, { month: flags.month, timezone: config.timezone, bills, workspaces, providers, prices });
  const files = Object.values(reconciled.files).map((key) => addressOf(lake, key));
  const before = flags.trueUp && (await lake.head(layout.trueUp(flags.month))) !== undefined;
  const leftOut = flags.trueUp ? await trueUpMonth(lake, reconciled, { madeAt: clock(), madeBy: actor(flags.by) }) : undefined;
  if (before) await standUpFor(config, lake, flags, "true-up replaced", clock);
  if (flags.json) printJsonText(renderReconciliationJson(reconciled.reconciliation, { files_written: files, true_up: leftOut && trueUpJson(reconciled.invoice.amounts, leftOut) }).trimEnd());
  else print(...describe(reconciled.reconciliation, files), ...(leftOut === undefined ? [] : describeTrueUp(reconciled, leftOut)));
  return 0;
}

/** A digest may have noted the earlier record: with the signing key, the change is recorded in the archive as intended. */
async function standUpFor(config: Config, lake: ObjectStore, { month, by }: Pick<ReconcileFlags, "month" | "by">, reason: string, clock: Clock): Promise<void> {
  const services = { log: openLog(), progress: silentProgress, clock, signs: false };
  const work = await openWork(config, services);
  if (work.archiving.signingKey === undefined) return;
  const ledger = { stores: { lake, archive: await openArchive(config), sources: await openSources(config) }, telling: openTelling(config, services), work };
  await acceptObjects(ledger, [layout.trueUp(month)], { reason, by: actor(by), now: clock(), id: randomUUID() });
}

function describe({ month, files, total, models, causes, uncovered, outside, unbilled, unsplit }: Reconciliation, written: readonly string[]): string[] {
  return [
    `reconcile    ${month}, days in UTC`,
    ...firstLines(files, ({ name, kinds }) => `bill         ${visibleText(name)}: ${kinds.join(", ") || "nothing in it"}`),
    `total        ${describeTotals(total)}`,
    ...firstLines(models, ({ provider, model, ...totals }) => `model        ${visibleText(`${provider}/${model}`)}: ${describeTotals(totals)}`),
    ...firstLines(causes, ({ name, days, models: of, evidence, cost, counts }) => `cause        ${name}: ${describeDifference({ cost, counts })} on ${String(days)} ${days === 1 ? "day" : "days"}, ${visibleText(of.slice(0, 3).join(", "))}${of.length > 3 ? ", …" : ""}; ${visibleText(evidence)}`),
    ...(causes.length === 0 ? ["agrees       in every figure that the bill has"] : []),
    ...firstLines(uncovered, ({ provider, days }) => `no bill      of ${visibleText(provider)} on ${days.slice(0, 5).join(", ")}${days.length > 5 ? ` and ${String(days.length - 5)} more days` : ""}`),
    ...firstLines(outside, ({ provider, days, cost }) => `left out     $${formatDollars(cost)} of ${visibleText(provider)} on ${days.slice(0, 5).join(", ")}${days.length > 5 ? ` and ${String(days.length - 5)} more days` : ""}: not days of ${month}`),
    ...firstLines(unbilled, ({ provider, cost, mayBe }) => `no bill      of ${visibleText(provider)}, but the ledger has $${formatDollars(cost)} of it${mayBe === null ? "" : `; if it is on the bill of ${visibleText(mayBe)}, say so in reconciliation.providers`}`),
    ...firstLines(unsplit, ({ provider, model, cost }) => `not split    $${formatDollars(cost)} of ${visibleText(`${provider}/${model}`)}: the price list does not take it apart by kind of token`),
    ...written.map((file) => `report       ${file}`),
  ];
}

function describeTotals({ cost, counts }: Totals): string {
  const money = cost === null ? [] : [`bill $${formatDollars(cost.bill)}, ledger $${formatDollars(cost.ledger)}, difference ${showCost(cost)}`];
  const differing = [...counts].flatMap(([type, both]) => (both.bill === both.ledger ? [] : [`${type} ${showCount(both.bill - both.ledger)}${showPercent(both)}`]));
  const tokens = counts.size === 0 ? "" : differing.length === 0 ? "tokens agree" : differing.join(", ");
  return [...money, ...(tokens === "" ? [] : [tokens])].join("; ");
}

function describeDifference({ cost, counts }: Pick<Totals, "cost" | "counts">): string {
  if (cost !== null) return showCost(cost);
  return [...counts].flatMap(([type, { bill, ledger }]) => (bill === ledger ? [] : [`${type} ${showCount(bill - ledger)}`])).join(", ");
}

function showCost(cost: { bill: bigint; ledger: bigint }): string {
  return `${signDollar(formatDollars(cost.bill - cost.ledger))}${showPercent(cost)}`;
}

function showCount(difference: bigint): string {
  return difference > 0n ? `+${String(difference)}` : String(difference);
}

function showPercent(both: { bill: bigint; ledger: bigint }): string {
  const percent = percentOf(both);
  return percent === null ? "" : ` (${percent} %)`;
}

function describeTrueUp({ reconciliation: { month }, invoice: { amounts } }: ReconciledMonth, leftOut: readonly LeftOut[]): string[] {
  return [
    ...firstLines(amounts, ({ provider, model, invoice }) => `trued up     ${visibleText(`${provider}/${model}`)} to $${formatDollars(invoice)}`),
    ...firstLines(leftOut, ({ provider, model, invoice, reason }) => `left out     ${visibleText(`${provider}/${model}`)}, ${signDollar(formatDollars(invoice))}: ${reason}`),
    `             aperture-ledger chargeback --month ${month} books it`,
  ];
}

function trueUpJson(amounts: readonly InvoiceAmount[], leftOut: readonly LeftOut[]): object {
  return { amounts: amounts.map(amountJson), left_out: leftOut.map((one) => ({ ...amountJson(one), reason: one.reason })) };
}

function amountJson({ provider, model, invoice }: InvoiceAmount): object {
  return { provider, model, invoice_usd: formatDollars(invoice) };
}
