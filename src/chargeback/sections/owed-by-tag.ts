import { html } from "hono/html";
import { renderAllocated } from "../page/allocated-table.ts";
import { type Html, showName } from "../page/cells.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import { figureRows, type SummaryRow } from "../report/summary-row.ts";

export function renderOwedByTag({ byTag, byTagAddsUp, allocated }: ChargebackReport, cents: PrintedTotal): Html {
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

export function owedByTagRows(byTag: ChargebackReport["byTag"]): SummaryRow[] {
  return figureRows("tag", "", byTag, ({ tag }) => [tag, ""]);
}
