import { html } from "hono/html";
import { formatBookedCents } from "../../ledger/money.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { renderAllocated } from "../page/allocated-table.ts";
import { type Html, showName } from "../page/cells.ts";
import { allocatedToJson } from "../report/figures-json.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { TeamKey } from "../report/summarise-allocations.ts";
import { figureRow, type SummaryRow } from "../report/summary-row.ts";
import type { MonthBooking } from "../report/bookings.ts";
import { isOpen } from "./unallocated.ts";

export function renderOwedByTeam({ byTeam, allocated }: ChargebackReport, cents: PrintedTotal, booking: MonthBooking): Html {
  const open = byTeam.some(({ key, figures }) => key.team === UNALLOCATED && isOpen(figures));
  return renderAllocated(
    {
      id: "teams",
      title: "Owed by team",
      caption: `One row per team and cost centre; ${UNALLOCATED} is usage that no team pays for`,
      summary: byTeam,
      columns: [
        { title: "Team", show: ({ team }: TeamKey) => showName(team) },
        { title: "Cost centre", show: ({ costCenter }: TeamKey) => (costCenter === null ? "–" : html`<span class="code">${showName(costCenter)}</span>`) },
      ],
      styleRow: ({ team }) => (team === UNALLOCATED ? `unallocated${open ? " owing" : ""}` : undefined),
      addsUp: true,
      limit: byTeam.length,
      owed: byTeam.map((_, place) => bookedOf(booking)(place)),
    },
    allocated,
    cents,
  );
}

export function owedByTeamRows(byTeam: ChargebackReport["byTeam"], booking: MonthBooking): SummaryRow[] {
  const booked = bookedOf(booking);
  return byTeam.map(({ key: { team, costCenter }, figures }, place) => ({ ...figureRow({ section: "team", team, item: costCenter ?? "", detail: "cost centre" }, figures), booked: booked(place), second: secondOf(booking, place) }));
}

export function owedByTeamToJson(byTeam: ChargebackReport["byTeam"], booking: MonthBooking): object[] {
  const booked = bookedOf(booking);
  return byTeam.map(({ key: { team, costCenter }, figures }, place) => ({ team, cost_center: costCenter, ...allocatedToJson(figures), booked_usd: formatBookedCents(booked(place)) }));
}

/** The amount that each row of the summary by team owes, in cents. */
function bookedOf({ rows }: MonthBooking): (place: number) => bigint {
  const cents = new Map(rows.map((row) => [row.place, row.owed.cents]));
  return (place) => cents.get(place) ?? 0n;
}

function secondOf({ rows }: MonthBooking, place: number): bigint | undefined {
  return rows.find((row) => row.place === place)?.second?.owed;
}
