import { html } from "hono/html";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { renderAllocated } from "../page/allocated-table.ts";
import { type Html, showName } from "../page/cells.ts";
import { allocatedRowsToJson } from "../report/figures-json.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { TeamKey } from "../report/summarise-allocations.ts";
import { figureRow, type SummaryRow } from "../report/summary-row.ts";
import type { MonthBooking } from "./book.ts";
import { isOpen } from "./unallocated.ts";

export function renderOwedByTeam({ byTeam, allocated }: ChargebackReport, cents: PrintedTotal, { rows }: MonthBooking): Html {
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
      owed: byTeam.map((_, place) => rows.find((row) => row.place === place)?.owed.cents ?? 0n),
    },
    allocated,
    cents,
  );
}

export function owedByTeamRows(byTeam: ChargebackReport["byTeam"]): SummaryRow[] {
  return byTeam.map(({ key: { team, costCenter }, figures }) => figureRow({ section: "team", team, item: costCenter ?? "", detail: "cost centre" }, figures));
}

export function owedByTeamToJson(byTeam: ChargebackReport["byTeam"]): object[] {
  return allocatedRowsToJson(byTeam, ({ team, costCenter }) => ({ team, cost_center: costCenter }));
}
