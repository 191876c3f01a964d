import { type AllocatedFigures, sumListValue, sumOwed } from "../../chargeback/report/allocation-figures.ts";
import type { MonthBooking, TeamBooking } from "../../chargeback/report/bookings.ts";
import { printAllocatedRows } from "../../chargeback/report/printed-allocations.ts";
import { printTotal } from "../../chargeback/report/printed-cents.ts";
import type { RequestCost } from "../../chargeback/report/usage-figures.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { firstLines } from "../first-lines.ts";
import { showParts, showPrinted } from "../shown-money.ts";

/** A line for each team of a month, in the cents of the month's page. */
export function describeTeams({ rows }: MonthBooking, allocated: AllocatedFigures): string[] {
  const teams = rows.filter(({ place }) => place !== null);
  const printed = printAllocatedRows(teams.map(({ figures }) => figures), allocated, printTotal(allocated));
  return firstLines([...teams.entries()], ([index, team]) => describeTeam(team, printed[index]?.listValue ?? 0n));
}

function describeTeam({ key: { team, costCenter }, figures, owed }: TeamBooking, listValue: bigint): string {
  const center = costCenter === null ? "" : `, cost centre ${visibleText(costCenter)}`;
  return `team         ${visibleText(team)}${center}: ${showCost(sumOwed(figures), owed.cents)} owed, list value ${showCost(sumListValue(figures), listValue)}`;
}

/** The corrections of closed months that are booked in a month, and what to book with them; no line without corrections. */
export function describeToBook({ total: { corrections, toBook } }: MonthBooking, corrected: readonly { month: string; owed: bigint; rows: number }[]): string[] {
  if (corrected.length === 0) return [];
  const shown = showParts(corrected.map(({ owed }) => owed), corrections.cents);
  return [
    `to book      ${showPrinted(toBook.exact, toBook.cents)}: owed and corrections`,
    ...firstLines([...corrected.entries()], ([index, { month, rows }]) => `corrections  ${shown[index] ?? ""} of ${month}, ${String(rows)} ${rows === 1 ? "row" : "rows"}`),
  ];
}

/** A cost in known cents, or why there is none. */
export function showCost({ requests, cost }: RequestCost, cents: bigint): string {
  if (cost !== null) return showPrinted(cost, cents);
  return requests === 0n ? "none" : "not priced";
}
