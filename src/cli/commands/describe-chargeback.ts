import { sumOwedCorrections } from "../../chargeback/corrections/correction.ts";
import type { PublishedReport } from "../../chargeback/gathering/publish-report.ts";
import { sumOwed } from "../../chargeback/report/allocation-figures.ts";
import { bookReport } from "../../chargeback/report/bookings.ts";
import { printTotal } from "../../chargeback/report/printed-cents.ts";
import type { ChargebackReport } from "../../chargeback/report/report.ts";
import type { InvoiceFigures } from "../../chargeback/sections/invoices.ts";
import { assumedToJson, formatAssumed } from "../../chargeback/sections/quality/assumed-subscriptions.ts";
import { countQuarantined } from "../../chargeback/sections/quality/feeding-exports.ts";
import { formatQuarantined, formatUnknownCounts } from "../../chargeback/sections/quality/reading-notes.ts";
import { describeStatus } from "../../chargeback/sections/status.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { firstLines } from "../first-lines.ts";
import { shortenDollars, showMoney, showParts, showPrinted } from "../shown-money.ts";
import { describeTeams, describeToBook, showCost } from "./describe-booked.ts";

/** An open month in lines of text, sums first. Amounts are in the cents of its page. */
export function describeChargeback({ report, written }: Pick<PublishedReport, "report" | "written">, files: readonly string[]): string[] {
  const { month, status, gateways, total, allocated, corrections } = report;
  const [cents, booking] = [printTotal(allocated), bookReport(report)];
  const corrected = [...Map.groupBy(corrections, ({ corrects }) => corrects)].map(([name, rows]) => ({ month: name, owed: sumOwedCorrections(rows), rows: rows.length }));
  return [
    `chargeback   ${[`${month.name} in ${month.timezone}`, ...gateways].join(", ")}, ${total.requests} requests`,
    `status       ${describeStatus(status, month)}`,
    `total        ${showCost(total, cents.total)}`,
    `metered      ${showCost(total.billing.metered, cents.billing.metered)}, money owed`,
    `subscription ${showCost(total.billing.subscription, cents.billing.subscription)}, list value: the callers' own plans pay`,
    ...(total.billing.caller_key.requests === 0n ? [] : [`caller key   ${showCost(total.billing.caller_key, cents.billing.caller_key)}, list value: the accounts of the callers' own API keys pay`]),
    `self-hosted  ${showCost(total.billing.self_hosted, cents.billing.self_hosted)}`,
    `unpriced     ${total.unpricedRequests} requests with tokens and no price, in no cost`,
    ...(allocated.adjustments === null ? [] : [`adjustments  ${showPrinted(allocated.adjustments, cents.adjustments)}`]),
    ...(allocated.charges === null ? [] : [`charges      ${showPrinted(allocated.charges, cents.charges)}, other than usage`]),
    `owed         ${showCost(sumOwed(allocated), cents.owed)}: metered, self-hosted${allocated.adjustments === null ? "" : ", adjustments"}${allocated.charges === null ? "" : ", charges"}`,
    ...describeToBook(booking, corrected),
    ...firstLines(report.insights.invoices ?? [], describeInvoice),
    ...describeTeams(booking, allocated),
    ...files.map((file) => `report       ${file}`),
    ...(written.length === 0 ? ["             unchanged, nothing was written"] : []),
    ...describeQuality(report),
  ];
}

function describeQuality({ quality }: ChargebackReport): string[] {
  const records = countQuarantined(quality.quarantined);
  return [
    ...firstLines(quality.damaged, ({ instance, name, records: read }) => `damaged      ${visibleText(`${instance} ${name}`)}: ${read.accepted} records before the damage count`),
    ...firstLines(quality.quarantined, ({ instance, name, records: read }) => `quarantined  ${visibleText(`${instance} ${name}`)}: ${read.quarantined} of ${read.read} records`),
    ...firstLines(quality.unbuiltDays, ({ date, instance }) => `not built    ${date} of ${instance}: aperture-ledger run builds it`),
    ...(quality.damaged.length > 0 ? ["attention    the total lacks the unreadable parts of damaged exports"] : []),
    ...formatAssumed(assumedToJson(quality.assumed)).map(shortenDollars),
    ...(records > 0 ? [`attention    ${formatQuarantined(records, quality.notes)}: they are not in the total`] : []),
    ...formatUnknownCounts(quality.notes).map((count) => `attention    ${count}: no price list covers this count`),
  ];
}

/** In the cents of the page. */
function describeInvoice({ provider, invoice, usage, charges, explained, unexplained }: InvoiceFigures): string {
  const known = explained.reduce((sum, { amount }) => sum + amount, 0n);
  const [used = "", charged = "", explainedDollars = "", rest = ""] = showParts([usage, charges, known, unexplained]);
  return `invoice      ${visibleText(provider)}: ${showMoney(invoice)} = usage ${used} + charges ${charged} + explained ${explainedDollars} + unexplained ${rest}`;
}
