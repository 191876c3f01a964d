import { html } from "hono/html";
import { formatBookedCents, formatCents, formatDollars } from "../../ledger/money.ts";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { type CsvColumn, textColumn } from "../../ledger/text/csv-cells.ts";
import { costCell, type Html, moneyCell, showName } from "../page/cells.ts";
import { countOf, differenceCell, GAP_CELL, NO_CELL, type PlainRow, scrollingTable, section } from "../page/tables.ts";
import { sumOwed } from "../report/allocation-figures.ts";
import { addPrinted, type MonthBooking, roundBooked, type SecondAmounts, type TeamBooking } from "../report/bookings.ts";
import type { DaySpan } from "../report/compared-days.ts";
import { reportColumns } from "../report/report-columns.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { Printed } from "../report/rounding.ts";
import type { SummaryRow } from "../report/summary-row.ts";
import { budgetCells, type BudgetFigures, budgetTitles } from "./budgets.ts";
import { showSpan } from "./comparison.ts";

function secondToJson({ owed, corrections, toBook }: SecondAmounts): object {
  return { owed: formatBookedCents(owed), corrections: formatBookedCents(corrections), to_book: formatBookedCents(toBook) };
}

/** Corrections, amounts to book, and changes from the month before: for all teams, then for each team and cost centre. */
export function bookRows({ rows, total, gone }: MonthBooking): SummaryRow[] {
  const lines = [{ team: "", item: "", ...total }, ...rows.map((row) => ({ team: row.key.team, item: row.key.costCenter ?? "", ...row }))];
  return [
    ...lines.flatMap(({ team, item, corrections, toBook, second, change }) => [
      ...(corrections.exact === 0n ? [] : [{ section: "corrections", team, item, detail: "of closed months", owed: corrections.exact, booked: corrections.cents, second: second?.corrections }]),
      { section: "to book", team, item, detail: corrections.exact === 0n ? "" : "owed and corrections", owed: toBook.exact, booked: toBook.cents, second: second?.toBook },
      ...(change === null ? [] : [{ section: "more than before", team, item, detail: "", value: change.exact }]),
    ]),
    ...(gone === null ? [] : [{ section: "more than before", team: "", item: "", detail: "teams only in the month before", value: gone.exact }]),
  ];
}

interface BookLine extends Pick<TeamBooking, "owed" | "corrections" | "toBook" | "second"> {
  team: string;
  costCenter: string;
}

/** The amounts to book as lines of a sheet: each team and cost centre, then the total. */
export function bookLines({ rows, total }: MonthBooking): BookLine[] {
  return [...rows.map((row) => ({ ...row, team: row.key.team, costCenter: row.key.costCenter ?? "" })), { ...total, team: "Total", costCenter: "" }];
}

export function bookColumns(report: ChargebackReport): readonly CsvColumn<BookLine>[] {
  const cents = (name: string, amountOf: (line: BookLine) => Printed): CsvColumn<BookLine> => ({ name, figure: "dollars", read: (line) => formatBookedCents(amountOf(line).cents) });
  return [
    textColumn("Team", ({ team }) => team),
    textColumn("Cost centre", ({ costCenter }) => costCenter),
    cents("Owed", ({ owed }) => owed),
    cents("Corrections", ({ corrections }) => corrections),
    cents("To book", ({ toBook }) => toBook),
    ...(report.head.rate === null ? [] : [{ name: `To book, ${report.head.rate.currency}`, figure: "dollars" as const, read: ({ second }: BookLine) => (second === null ? "" : formatBookedCents(second.toBook)) }]),
    { name: "Owed, exact", figure: "count", read: ({ owed }) => formatDollars(owed.exact) },
    ...reportColumns(report),
  ];
}

/** The member `book`: exact amounts and the cents that are booked. The cents of the teams add up to those of the total. */
export function bookToJson({ rows, total }: MonthBooking): object {
  return { total: bookedToJson(total), teams: rows.map((row) => ({ team: row.key.team, cost_center: row.key.costCenter, ...bookedToJson(row) })) };
}

/** The amount owed, the corrections and the amount to book; in `booked` to the cent. */
export function bookedToJson(amounts: Pick<TeamBooking, "owed" | "corrections" | "toBook" | "second">): object {
  const toJson = (format: (amount: Printed) => string): object => ({ owed_usd: format(amounts.owed), corrections_usd: format(amounts.corrections), to_book_usd: format(amounts.toBook) });
  return { ...toJson(({ exact }) => formatDollars(exact)), booked: toJson(({ cents }) => formatBookedCents(cents)), ...(amounts.second === null ? {} : { second: secondToJson(amounts.second) }) };
}

interface BookColumns {
  corrections: boolean;
  second: boolean;
  change: boolean;
  /** Titles; none where no team and no company has a budget. */
  budgets: readonly string[];
}

const BESIDE = html`<td class="beside"></td>`;

/**
 * One line for each team and cost centre: what finance books, beside its change and budgets.
 * @param days the days that are compared with the month before; null: all
 */
export function renderBook(booking: MonthBooking, days: DaySpan | null, idOf: (row: TeamBooking) => string | undefined, { id = "book", title = "What to book", limit = Number.MAX_SAFE_INTEGER }: BookLook = {}): Html {
  const { total, gone, company } = booking;
  const { rows, others } = foldBooking(booking.rows, limit);
  const budgets = [...company, ...rows.flatMap(wholeBudgets)];
  const columns: BookColumns = {
    corrections: rows.some(({ corrections }) => corrections.exact !== 0n),
    second: total.second !== null,
    change: total.change !== null,
    budgets: budgets.length === 0 ? [] : ["Budget", ...budgetTitles(budgets)],
  };
  const lines: PlainRow[] = rows.map((row) => ({
    header: nameRow(row, idOf(row)),
    cells: [
      html`<td class="beside">${row.key.costCenter === null ? "–" : html`<span class="code">${showName(row.key.costCenter)}</span>`}</td>`,
      ...moneyCells(row, columns),
      ...(columns.change ? [row.change === null ? GAP_CELL : differenceCell(row.change.exact, row.change.cents)] : []),
      ...budgetCells(wholeBudgets(row), roundBooked(row)).slice(0, columns.budgets.length),
    ],
    style: row.key.team === UNALLOCATED ? "unallocated" : undefined,
  }));
  const vanished = gone === null ? [] : [{
    header: "Teams only in the month before",
    cells: [BESIDE, ...Array.from({ length: (columns.corrections ? 3 : 1) + (columns.second ? 1 : 0) }, () => GAP_CELL), differenceCell(gone.exact, gone.cents), ...emptyBudgets(columns)],
  }];
  return section(id, title, scrollingTable(`${title}, by team`, {
    caption: `One row per team and cost centre. ${columns.corrections
      ? "Corrections are of closed months; owed plus corrections is the amount to book"
      : "The amount owed is the amount to book: no closed month was corrected"}${columns.budgets.length > 0 && rows.some(({ figures }) => figures.adjustments !== null) ? ". Budgets are used before adjustments" : ""}`,
    columns: [
      { title: "Team" },
      { title: "Cost centre", style: "beside" },
      { title: "Owed", figure: true },
      ...(columns.corrections ? ["Corrections", "To book"].map((name) => ({ title: name, figure: true })) : []),
      ...(booking.rate === null ? [] : [{ title: `To book, ${booking.rate.currency}`, figure: true }]),
      ...(columns.change ? [{ title: days === null ? "Change" : `Change, days ${showSpan(days)}`, figure: true }] : []),
      ...columns.budgets.map((name) => ({ title: name, figure: true })),
    ],
    rows: [...lines.slice(0, -1), ...(others === null ? [] : [othersLine(others, columns)]), ...lines.slice(-1), ...vanished],
    foot: {
      header: "Total",
      cells: [
        BESIDE,
        ...totalCells(booking, columns),
        ...(total.change === null ? [] : [differenceCell(total.change.exact, total.change.cents)]),
        ...(company.length === 0 ? emptyBudgets(columns) : budgetCells(company, roundBooked(total)).slice(0, columns.budgets.length)),
      ],
    },
    style: "book",
  }));
}

interface BookLook {
  id?: string;
  title?: string;
  /** Most teams with a row of their own; the rest is one row. */
  limit?: number;
}

/** Number of teams that a first look shows; if there are more, all of them follow further below. */
export const FIRST_TEAMS = 7;

/** The first rows, `UNALLOCATED` last, and the others; null where all are shown. */
function foldBooking(rows: readonly TeamBooking[], limit: number): { rows: readonly TeamBooking[]; others: readonly TeamBooking[] | null } {
  return rows.length <= limit + 2 ? { rows, others: null } : { rows: [...rows.slice(0, limit), ...rows.slice(-1)], others: rows.slice(limit, -1) };
}

function othersLine(rows: readonly TeamBooking[], columns: BookColumns): PlainRow {
  const sum = (amountOf: (row: TeamBooking) => Printed | null): Printed => rows.reduce((all, row) => addPrinted(all, amountOf(row) ?? NOTHING), NOTHING);
  const [owed, corrections, toBook, change] = [sum((row) => row.owed), sum((row) => row.corrections), sum((row) => row.toBook), sum((row) => row.change)];
  return {
    header: html`<a href="#book-all">${countOf(rows.length, "other row")}</a>`,
    cells: [
      BESIDE,
      moneyCell(owed.exact, owed.cents),
      ...(columns.corrections ? [differenceCell(corrections.exact, corrections.cents), moneyCell(toBook.exact, toBook.cents)] : []),
      ...(columns.second ? [secondCell(rows.reduce((all, { second }) => all + (second?.toBook ?? 0n), 0n))] : []),
      ...(columns.change ? [differenceCell(change.exact, change.cents)] : []),
      ...emptyBudgets(columns),
    ],
  };
}

const NOTHING: Printed = { exact: 0n, cents: 0n };

/** Budgets of everything that the team owes; others would not be measured by its row. */
function wholeBudgets({ detail }: TeamBooking): BudgetFigures[] {
  return (detail?.budgets ?? []).filter(({ isWholeTeam }) => isWholeTeam);
}

/** On a narrow page the cost centre is below the name instead of in a column. */
function nameRow({ key: { team, costCenter } }: TeamBooking, id: string | undefined): Html {
  const name = id === undefined ? showName(team) : html`<a href="#${id}">${showName(team)}</a>`;
  return costCenter === null ? name : html`${name}<span class="narrow quiet">${showName(costCenter)}</span>`;
}

function secondCell(hundredths: bigint): Html {
  return html`<td class="figure">${formatCents(hundredths)}</td>`;
}

function moneyCells({ figures, owed, corrections, toBook, second }: TeamBooking, columns: BookColumns): Html[] {
  const own = sumOwed(figures);
  return [
    own.cost === null ? costCell(own, owed.cents) : moneyCell(owed.exact, owed.cents),
    ...(columns.corrections ? [corrections.exact === 0n ? GAP_CELL : differenceCell(corrections.exact, corrections.cents), moneyCell(toBook.exact, toBook.cents)] : []),
    ...(second === null ? [] : [secondCell(second.toBook)]),
  ];
}

function totalCells({ total: { owed, corrections, toBook, second }, rows }: MonthBooking, columns: BookColumns): Html[] {
  const priced = rows.some(({ figures }) => sumOwed(figures).cost !== null && figures.requests > 0n) || owed.exact !== 0n;
  return [
    priced ? moneyCell(owed.exact, owed.cents) : html`<td class="figure gap">not priced</td>`,
    ...(columns.corrections ? [differenceCell(corrections.exact, corrections.cents), moneyCell(toBook.exact, toBook.cents)] : []),
    ...(second === null ? [] : [secondCell(second.toBook)]),
  ];
}

function emptyBudgets({ budgets }: BookColumns): Html[] {
  return budgets.map(() => NO_CELL);
}
