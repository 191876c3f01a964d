import { type DeliveredReport, type DeliveryRecord, nextEdition, readDelivery } from "../lake/records/delivery-record.ts";
import { layout } from "../lake/layout.ts";
import type { ToSend } from "../lake/records/sending-record.ts";
import { UNALLOCATED } from "../ledger/names/unassigned.ts";
import { type SentOnce, sendOnce } from "../messages/send-once.ts";
import { deliveries } from "./delivering/delivery-messages.ts";
import { type DeliverySettings, OWNER } from "./delivering/delivery-settings.ts";
import { gatherReports, type Reported } from "./delivering/gather-reports.ts";
import type { Reporting } from "./make-report.ts";
import { unknownTeam } from "./team/cut-to-team.ts";

type Delivering = Pick<Reporting, "stores" | "telling">;

/** What the caller asks for beyond automatic delivery. */
export interface AskedDelivery {
  /** Sends reports again that were already sent. */
  again?: boolean;
  /** Only this team's report. */
  team?: string | undefined;
  /** Only to the target of this name. */
  target?: string | undefined;
}

/** The reports of a month and their recipients. */
export interface MonthDeliveries {
  reports: ToSend<DeliveredReport>[];
  /** Teams whose owner should get the report but has no address. */
  withoutOwner: string[];
}

export interface DeliveredMonth {
  /** In the order of the report. `isNew`: sent, or attempted, just now. */
  reports: { record: DeliveryRecord; isNew: boolean }[];
  withoutOwner: string[];
}

/** Works out who gets which report of a month. Writes the team pages of an open month, but sends nothing. Throws `usage` for a team that the month does not have. */
export async function prepareDeliveries({ stores: { lake }, telling }: Delivering, settings: DeliverySettings, reported: Reported, asked: AskedDelivery = {}): Promise<MonthDeliveries> {
  const month = await gatherReports(lake, reported);
  if (asked.team !== undefined && !month.teams.includes(asked.team)) throw unknownTeam(month.name, asked.team, month.teams);
  const now = telling.alerting.tools.clock();
  const narrowed = (names: readonly string[]): readonly string[] => names.filter((name) => asked.target === undefined || name === asked.target);
  const reports: ToSend<DeliveredReport>[] = [];
  const withoutOwner: string[] = [];
  const company = narrowed(settings.company);
  if (asked.team === undefined && company.length > 0) reports.push({ content: await month.company(), targets: company });
  for (const team of month.teams.filter((name) => asked.team === undefined || name === asked.team)) {
    const hasOwner = settings.ownerOf?.(team, now) !== undefined;
    if (settings.ownerOf !== undefined && !hasOwner && team !== UNALLOCATED) withoutOwner.push(team);
    const targets = narrowed([...(settings.teams.get(team) ?? []), ...(hasOwner ? [OWNER] : [])]);
    if (targets.length > 0) reports.push({ content: await month.ofTeam(team), targets });
  }
  if (asked.again !== true) return { reports, withoutOwner };
  const again: ToSend<DeliveredReport>[] = [];
  // The first edition goes to every target, even if only one target asks for the report again.
  const from = asked.target === undefined ? 1 : 2;
  for (const { content, targets } of reports) again.push({ content: { ...content, edition: await nextEdition(lake, content, from) }, targets });
  return { reports: again, withoutOwner };
}

/**
 * Sends the reports of a month to the configured recipients, each state of a report once. Also retries reports of any month that did not arrive
 * earlier and are due. Undefined where no delivery is configured.
 */
export async function deliverMonth(ledger: Delivering, reported: Reported, asked: AskedDelivery = {}): Promise<DeliveredMonth | undefined> {
  const { stores: { lake }, telling: { delivering: settings, log } } = ledger;
  if (settings === undefined) return undefined;
  const { reports, withoutOwner } = await prepareDeliveries(ledger, settings, reported, asked);
  if (withoutOwner.length > 0) log.warn({ teams: withoutOwner.length }, "teams have no owner with an address: their reports are not sent");
  const { finished } = await send(ledger, settings, reports);
  const now = new Map(finished.map((record) => [layout.delivery(record), record]));
  const delivered: DeliveredMonth["reports"] = [];
  for (const { content } of reports) {
    const sent = now.get(layout.delivery(content));
    const record = sent ?? (await readDelivery(lake, content));
    if (record !== undefined) delivered.push({ record, isNew: sent !== undefined });
  }
  return { reports: delivered, withoutOwner };
}

/** Retries reports that did not arrive and are due. Undefined where no delivery is configured. */
export async function retryDeliveries(ledger: Delivering): Promise<Pick<SentOnce<DeliveredReport>, "sent" | "failed"> | undefined> {
  const { delivering: settings } = ledger.telling;
  if (settings === undefined) return undefined;
  const { sent, failed } = await send(ledger, settings, []);
  return { sent, failed };
}

async function send({ stores: { lake }, telling: { log, alerting: { tools } } }: Delivering, settings: DeliverySettings, reports: readonly ToSend<DeliveredReport>[]): Promise<SentOnce<DeliveredReport>> {
  return await sendOnce({ lake, log }, deliveries(lake, settings, tools.clock), reports, settings, tools);
}
