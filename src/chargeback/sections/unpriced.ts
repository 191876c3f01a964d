import { html } from "hono/html";
import { BILLIONTHS, type Nanodollars } from "../../ledger/money.ts";
import { countCell, formatCount, type Html, showName } from "../page/cells.ts";
import { foldRows, SHORT_TABLE } from "../page/fold-rows.ts";
import { countOf, NO_CELL, scrollingTable, section, showAmount, textCell } from "../page/tables.ts";
import type { UnpricedRange } from "../report/unpriced-range.ts";
import type { UsageRow } from "../report/sum-month.ts";
import type { SummaryRow } from "../report/summary-row.ts";
import type { ChargebackReport } from "../report/report.ts";

/** Models whose requests had tokens but no price, so that their prices can be added. */
export function renderUnpriced({ rows, total, unpricedRange }: Pick<ChargebackReport, "rows" | "total" | "unpricedRange">): Html | string {
  if (total.unpricedRequests === 0n) return "";
  const groups = groupUnpriced(rows);
  const { shown, others } = foldRows(groups, SHORT_TABLE, (rest) => rest.reduce((all, { unpriced }) => all + unpriced, 0n));
  return section("unpriced", "Unpriced requests", html`<p>${countOf(total.unpricedRequests, "request")} had tokens counted but no price. Their cost is unknown and not in any
figure: it is a gap, not a zero. An entry in the price list closes it.${renderWorth(unpricedRange)}</p>
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

function renderWorth(range: UnpricedRange | null): Html | string {
  if (range === null) return "";
  return html` ${formatCount(range.requests)} of them may be worth ${range.least === range.most ? html`about ${showAmount(range.least)}` : html`${showAmount(range.least)} to ${showAmount(range.most)}`}: that is what their tokens would cost at the average prices of the month’s cheapest and most expensive models with a price, of the same provider where it has any.`;
}

interface UnpricedModel {
  name: string;
  model: string;
  provider: string;
  unpriced: bigint;
}

/** Most requests first. */
function groupUnpriced(rows: readonly UsageRow[]): UnpricedModel[] {
  return [...Map.groupBy(rows.filter(({ unpricedRequests }) => unpricedRequests > 0n), ({ provider, model }) => JSON.stringify([provider, model]))]
    .flatMap(([name, [first, ...others]]) => {
      if (first === undefined) return [];
      const unpriced = [first, ...others].reduce((all, row) => all + row.unpricedRequests, 0n);
      return [{ name, model: first.model, provider: first.provider, unpriced }];
    })
    .toSorted((a, b) => (a.unpriced === b.unpriced ? (a.name < b.name ? -1 : 1) : a.unpriced > b.unpriced ? -1 : 1));
}

export function unpricedRows({ rows, unpricedRange: range }: ChargebackReport): SummaryRow[] {
  const worth: [string, Nanodollars][] = range === null ? [] : [["least", range.least], ["most", range.most]];
  return [
    ...groupUnpriced(rows).map(({ model, provider, unpriced }): SummaryRow => ({ section: "unpriced", team: "", item: `${provider}/${model}`, detail: "", unpricedRequests: unpriced * BILLIONTHS })),
    ...worth.map(([detail, value]): SummaryRow => ({ section: "unpriced may be worth", team: "", item: "", detail, value })),
  ];
}
