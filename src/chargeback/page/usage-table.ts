import { html } from "hono/html";
import { REPORTED_COLUMNS, REPORTED_TITLES } from "../../ledger/usage/reported-tokens.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import { type PrintedCents, printRows } from "../report/printed-cents.ts";
import type { UsageSummary } from "../report/report.ts";
import type { BilledFigures, Figures } from "../report/usage-figures.ts";
import { BILLING_TITLES, caption, costCell, countCell, figureHeading, type Html, scrolling } from "./cells.ts";
import { addBilled, foldRows, LONGEST_TABLE, othersOf } from "./fold-rows.ts";

interface UsageTable<Key> {
  /** Id of the heading, unique on the page. */
  id: string;
  title: string;
  /** What a row is. */
  caption: string;
  summary: UsageSummary<Key>;
  /** The first column names the row. */
  columns: readonly { title: string; show: (key: Key) => Html | string }[];
}

/** Renders a section with one summary of the usage. Cost comes first, so that a narrow page shows it beside the name. */
export function renderUsageTable<Key>(table: UsageTable<Key>, total: BilledFigures, cents: PrintedCents): Html {
  const { id, title, summary, columns } = table;
  const billings = BILLINGS.filter((kind) => total.billing[kind].requests > 0n);
  const { shown, others } = foldRows(summary, LONGEST_TABLE, (rest) => addBilled(rest.map((row) => row.figures)));
  const all = [...shown.map((row) => row.figures), ...(others === null ? [] : [others.sum])];
  const printed = printRows(all, cents);

  const figureCells = (figures: BilledFigures, row: PrintedCents): Html[] => [
    costCell(figures, row.total),
    ...billings.map((kind) => costCell(figures.billing[kind], row.billing[kind])),
    ...countCells(figures),
  ];
  const rows = all.map((figures, index) => {
    const row = shown[index];
    const [name, ...rest] = row === undefined ? [othersOf(others?.count ?? 0), ...columns.slice(1).map(() => "")] : columns.map(({ show }) => show(row.key));
    return html`<tr>
<th scope="row" class="name">${name}</th>${rest.map((cell) => html`<td>${cell}</td>`)}${figureCells(figures, printed[index] ?? cents)}
</tr>
`;
  });

  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${scrolling(`${title}: the table`, html`<table>
${caption(table.caption)}
<thead><tr>
${columns.map((column) => html`<th scope="col">${column.title}</th>`)}
${["Cost", ...billings.map((kind) => BILLING_TITLES[kind])].map(figureHeading)}
${COUNT_TITLES.map(figureHeading)}
</tr></thead>
<tbody>
${rows}</tbody>
<tfoot><tr>
<th scope="row">Total</th>${columns.slice(1).map(() => html`<td></td>`)}${figureCells(total, cents)}
</tr></tfoot>
</table>`)}
</section>
`;
}

const COUNT_TITLES = ["Unpriced requests", "Requests", ...REPORTED_TITLES];

function countCells({ unpricedRequests, requests, tokens }: Figures): Html[] {
  return [unpricedRequests, requests, ...REPORTED_COLUMNS.map(({ reportedAs }) => tokens[reportedAs])].map(countCell);
}
