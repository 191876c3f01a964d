import { html } from "hono/html";
import { formatCents } from "../money.ts";
import { type AllocatedFigures, sumOwed } from "./allocation-figures.ts";
import { formatBillionths } from "./format-figures.ts";
import { renderAllocated } from "./html-allocations.ts";
import { type Html, showCost, showName } from "./html-cells.ts";
import { printAllocatedRows } from "./printed-allocations.ts";
import type { PrintedCents } from "./printed-cents.ts";
import type { ChargebackReport } from "./report.ts";
import { NO_VALUE, type TeamKey, UNALLOCATED } from "./summarise-allocations.ts";

/** What each team owes, and the same money by tag and by each dimension. */
export function renderAllocations(report: ChargebackReport, cents: PrintedCents): Html[] {
  return [renderTeams(report, cents), renderTags(report, cents), ...renderDimensions(report, cents)];
}

function renderTeams({ byTeam, allocated }: ChargebackReport, cents: PrintedCents): Html {
  const unallocated = byTeam.findIndex(({ key }) => key.team === UNALLOCATED);
  const figures = byTeam[unallocated]?.figures;
  const printed = printAllocatedRows(byTeam.map((row) => row.figures), allocated, cents)[unallocated];
  const open = figures !== undefined && isOpen(figures);
  return renderAllocated(
    {
      id: "teams",
      title: "By team",
      caption: `One row a team and cost centre; ${UNALLOCATED} is what nobody is charged for`,
      remark: open && printed !== undefined ? warnUnallocated(figures, printed.owed, printed.listValue) : undefined,
      summary: byTeam,
      columns: [
        { title: "Team", show: ({ team }: TeamKey) => showName(team) },
        { title: "Cost centre", show: ({ costCenter }: TeamKey) => (costCenter === null ? "–" : html`<span class="code">${showName(costCenter)}</span>`) },
      ],
      styleRow: ({ team }) => (team === UNALLOCATED ? `unallocated${open ? " owing" : ""}` : undefined),
      addsUp: true,
    },
    allocated,
    cents,
  );
}

function isOpen({ requests, adjustments }: AllocatedFigures): boolean {
  return requests > 0n || (adjustments ?? 0n) !== 0n;
}

function warnUnallocated(figures: AllocatedFigures, owed: bigint, listValue: bigint): Html {
  const { subscription } = figures.billing;
  const listed = subscription.cost === null ? "" : html` and ${showCost(subscription, listValue)} of list value`;
  return html`<div class="lacks"><p>No team is charged for ${showCost(sumOwed(figures), owed)} of what is owed${listed},
in ${formatRequests(figures.requests)}: the row ${UNALLOCATED}.</p></div>`;
}

function formatRequests(billionths: bigint): string {
  if (formatBillionths(billionths) === "1") return "1 request";
  const hundredths = formatCents((billionths + 5_000_000n) / 10_000_000n);
  return `${hundredths.replace(/\.00$/, "")} requests`;
}

function renderTags({ byTag, byTagAddsUp, allocated }: ChargebackReport, cents: PrintedCents): Html {
  const adjusted = allocated.adjustments === null ? "" : " Adjustments are in none of these rows.";
  return renderAllocated(
    {
      id: "tag",
      title: "By tag",
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

function renderDimensions({ byDimension, allocated }: ChargebackReport, cents: PrintedCents): Html[] {
  return byDimension.map(({ name, rows }, index) =>
    renderAllocated(
      {
        id: `dimension-${String(index)}`,
        title: `By ${name}`,
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
