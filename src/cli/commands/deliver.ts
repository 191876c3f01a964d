import { type DeliveredMonth, deliverMonth, type MonthDeliveries, prepareDeliveries } from "../../chargeback/deliver-month.ts";
import { OWNER } from "../../chargeback/delivering/delivery-settings.ts";
import { reportMonth } from "../../chargeback/report-month.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { readDelivery } from "../../lake/records/delivery-record.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { firstLines } from "../first-lines.ts";
import { monthOfFlag } from "../month-of-flag.ts";
import { sayNext } from "../next-commands.ts";
import { print, printJson, printJsonText } from "../terminal.ts";
import { unknownTarget } from "../unknown-target.ts";
import { openReporting } from "./chargeback.ts";
import { deliveriesToJson, describeDelivered, describeWithoutOwner, nameOf, nameReport } from "./describe-deliveries.ts";

export interface DeliverFlags extends SettingFlags {
  month?: string;
  team?: string;
  target?: string;
  again?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/**
 * Makes a month's report and sends it to the configured recipients, each state of the report once. Throws `report_undelivered` where a target did
 * not get it.
 */
export async function deliver(flags: DeliverFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const { name: month, said } = monthOfFlag(flags.month, "last", config.timezone, clock());
  if (config.deliver === undefined) throw new LedgerError("usage", "the configuration does not say who gets reports", { remedy: "add a section deliver to the configuration" });
  if (flags.target !== undefined && flags.again !== true && flags.dryRun !== true) {
    throw new LedgerError("usage", "--target without --again would leave the other targets out for good", { remedy: "add --again to send a report again to one target" });
  }
  const ledger = await openReporting(config, clock, flags.json === true ? {} : { print: printJsonText });
  const { delivering: settings } = ledger.telling;
  if (settings === undefined) throw new TypeError("the ledger was opened without its deliveries");
  const known = [...settings.targets.map(({ name }) => name), ...(settings.ownerOf === undefined ? [] : [OWNER])];
  if (flags.target !== undefined && !known.includes(flags.target)) throw unknownTarget(flags.target, known);
  if (flags.json !== true) print(...said);
  const reported = await reportMonth(ledger, month, "without FOCUS");
  if (flags.dryRun === true) {
    await sayPrepared(ledger.stores.lake, await prepareDeliveries(ledger, settings, reported, flags), flags);
    sayNext({ after: "deliver", month, dryRun: true }, flags);
    return 0;
  }
  const delivered = await deliverMonth(ledger, reported, flags);
  if (delivered === undefined) throw new TypeError("nothing was configured");
  if (flags.json === true) printJson(deliveriesToJson(delivered));
  else print(...(delivered.reports.length === 0 ? [`no report of ${month} has a recipient`] : []), ...describeDelivered(delivered));
  refuseUndelivered(delivered);
  return 0;
}

function refuseUndelivered({ reports }: DeliveredMonth): void {
  const missed = reports.filter(({ record }) => record.targets.some(({ state }) => state !== "sent"));
  if (missed.length === 0) return;
  const named = listSome(missed.map(({ record }) => nameReport(record)));
  throw new LedgerError("report_undelivered", `some targets did not get the report: ${visibleText(named)}`, {
    remedy: "later runs retry it automatically; docs/alerts.md explains the failures, and aperture-ledger doctor checks the targets",
  });
}

async function sayPrepared(lake: ObjectStore, { reports, withoutOwner }: MonthDeliveries, { json }: Pick<DeliverFlags, "json">): Promise<void> {
  const prepared = await Promise.all(reports.map(async ({ content, targets }) => ({ content, targets, known: await readDelivery(lake, content) })));
  if (json === true) {
    printJson({
      reports: prepared.map(({ content: { title, lines, figures, ...content }, targets, known }) => ({ ...nameOf(content), title, lines, figures, targets, sent_before: known?.raised_at ?? null })),
      without_owner: withoutOwner,
    });
    return;
  }
  print(
    ...firstLines(prepared, ({ content, targets, known }) => [
      known === undefined
        ? visibleText(`would send   ${nameReport(content)} to ${targets.join(", ")}`)
        : visibleText(`sent before  ${nameReport(content)}, on ${known.raised_at.slice(0, 16)}Z; --again sends it again`),
      ...[content.title, ...content.lines].map((line) => `             ${visibleText(line)}`),
    ]),
    ...describeWithoutOwner(withoutOwner),
  );
}
