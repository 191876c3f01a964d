import { html } from "hono/html";
import { formatCents, formatDollars, type Nanodollars, signDollar } from "../../ledger/money.ts";
import { roundAlone, type RoundAmount } from "../report/rounding.ts";
import { caption, formatCount, type Html, moneyCell, scrolling } from "./cells.ts";

interface TableColumn {
  title: Html | string;
  /** Aligned right. */
  figure?: boolean;
  /** A class of the style sheet. */
  style?: string;
}

interface PlainTable {
  /** What a row is. */
  caption: string;
  columns: readonly TableColumn[];
  /** Each row: the content of its header, then its cells. */
  rows: readonly PlainRow[];
  foot?: PlainRow | undefined;
  /** A class of the style sheet. */
  style?: string;
}

export interface PlainRow {
  header: Html | string;
  cells: readonly Html[];
  style?: string | undefined;
}

/** A table with a caption and headers for every row and column. */
export function plainTable({ caption: text, columns, rows, foot, style }: PlainTable): Html {
  return html`<table${style === undefined ? "" : html` class="${style}"`}>
${caption(text)}
<thead><tr>${columns.map(renderHeading)}</tr></thead>
<tbody>
${rows.map(renderRow)}</tbody>
${foot === undefined ? "" : html`<tfoot>${renderRow(foot)}</tfoot>`}</table>`;
}

/** The same table, which scrolls sideways on its own where the page is narrow. */
export function scrollingTable(label: string, table: PlainTable): Html {
  return scrolling(label, plainTable(table));
}

function renderHeading({ title, figure, style }: TableColumn): Html {
  const look = [figure === true ? "figure" : "", style ?? ""].filter((name) => name !== "").join(" ");
  return html`<th scope="col"${look === "" ? "" : html` class="${look}"`}>${title}</th>`;
}

function renderRow({ header, cells, style }: PlainRow): Html {
  return html`<tr${style === undefined ? "" : html` class="${style}"`}><th scope="row" class="name">${header}</th>${cells}</tr>
`;
}

/** A section of the page with its heading. */
export function section(id: string, title: string, content: Html | readonly Html[]): Html {
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>
`;
}

export const NO_CELL = html`<td></td>`;
export const GAP_CELL = html`<td class="figure">–</td>`;

export function textCell(text: Html | string): Html {
  return html`<td>${text}</td>`;
}

/** An amount that is not part of a sum. */
export function amountCell(amount: Nanodollars, round: RoundAmount = roundAlone): Html {
  return moneyCell(amount, round(amount));
}

/** A difference, always with its sign. */
export function differenceCell(amount: Nanodollars, cents: bigint): Html {
  return html`<td class="figure" title="${signDollar(formatDollars(amount))}">${signDifference(cents)}</td>`;
}

/** `1250n` → `+$12.50` */
export function signDifference(cents: bigint): string {
  return `${cents > 0n ? "+" : ""}${signDollar(formatCents(cents))}`;
}

export function showAmount(amount: Nanodollars, cents: bigint = roundAlone(amount)): Html {
  return html`<data value="${formatDollars(amount)}" title="${signDollar(formatDollars(amount))}">${signDollar(formatCents(cents))}</data>`;
}

/** A difference outside a table, always with its sign. */
export function showDifference(amount: Nanodollars, cents: bigint): Html {
  return html`<data value="${formatDollars(amount)}" title="${signDollar(formatDollars(amount))}">${signDifference(cents)}</data>`;
}

/** `1 request`, `2 requests` */
export function countOf(count: number | bigint, thing: string): string {
  return `${formatCount(count)} ${thing}${BigInt(count) === 1n ? "" : "s"}`;
}
