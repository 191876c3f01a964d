import type { DeliveredMonth } from "../../chargeback/deliver-month.ts";
import type { DeliveryRecord } from "../../lake/records/delivery-record.ts";
import type { SentTarget } from "../../lake/records/sending-record.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { firstLines } from "../first-lines.ts";

/** Lines about reports that were sent, now or earlier. */
export function describeDelivered({ reports, withoutOwner }: DeliveredMonth): string[] {
  return [...firstLines(reports, ({ record, isNew }) => describeRecord(record, isNew)), ...describeWithoutOwner(withoutOwner)];
}

function describeRecord(record: DeliveryRecord, isNew: boolean): string[] {
  const sent = record.targets.filter(({ state }) => state === "sent").map(({ name }) => name);
  const lines = sent.length === 0 ? [] : [`delivered    ${nameReport(record)} to ${sent.join(", ")}${isNew ? "" : `, on ${record.raised_at.slice(0, 16)}Z`}`];
  return [...lines, ...describeMissed(record)].map(visibleText);
}

/** Lines about the targets that did not get a report. */
export function describeMissed(record: DeliveryRecord): string[] {
  const missed = record.targets.filter(({ state }) => state !== "sent");
  const next = record.next_try_at === null ? "" : `; again after ${record.next_try_at.slice(0, 16)}Z`;
  return missed.map((target) => visibleText(`attention    ${nameReport(record)} has not reached ${target.name}: ${whyMissed(target)}${next}`));
}

function whyMissed({ state, last_error: error, tries }: SentTarget): string {
  return `${state.replace("_", " ")}${error === null ? "" : ` after ${String(tries)} ${tries === 1 ? "try" : "tries"}: ${error}`}`;
}

/** A line about teams whose owner has no address; no line without such teams. */
export function describeWithoutOwner(teams: readonly string[]): string[] {
  return teams.length === 0 ? [] : [visibleText(`no owner     ${listSome(teams)}: set owner in directory.teams, or deliver.owners, to an address`)];
}

/** Names a report by how final it is, its month and its team. */
export function nameReport({ month, team, status }: Pick<DeliveryRecord, "month" | "team" | "status">): string {
  return `${status} ${month}${team === null ? "" : ` of ${team}`}`;
}

/** The members that identify a delivered report. */
export function nameOf({ month, team, status, version, edition }: Pick<DeliveryRecord, "month" | "team" | "status" | "version" | "edition">): object {
  return { month, team, status, version, edition };
}

/** The deliveries of a month as JSON. */
export function deliveriesToJson({ reports, withoutOwner }: DeliveredMonth): object {
  return {
    reports: reports.map(({ record, isNew }) => ({ ...nameOf(record), state: record.state, sent_now: isNew, targets: record.targets, next_try_at: record.next_try_at })),
    without_owner: withoutOwner,
  };
}
