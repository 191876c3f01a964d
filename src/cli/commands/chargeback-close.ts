import { type DeliveredMonth, deliverMonth } from "../../chargeback/deliver-month.ts";
import { closeMonth } from "../../chargeback/close-month.ts";
import type { Reporting } from "../../chargeback/make-report.ts";
import { type ClosedReport, reportMonth, serveWithDatasets } from "../../chargeback/report-month.ts";
import { type TeamFiles, teamFilesOf } from "../../chargeback/gathering/team-chargebacks.ts";
import { readReport } from "../../chargeback/delivery/read-report.ts";
import { sumListValue } from "../../chargeback/report/allocation-figures.ts";
import { printAllocatedTotal } from "../../chargeback/report/printed-allocations.ts";
import { printTotal } from "../../chargeback/report/printed-cents.ts";
import { REPORT_FILES } from "../../chargeback/report/render-report.ts";
import { listTeams, unknownTeam } from "../../chargeback/team/cut-to-team.ts";
import { TEAM_FILES } from "../../chargeback/team/render-team.ts";
import type { ChainHead, CloseRecord } from "../../lake/records/close-record.ts";
import { decodeKeyPart, layout } from "../../lake/layout.ts";
import type { Clock } from "../../ledger/clock.ts";
import { requireDollars } from "../../ledger/dollars.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { addressOf } from "../../storage/object-address.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { deliveriesToJson, describeDelivered } from "./describe-deliveries.ts";
import { handOver, type HandOverFlags } from "./hand-over.ts";
import { describeTeamFiles } from "./describe-team-files.ts";
import { print, printJsonText } from "../terminal.ts";
import { actor } from "../actor.ts";
import { firstLines } from "../first-lines.ts";
import { showMoney, showPrinted } from "../shown-money.ts";
import { describeTeams, describeToBook } from "./describe-booked.ts";

interface CloseFlags extends HandOverFlags {
  by?: string;
  teams?: boolean;
}

/** Closes a month and shows what was closed. A closed month stays unchanged. */
export async function closeAndSay(ledger: Reporting, month: string, flags: CloseFlags, clock: Clock, readHeads: () => Promise<ChainHead[]>): Promise<number> {
  const by = actor(flags.by);
  if (flags.team !== undefined) await refuseUnknown(ledger, month, flags.team);
  const { record, isNew } = await closeMonth(ledger, month, { by, now: clock(), chain: await readHeads() });
  const served = await serveWithDatasets(ledger, record);
  if (!isNew && !flags.json) print(`already      ${month} was closed before: nothing was closed now`);
  // A close writes its files for the first time, so none of them was restored.
  const closed = isNew ? { ...served, written: [] } : served;
  const delivered = await deliverMonth(ledger, { closed }).catch(async (error: unknown) => {
    // The month is closed nevertheless, so this must be reported.
    await sayClosed(ledger.stores.lake, closed, flags);
    throw error;
  });
  await sayClosed(ledger.stores.lake, closed, flags, delivered);
  return 0;
}

/** Runs before anything is closed, since a close cannot be undone. */
async function refuseUnknown(ledger: Reporting, month: string, team: string): Promise<void> {
  const reported = await reportMonth(ledger, month);
  if ("closed" in reported) return;
  const known = listTeams(reported.open.report);
  if (!known.includes(team)) throw unknownTeam(month, team, known);
}

/** Shows since when a month is closed, and its amounts. */
export async function sayClosed(lake: ObjectStore, served: ClosedReport, flags: CloseFlags, delivered?: DeliveredMonth): Promise<void> {
  const { record, files, written, corrected } = served;
  const teams = listTeamFiles(served, flags);
  const handed = await handOver(lake, record.month, { keys: files, teams: teams ?? [] }, flags);
  if (flags.json) {
    const report = Buffer.from(await lake.read(layout.report(record.month, REPORT_FILES.json))).toString("utf8");
    printJsonText(addMembers(report, { closed: { ...describeClose(record), corrected_since: corrected }, files: Object.fromEntries(files.map((key) => [formatOf(key), addressOf(lake, key)])), ...teamFilesToJson(lake, teams), ...handed.json, ...(delivered === undefined ? {} : { delivered: deliveriesToJson(delivered) }) }));
    return;
  }
  const { month, timezone, closed_at, closed_by, corrections } = record;
  const dollars = (text: string): Nanodollars => dollarsOfClose(month, text);
  const booked = (corrections?.corrected ?? []).map((one) => ({ ...one, owed: dollars(one.owed_usd) }));
  const { booking, allocated } = readReport(await lake.read(layout.report(month, REPORT_FILES.json)), layout.report(month, REPORT_FILES.json));
  const { listValues } = printAllocatedTotal(allocated, printTotal(allocated));
  print(
    `chargeback   ${month} in ${timezone}`,
    `closed       ${closed_at} by ${closed_by}, close ${record.id}`,
    `owed         ${showPrinted(booking.total.owed.exact, booking.total.owed.cents)}, list value ${showPrinted(sumListValue(allocated).cost ?? 0n, listValues.subscription + listValues.caller_key)}`,
    ...describeToBook(booking, booked),
    ...firstLines(corrected, (one) => `corrected    ${showMoney(dollars(one.owed_usd))} since, booked in ${one.booking}, ${String(one.rows)} ${one.rows === 1 ? "row" : "rows"}`),
    ...describeTeams(booking, allocated),
    ...firstLines(files, (key) => `report       ${addressOf(lake, key)}`),
    ...firstLines(teams ?? [], (one) => `team page    ${addressOf(lake, one.files.html)}`),
    ...firstLines(written, (key) => `restored     ${addressOf(lake, key)}: it was lost or altered`),
    ...describeAttention(record),
    ...handed.lines,
    ...(delivered === undefined ? [] : describeDelivered(delivered)),
  );
}

/** Undefined where no team was asked for. */
function listTeamFiles({ record, teamFiles }: ClosedReport, { team, teams }: CloseFlags): TeamFiles[] | undefined {
  const filesOf = (name: string): TeamFiles => ({ team: name, files: teamFilesOf(record.month, name) });
  const owing = [...new Set(record.totals.teams.map((one) => one.team))];
  const named = new Set(owing.map((name) => filesOf(name).files.html));
  // A team with only corrections is not in the totals of the month.
  const corrected = teamFiles.filter((key) => key.endsWith(`/${TEAM_FILES.html}`) && !named.has(key)).map((key) => decodeKeyPart(key.split("/").at(-2) ?? key));
  const known = [...owing, ...corrected];
  if (team === undefined) return teams ? known.map(filesOf) : undefined;
  const asked = filesOf(team);
  if (!teamFiles.includes(asked.files.html)) throw unknownTeam(record.month, team, known);
  return [asked];
}

function teamFilesToJson(lake: ObjectStore, teams: readonly TeamFiles[] | undefined): object {
  return teams === undefined ? {} : { team_files: teams.map((one) => describeTeamFiles(lake, one)) };
}

function describeAttention({ month, attention }: CloseRecord): string[] {
  const counted: [number, string][] = [
    [attention.damaged_exports, "damaged exports: the total lacks their unreadable parts"],
    [attention.quarantined_records, "records in quarantine and not in the total"],
    [attention.unpriced_requests, "requests with tokens and no price, in no cost"],
    [attention.days_without_usage.length, "days without usage"],
  ];
  const lines = counted.flatMap(([count, what]) => (count === 0 ? [] : [`attention    closed with ${String(count)} ${what}`]));
  if (dollarsOfClose(month, attention.unallocated_owed_usd) === 0n) return lines;
  return [...lines, `attention    closed with ${showMoney(dollarsOfClose(month, attention.unallocated_owed_usd))} that no team pays for`];
}

function dollarsOfClose(month: string, text: string): Nanodollars {
  return requireDollars(text, { what: `an amount in the close of ${month}`, code: "manifest_unreadable", remedy: "restore the record of the close from a backup" });
}

function describeClose({ id, closed_at, closed_by, totals, attention, corrections }: CloseRecord): object {
  const corrected = (corrections?.corrected ?? []).map(({ month, rows, owed_usd }) => ({ month, rows, owed_usd }));
  return { id, at: closed_at, by: closed_by, totals, attention, corrections: corrected };
}

/** The report's own text, digit by digit, with further members at its end. */
function addMembers(report: string, members: object): string {
  const added = JSON.stringify(members, null, 1).slice(1);
  return `${report.trimEnd().replace(/\s*\}$/, "")},${added}`;
}

function formatOf(key: string): string {
  const name = key.split("/").at(-1) ?? key;
  return Object.entries(REPORT_FILES).find(([, file]) => file === name)?.[0] ?? name;
}
