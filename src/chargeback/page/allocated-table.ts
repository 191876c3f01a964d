import { html } from "hono/html";
import { formatCents } from "../../ledger/money.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { REPORTED_COLUMNS, REPORTED_TITLES } from "../../ledger/usage/reported-tokens.ts";
import { LIST_VALUES, type ListValueBilling } from "../../ledger/usage/usage-record.ts";
import { type AllocatedFigures, type AllocatedSummary, sumOwed } from "../report/allocation-figures.ts";
import { printAllocatedRows, printAllocatedTotal, printAlone, type PrintedAllocation } from "../report/printed-allocations.ts";
import type { PrintedTotal } from "../report/printed-cents.ts";
import { caption, costCell, countCell, figureHeading, type Html, moneyCell, scrolling } from "./cells.ts";
import { addAllocated, foldRows, LONGEST_TABLE, othersOf } from "./fold-rows.ts";

interface AllocatedTable<Key> {
  /** Id of the heading, unique on the page. */
  id: string;
  /** Also used in attributes. Names from outside may be part of it: control characters are made visible here. */
  title: string;
  /** What a row is. */
  caption: string;
  /** Above the table. */
  remark?: Html | undefined;
  summary: AllocatedSummary<Key>;
  /** The first column names the row. */
  columns: readonly { title: Html | string; show: (key: Key) => Html | string }[];
  /** Class of a row that is set off from the others. */
  styleRow?: (key: Key) => string | undefined;
  /** Whether the rows add up to the total; otherwise the table has no total line. */
  addsUp: boolean;
  /** Most rows; the rest is summed up in one line. */
  limit?: number;
  /** Cents each row owes where another table prints them already. Needs a limit of at least all rows. */
  owed?: readonly bigint[];
}

const TITLES_BEFORE = ["Owed", "Adjustments in it"];

const LIST_VALUE_COLUMNS: Readonly<Record<ListValueBilling, string>> = { subscription: "List value (subscription)", caller_key: "List value (callers’ own keys)" };

const TITLES_AFTER = ["Unpriced requests", "Requests", ...REPORTED_TITLES];

/** Renders a section with one summary of the allocations. What is owed comes first, so that a narrow page shows it beside the name. */
export function renderAllocated<Key>(table: AllocatedTable<Key>, total: AllocatedFigures, cents: PrintedTotal): Html {
  const { id, summary, columns, addsUp, styleRow } = table;
  const title = shownText(table.title);
  const { shown, others } = foldRows(summary, table.limit ?? LONGEST_TABLE, (rest) => addAllocated(rest.map((row) => row.figures)));
  const figures = [...shown.map((row) => row.figures), ...(others === null ? [] : [others.sum])];
  const shared = addsUp ? printAllocatedRows(figures, total, cents) : figures.map(printAlone);
  const printed = shared.map((row, index) => ({ ...row, owed: table.owed?.[index] ?? row.owed }));
  const countCells = {
    requests: chooseCountCell(printed.map(({ requests }) => requests)),
    unpricedRequests: chooseCountCell(printed.map(({ unpricedRequests }) => unpricedRequests)),
  };
  // Few companies have callers with keys of their own; only they get the column.
  const kinds = LIST_VALUES.filter((kind) => kind !== "caller_key" || total.billing.caller_key.requests > 0n);
  const rows = figures.map((exact, index) => {
    const row = shown[index];
    const [name, ...rest] = row === undefined ? [othersOf(others?.count ?? 0), ...columns.slice(1).map(() => "")] : columns.map(({ show }) => show(row.key));
    const style = row === undefined ? undefined : styleRow?.(row.key);
    return html`<tr${style === undefined ? "" : html` class="${style}"`}>
<th scope="row" class="name">${name}</th>${rest.map((cell) => html`<td>${cell}</td>`)}${figureCells(exact, printed[index] ?? printAlone(exact), { show: countCells, kinds })}
</tr>
`;
  });

  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${table.remark ?? ""}
${scrolling(`${title}: the table`, html`<table class="allocated">
${caption(shownText(table.caption))}
<thead><tr>
${columns.map((column) => html`<th scope="col">${column.title}</th>`)}
${[...TITLES_BEFORE, ...kinds.map((kind) => LIST_VALUE_COLUMNS[kind]), ...TITLES_AFTER].map(figureHeading)}
</tr></thead>
<tbody>
${rows}</tbody>
${addsUp ? totalRow(columns.length, figureCells(total, printAllocatedTotal(total, cents), { show: countCells, kinds })) : ""}
</table>`)}
</section>
`;
}

function totalRow(columns: number, cells: Html[]): Html {
  return html`<tfoot><tr>
<th scope="row">Total</th>${Array.from({ length: columns - 1 }, () => html`<td></td>`)}${cells}
</tr></tfoot>`;
}

interface CountCells {
  requests: (hundredths: bigint) => Html;
  unpricedRequests: (hundredths: bigint) => Html;
}

interface FigureColumns {
  show: CountCells;
  /** Kinds of list value that have a column. */
  kinds: readonly ListValueBilling[];
}

/** A column of requests has decimals if one of its rows has, so that digits align. */
function chooseCountCell(hundredths: readonly bigint[]): CountCells["requests"] {
  if (hundredths.every((count) => count % 100n === 0n)) return (count) => countCell(count / 100n);
  return (count) => html`<td class="figure">${formatCents(count)}</td>`;
}

function figureCells(figures: AllocatedFigures, printed: PrintedAllocation, { show, kinds }: FigureColumns): Html[] {
  const { adjustments, billing } = figures;
  return [
    owedCell(figures, printed.owed),
    adjustments === null ? html`<td class="figure">–</td>` : moneyCell(adjustments, printed.adjustments),
    ...kinds.map((kind) => costCell(billing[kind], printed.listValues[kind])),
    show.unpricedRequests(printed.unpricedRequests),
    show.requests(printed.requests),
    ...REPORTED_COLUMNS.map(({ reportedAs }) => countCell(printed.tokens[reportedAs])),
  ];
}

/** A row that owes nothing shows $0.00, not a gap. */
function owedCell(figures: AllocatedFigures, cents: bigint): Html {
  const owed = sumOwed(figures);
  return owed.cost === null ? costCell(owed, cents) : moneyCell(owed.cost, cents);
}
