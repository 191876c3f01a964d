import { closeMonth } from "../../chargeback/close-month.ts";
import type { Reporting } from "../../chargeback/make-report.ts";
import { type ClosedReport, reportMonth, serveClosed } from "../../chargeback/report-month.ts";
import { type TeamFiles, teamFilesOf } from "../../chargeback/gathering/team-chargebacks.ts";
import { REPORT_FILES } from "../../chargeback/report/render-report.ts";
import { listTeams, unknownTeam } from "../../chargeback/team/cut-to-team.ts";
import { TEAM_FILES } from "../../chargeback/team/render-team.ts";
import type { CloseRecord } from "../../lake/records/close-record.ts";
import { decodeKeyPart, layout } from "../../lake/layout.ts";
import type { Clock } from "../../ledger/clock.ts";
import { requireDollars } from "../../ledger/dollars.ts";
import { formatDollars, type Nanodollars, signDollar } from "../../ledger/money.ts";
import { addressOf } from "../../storage/object-address.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { describeTeamFiles } from "./describe-team-files.ts";
import { print, printJsonText } from "../terminal.ts";
import { actor } from "../actor.ts";
import { firstLines } from "../first-lines.ts";

interface CloseFlags {
  by?: string;
  json?: boolean;
  team?: string;
  teams?: boolean;
}

/** Closes a month and shows what was closed. A closed month stays unchanged. */
export async function closeAndSay(ledger: Reporting, month: string, flags: CloseFlags, clock: Clock): Promise<number> {
  const by = actor(flags.by);
  if (flags.team !== undefined) await refuseUnknown(ledger, month, flags.team);
  const { record, isNew } = await closeMonth(ledger, month, { by, now: clock() });
  const served = await serveClosed(ledger.stores.lake, record);
  if (!isNew && !flags.json) print(`already      ${month} was closed before: nothing was closed now`);
  // Files that closing writes were not lost before.
  await sayClosed(ledger.stores.lake, isNew ? { ...served, written: [] } : served, flags);
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
export async function sayClosed(lake: ObjectStore, served: ClosedReport, flags: CloseFlags): Promise<void> {
  const { record, files, written, corrected } = served;
  const teams = listTeamFiles(served, flags);
  if (flags.json) {
    const report = Buffer.from(await lake.read(layout.report(record.month, REPORT_FILES.json))).toString("utf8");
    printJsonText(addMembers(report, { closed: { ...describeClose(record), corrected_since: corrected }, files: Object.fromEntries(files.map((key) => [formatOf(key), addressOf(lake, key)])), ...describeTeams(lake, teams) }));
    return;
  }
  const { month, timezone, closed_at, closed_by, totals, corrections } = record;
  const booked = corrections?.corrected ?? [];
  const all = [totals.owed_usd, ...booked.map(({ owed_usd }) => owed_usd)].reduce((sum, text) => sum + dollarsOfClose(month, text), 0n);
  print(
    `chargeback   ${month} in ${timezone}`,
    `closed       ${closed_at} by ${closed_by}, close ${record.id}`,
    `owed         ${signDollar(totals.owed_usd)}, list value ${signDollar(totals.list_value_usd)}`,
    ...firstLines(totals.teams, ({ team, cost_center, owed_usd, list_value_usd }) => {
      const center = cost_center === null ? "" : `, cost centre ${cost_center}`;
      return `team         ${team}${center}: ${signDollar(owed_usd)} owed, list value ${signDollar(list_value_usd)}`;
    }),
    ...firstLines(booked, (one) => `corrections  ${signDollar(one.owed_usd)} of ${one.month}, ${String(one.rows)} rows`),
    ...(booked.length === 0 ? [] : [`to book      ${signDollar(formatDollars(all))}: owed and corrections`]),
    ...firstLines(corrected, ({ booking, owed_usd, rows }) => `corrected    ${signDollar(owed_usd)} since, booked in ${booking}, ${String(rows)} rows`),
    ...firstLines(files, (key) => `report       ${addressOf(lake, key)}`),
    ...firstLines(teams ?? [], (one) => `team page    ${addressOf(lake, one.files.html)}`),
    ...firstLines(written, (key) => `restored     ${addressOf(lake, key)}: it was lost or altered`),
    ...describeAttention(record),
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

function describeTeams(lake: ObjectStore, teams: readonly TeamFiles[] | undefined): object {
  return teams === undefined ? {} : { team_files: teams.map((one) => describeTeamFiles(lake, one)) };
}

function describeAttention({ month, attention }: CloseRecord): string[] {
  const counted: [number, string][] = [
    [attention.damaged_exports, "damaged exports: the total lacks what could not be read of them"],
    [attention.quarantined_records, "records in quarantine and not in the total"],
    [attention.unpriced_requests, "requests with tokens and no price, in no cost"],
    [attention.days_without_usage.length, "days without usage"],
  ];
  const lines = counted.flatMap(([count, what]) => (count === 0 ? [] : [`attention    closed with ${String(count)} ${what}`]));
  if (dollarsOfClose(month, attention.unallocated_owed_usd) === 0n) return lines;
  return [...lines, `attention    closed with ${signDollar(attention.unallocated_owed_usd)} that nobody owns`];
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
