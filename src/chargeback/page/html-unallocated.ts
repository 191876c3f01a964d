import { html } from "hono/html";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { type AllocatedFigures, sumListValue, sumOwed } from "../report/allocation-figures.ts";
import { type Html, showCost, showName } from "./html-cells.ts";
import { printAllocatedRows } from "../report/printed-allocations.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { Booking } from "./book-teams.ts";
import type { ChargebackReport } from "../report/report.ts";
import { formatRequests } from "./html-own.ts";
import { section } from "./tables.ts";

const NAMED = 5;

/** What no team is charged for, and whose it is: a warning where there is any. */
export function renderUnallocated({ byTeam, allocated, insights }: ChargebackReport, cents: PrintedTotal, { rows }: Booking): Html {
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
in ${formatRequests(figures.requests) === "1" ? "1 request" : `${formatRequests(figures.requests)} requests`}: the row ${UNALLOCATED}.</p></div>
${callers.length === 0 ? "" : html`<p>Most of it is of ${callers.map(({ key }, index) => [index === 0 ? "" : ", ", showName(key.caller)])}. A team in the directory, or a rule, takes it from there.</p>`}`);
}

export function isOpen({ requests, adjustments }: AllocatedFigures): boolean {
  return requests > 0n || (adjustments ?? 0n) !== 0n;
}
