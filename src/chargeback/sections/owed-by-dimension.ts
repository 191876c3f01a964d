import { html } from "hono/html";
import { renderAllocated } from "../page/allocated-table.ts";
import { type Html, showName } from "../page/cells.ts";
import { allocatedRowsToJson } from "../report/figures-json.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import { NO_VALUE } from "../report/summarise-allocations.ts";
import { figureRows, type SummaryRow } from "../report/summary-row.ts";

export function renderOwedByDimension({ byDimension, allocated }: ChargebackReport, cents: PrintedTotal): Html[] {
  return byDimension.map(({ name, rows }, index) =>
    renderAllocated(
      {
        id: `dimension-${String(index)}`,
        title: `Owed by ${name}`,
        caption: `One row per value of ${name}, which clients send in a header; ${NO_VALUE} is requests without it`,
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

export function owedByDimensionRows({ name, rows }: ChargebackReport["byDimension"][number]): SummaryRow[] {
  return figureRows("dimension", "", rows, ({ value }) => [value, name]);
}

export function dimensionToJson({ name, rows }: ChargebackReport["byDimension"][number]): object {
  return { name, rows: allocatedRowsToJson(rows, (key) => key) };
}
