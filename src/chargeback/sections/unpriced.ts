import { html } from "hono/html";
import { countCell, type Html, showName } from "../page/cells.ts";
import { foldRows, SHORT_TABLE } from "../page/fold-rows.ts";
import { countOf, NO_CELL, scrollingTable, section, textCell } from "../page/tables.ts";
import type { ChargebackReport } from "../report/report.ts";

/** Models whose requests had tokens but no price, so that somebody can add their prices. */
export function renderUnpriced({ rows, total }: Pick<ChargebackReport, "rows" | "total">): Html | string {
  if (total.unpricedRequests === 0n) return "";
  const groups = [...Map.groupBy(rows.filter(({ unpricedRequests }) => unpricedRequests > 0n), ({ provider, model }) => JSON.stringify([provider, model]))]
    .flatMap(([name, [first, ...others]]) => {
      if (first === undefined) return [];
      const unpriced = [first, ...others].reduce((all, row) => all + row.unpricedRequests, 0n);
      return [{ name, model: first.model, provider: first.provider, unpriced }];
    })
    .toSorted((a, b) => (a.unpriced === b.unpriced ? (a.name < b.name ? -1 : 1) : a.unpriced > b.unpriced ? -1 : 1));
  const { shown, others } = foldRows(groups, SHORT_TABLE, (rest) => rest.reduce((all, { unpriced }) => all + unpriced, 0n));
  return section("unpriced", "Unpriced requests", html`<p>${countOf(total.unpricedRequests, "request")} had tokens counted but no price. Their cost is unknown and not in any
figure: it is a gap, not a zero. An entry in the price list closes it.</p>
${scrollingTable("Unpriced requests by model", {
  caption: "Unpriced requests by model",
  columns: [{ title: "Model" }, { title: "Provider" }, { title: "Unpriced requests", figure: true }],
  rows: [
    ...shown.map(({ model, provider, unpriced }) => ({ header: showName(model), cells: [textCell(showName(provider)), countCell(unpriced)] })),
    ...(others === null ? [] : [{ header: countOf(others.count, "other"), cells: [NO_CELL, countCell(others.sum)] }]),
  ],
  foot: { header: "Total", cells: [NO_CELL, countCell(total.unpricedRequests)] },
  style: "small",
})}`);
}
