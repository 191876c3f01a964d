import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { formatBookedCents, formatCents, formatDollars, type Nanodollars, signDollar } from "../../ledger/money.ts";
import { boundMonth, monthTitle } from "../../ledger/months.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { countOf, signDifference } from "../page/tables.ts";
import { sumOwed } from "../report/allocation-figures.ts";
import { printStep, roundAlone } from "../report/rounding.ts";
import { roundBooked, type TeamBooking } from "../report/bookings.ts";
import { type CostChange, formatPercent, listReasons } from "../sections/change.ts";
import { describeNoComparison, nameSpan } from "../sections/comparison.ts";
import { describeStatus } from "../sections/status.ts";
import type { ReadReport } from "./read-report.ts";

/** How a month was closed. */
export interface ClosedBy {
  id: string;
  at: Date;
  by: string;
}

export interface ReportMessage {
  title: string;
  lines: string[];
  /** Dollars as text: exact amounts with nine decimals, and `printed_usd` with two, as the page prints the amount to book. */
  figures: Record<string, string | number | null>;
}

/** The most teams, and the most drivers of a change, that a message names. */
const CHANGES_NAMED = 3;
const TITLES = { preliminary: "preliminary", complete: "complete, open", closed: "closed" } as const;

interface Amounts {
  owed: Printed;
  corrections: Printed;
  toBook: Printed;
}
interface Printed {
  exact: Nanodollars;
  cents: bigint;
}

/** The company's report in a few lines. @param closed null for an open month */
export function describeReport(report: ReadReport, closed: ClosedBy | null): ReportMessage {
  const { booking: { total, rows }, change, comparison, drivers, month } = report;
  const priced = isPriced(rows);
  const printed = change === null ? null : { now: change.days === null ? total.owed.cents : roundAlone(change.now), before: roundAlone(change.before) };
  return {
    title: `Chargeback ${monthTitle(month)}: ${nameAmount(total, priced, report)} (${TITLES[statusOf(report, closed)]})`,
    lines: [
      describeFinality(report, closed),
      ...describeCorrections(total),
      ...(change === null || printed === null ? (comparison === null ? [] : [describeNoComparison(comparison, month)]) : [describeChange(change, printed, month), ...nameDrivers(drivers)]),
      ...nameChanges(report),
      ...describeUnallocated(rows),
      ...describeLacks(report),
    ],
    figures: { ...figuresOf(total, priced), ...changeFigures(change) },
  };
}

/** A team's own report in a few lines, without other teams and without sums over the company. */
export function describeTeamReport(report: ReadReport, team: string, closed: ClosedBy | null): ReportMessage {
  const { booking, teams, month } = report;
  const rows = booking.rows.filter(({ key }) => key.team === team);
  const amounts = { owed: add(rows, "owed"), corrections: add(rows, "corrections"), toBook: add(rows, "toBook") };
  const priced = isPriced(rows);
  const { change, drivers } = teams.get(team) ?? { change: null, drivers: [] };
  const [first] = rows;
  return {
    title: `Chargeback ${monthTitle(month)}, ${shownText(team)}: ${nameAmount(amounts, priced, report)} (${TITLES[statusOf(report, closed)]})`,
    lines: [
      describeFinality(report, closed),
      ...describeCorrections(amounts),
      ...(change === null || first === undefined ? [] : [describeChange(change, printChange(change, first), month), ...nameDrivers(drivers)]),
    ],
    figures: { ...figuresOf(amounts, priced), ...changeFigures(change) },
  };
}

/** Says how final a report is. */
export function statusOf({ status }: Pick<ReadReport, "status">, closed: ClosedBy | null): "preliminary" | "complete" | "closed" {
  return closed === null ? (status?.kind ?? "complete") : "closed";
}

function describeFinality({ status, month }: ReadReport, closed: ClosedBy | null): string {
  if (closed !== null) return `Closed on ${format(new TZDate(closed.at, month.timezone), "d MMMM yyyy")} by ${shownText(closed.by)}, close ${closed.id}: these figures are final. What changes later is booked as corrections in later months.`;
  if (status === null) return "";
  const text = describeStatus(status, month);
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function nameAmount({ owed, corrections, toBook }: Amounts, priced: boolean, { status }: ReadReport): string {
  const soFar = status?.kind === "preliminary" ? " so far" : "";
  if (corrections.exact !== 0n) return `${showCents(toBook.cents)} to book${soFar}`;
  return priced ? `${showCents(owed.cents)} owed${soFar}` : "nothing is priced";
}

function describeCorrections({ owed, corrections }: Amounts): string[] {
  return corrections.exact === 0n ? [] : [`Owed ${showCents(owed.cents)}, corrections of closed months ${signDifference(corrections.cents)}.`];
}

/** In cents, as the team's page prints them. */
function printChange({ before, now }: CostChange, row: TeamBooking): { now: bigint; before: bigint } {
  const { was, is } = printStep(before, now, roundBooked(row)(now - before));
  return { now: is, before: was };
}

function describeChange(change: CostChange, { now, before }: { now: bigint; before: bigint }, month: ReadReport["month"]): string {
  const difference = now - before;
  const [later, earlier] = [nameSpan(month, change.days), nameSpan(boundMonth(change.month, month.timezone), change.days)];
  const of = change.days === null ? "" : `${later}: ${showCents(now)}, `;
  if (difference === 0n) return `${of === "" ? "The" : `${of}the`} same as ${change.days === null ? "in" : "for"} ${earlier}.`;
  const share = before > 0n ? ` (${formatPercent(difference, before)})` : "";
  return `${of}${showCents(difference < 0n ? -difference : difference)} ${difference > 0n ? "more" : "less"} than ${change.days === null ? "in" : "for"} ${earlier}${share}: ${listReasons(difference, change)}.`;
}

/** Names the main drivers of a change. Callers are left out, since messages reach more people than pages do. */
function nameDrivers(drivers: ReadReport["drivers"]): string[] {
  const named = drivers.filter(({ kind, difference }) => kind !== "caller" && roundAlone(difference) !== 0n).slice(0, CHANGES_NAMED);
  return named.length === 0 ? [] : [`Most of it: ${named.map(({ kind, name, difference }) => `${kind} ${shownText(name)} ${signDifference(roundAlone(difference))}`).join(", ")}.`];
}

/** The teams whose amounts changed most; the rows of a team's cost centres are added up. */
function nameChanges({ booking: { rows } }: ReadReport): string[] {
  const teams = [...Map.groupBy(rows, ({ key }) => key.team)].map(([team, of]) => ({
    team,
    exact: of.reduce((sum, { change }) => sum + (change?.exact ?? 0n), 0n),
    cents: of.reduce((sum, { change }) => sum + (change?.cents ?? 0n), 0n),
  }));
  const most = teams.filter(({ cents }) => cents !== 0n).toSorted((a, b) => Number(absolute(b.exact) - absolute(a.exact)) || (a.team < b.team ? -1 : 1)).slice(0, CHANGES_NAMED);
  return most.length === 0 ? [] : [`Biggest changes: ${most.map(({ team, cents }) => `${shownText(team)} ${signDifference(cents)}`).join(", ")}.`];
}

function describeUnallocated(rows: readonly TeamBooking[]): string[] {
  const owed = add(rows.filter(({ key }) => key.team === UNALLOCATED), "owed");
  return owed.exact === 0n ? [] : [`No team pays for ${showCents(owed.cents)} of it.`];
}

function describeLacks({ lacks: { damaged, quarantined, unbuiltDays, unpriced } }: ReadReport): string[] {
  const missing = [
    damaged > 0 && `the unreadable part of ${countOf(damaged, "damaged export")}`,
    quarantined > 0 && `${countOf(quarantined, "record")} in quarantine`,
    unbuiltDays > 0 && `new usage on ${countOf(unbuiltDays, "day")} whose tables are not built yet`,
    unpriced > 0 && `the cost of ${countOf(unpriced, "request")} with counted tokens and no price`,
  ].filter((lack) => lack !== false);
  return missing.length === 0 ? [] : [`Missing from the total: ${missing.join(", ")}.`];
}

function figuresOf({ owed, corrections, toBook }: Amounts, priced: boolean): ReportMessage["figures"] {
  return {
    owed_usd: priced ? formatDollars(owed.exact) : null,
    corrections_usd: formatDollars(corrections.exact),
    to_book_usd: formatDollars(toBook.exact),
    printed_usd: formatBookedCents(toBook.cents),
  };
}

function changeFigures(change: CostChange | null): ReportMessage["figures"] {
  return {
    compared_with: change?.month ?? null,
    compared_days: change === null || change.days === null ? null : `${String(change.days.first)}-${String(change.days.last)}`,
    before_usd: change === null ? null : formatDollars(change.before),
    now_usd: change === null ? null : formatDollars(change.now),
  };
}

/** False where there was usage to be paid for and none of it has a price. */
function isPriced(rows: readonly TeamBooking[]): boolean {
  const owed = rows.map(({ figures }) => sumOwed(figures));
  return owed.every(({ requests }) => requests === 0n) || owed.some(({ cost, requests }) => cost !== null && (requests > 0n || cost !== 0n));
}

function add(rows: readonly TeamBooking[], what: keyof Amounts): Printed {
  return rows.map((row) => row[what]).reduce((sum, { exact, cents }) => ({ exact: sum.exact + exact, cents: sum.cents + cents }), { exact: 0n, cents: 0n });
}

function showCents(cents: bigint): string {
  return signDollar(formatCents(cents));
}

function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
