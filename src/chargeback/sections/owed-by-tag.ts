import { html } from "hono/html";
import { renderAllocated } from "../page/allocated-table.ts";
import { type Html, showName } from "../page/cells.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import type { ChargebackReport } from "../report/report.ts";
import { figureRows, type SummaryRow } from "../report/summary-row.ts";

export function renderOwedByTag({ byTag, byTagAddsUp, allocated }: ChargebackReport, cents: PrintedTotal): Html {
  const adjusted = allocated.adjustments === null ? "" : " These rows exclude adjustments.";
  return renderAllocated(
    {
      id: "tag",
      title: "Owed by tag",
      caption: byTagAddsUp
        ? "One row per tag; a device with several tags is split evenly over them"
        : "One row per tag; a device with several tags counts in full under each, so rows do not add up to the total",
      remark: byTagAddsUp
        ? undefined
        : html`<p><strong>These rows do not add up to the total:</strong> a device with several tags counts in full under each of them.${adjusted}</p>`,
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
