import { html } from "hono/html";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { formatHundredths, type Html, showCost, showName } from "../page/cells.ts";
import { section } from "../page/tables.ts";
import { type AllocatedFigures, sumListValue, sumOwed } from "../report/allocation-figures.ts";
import { printAllocatedRows } from "../report/printed-allocations.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { MonthBooking } from "../report/bookings.ts";

const NAMED = 5;

/** Usage that no team is charged for, and its callers: a warning where there is any. */
export function renderUnallocated({ byTeam, allocated, insights }: ChargebackReport, cents: PrintedTotal, { rows }: MonthBooking): Html {
  const place = byTeam.findIndex(({ key }) => key.team === UNALLOCATED);
  const figures = byTeam[place]?.figures;
  const printed = printAllocatedRows(byTeam.map((row) => row.figures), allocated, cents)[place];
  if (figures === undefined || printed === undefined || !isOpen(figures)) {
    return section("unallocated", "Unallocated", html`<p>Every request has a team that pays for it.</p>`);
  }
  const listValue = sumListValue(figures);
  const listed = listValue.cost === null ? "" : html` and ${showCost(listValue, printed.listValue)} of list value`;
  const callers = insights.teams.find(({ team }) => team === UNALLOCATED)?.byCaller.slice(0, NAMED) ?? [];
  return section("unallocated", "Unallocated", html`<div class="lacks"><p>No team is charged for ${showCost(sumOwed(figures), rows.find((row) => row.place === place)?.owed.cents ?? printed.owed)} of what is owed${listed},
in ${printed.requests === 100n ? "1 request" : `${formatHundredths(printed.requests)} requests`}: see the row ${UNALLOCATED}.</p></div>
${callers.length === 0 ? "" : html`<p>Most of it comes from ${callers.map(({ key }, index) => [index === 0 ? "" : ", ", showName(key.caller)])}. To assign it, add the callers to a team in the directory or write a rule.</p>`}`);
}

export function isOpen({ requests, adjustments, charges }: AllocatedFigures): boolean {
  return requests > 0n || (adjustments ?? 0n) !== 0n || (charges ?? 0n) !== 0n;
}
