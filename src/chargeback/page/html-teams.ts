import { html } from "hono/html";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { renderAllocated } from "./html-allocations.ts";
import { type Html, showName } from "./html-cells.ts";
import { isOpen } from "./html-unallocated.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { Booking } from "./book-teams.ts";
import { NO_VALUE, type TeamKey } from "../report/summarise-allocations.ts";

/** What each team owes, and the same money by tag and by each dimension. */
export function renderAllocations(report: ChargebackReport, cents: PrintedTotal, booking: Booking): Html[] {
  return [renderTeams(report, cents, booking), renderTags(report, cents), ...renderDimensions(report, cents)];
}

function renderTeams({ byTeam, allocated }: ChargebackReport, cents: PrintedTotal, { rows }: Booking): Html {
  const open = byTeam.some(({ key, figures }) => key.team === UNALLOCATED && isOpen(figures));
  return renderAllocated(
    {
      id: "teams",
      title: "Owed by team",
      caption: `One row a team and cost centre; ${UNALLOCATED} is what nobody is charged for`,
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

function renderTags({ byTag, byTagAddsUp, allocated }: ChargebackReport, cents: PrintedTotal): Html {
  const adjusted = allocated.adjustments === null ? "" : " Adjustments are in none of these rows.";
  return renderAllocated(
    {
      id: "tag",
      title: "Owed by tag",
      caption: byTagAddsUp
        ? "One row a tag; a device of several tags is split evenly over them"
        : "One row a tag; a device of several tags counts in full under each of them, so this does not add up to the total",
      remark: byTagAddsUp
        ? undefined
        : html`<p><strong>These rows do not add up to the total:</strong> a device of several tags counts in full under each of them.${adjusted}</p>`,
      summary: byTag,
      columns: [{ title: "Tag", show: ({ tag }: { tag: string }) => showName(tag) }],
      addsUp: byTagAddsUp,
    },
    allocated,
    cents,
  );
}

function renderDimensions({ byDimension, allocated }: ChargebackReport, cents: PrintedTotal): Html[] {
  return byDimension.map(({ name, rows }, index) =>
    renderAllocated(
      {
        id: `dimension-${String(index)}`,
        title: `Owed by ${name}`,
        caption: `One row a value of ${name}, as the clients said in a header; ${NO_VALUE} is requests without it`,
        summary: rows,
        columns: [
          {
            title: showName(name),
            show: ({ value, given }: { value: string; given: boolean }) => (given ? showName(value) : html`<em>${NO_VALUE}</em>`),
          },
        ],
        addsUp: true,
      },
      allocated,
      cents,
    ),
  );
}
