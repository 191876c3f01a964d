import { html } from "hono/html";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { costCell, type Html, moneyCell, showName } from "./html-cells.ts";
import { sumOwed } from "../report/allocation-figures.ts";
import type { BudgetFigures } from "../insights/insights.ts";
import type { Booking, TeamBooking } from "./book-teams.ts";
import { amountCell, differenceCell, GAP_CELL, NO_CELL, scrollingTable, section, showAmount } from "./tables.ts";

interface BookColumns {
  corrections: boolean;
  change: boolean;
  budgets: boolean;
}

const BESIDE = html`<td class="beside"></td>`;

/** One line a team and cost centre: what finance books, beside what was expected. */
export function renderBook(booking: Booking, idOf: (row: TeamBooking) => string | undefined): Html {
  const { rows, total, gone } = booking;
  const columns: BookColumns = {
    corrections: rows.some(({ corrections }) => corrections.exact !== 0n),
    change: total.change !== null,
    budgets: rows.some(({ detail }) => (detail?.budgets.length ?? 0) > 0),
  };
  const lines = rows.map((row) => ({
    header: nameRow(row, idOf(row)),
    cells: [
      html`<td class="beside">${row.key.costCenter === null ? "–" : html`<span class="code">${showName(row.key.costCenter)}</span>`}</td>`,
      ...moneyCells(row, columns),
      ...(columns.change ? [row.change === null ? GAP_CELL : differenceCell(row.change.exact, row.change.cents)] : []),
      ...(columns.budgets ? budgetCells(row.detail?.budgets ?? []) : []),
    ],
    style: row.key.team === UNALLOCATED ? "unallocated" : undefined,
  }));
  const vanished = gone === null ? [] : [{
    header: "Teams of the month before only",
    cells: [BESIDE, ...Array.from({ length: columns.corrections ? 3 : 1 }, () => GAP_CELL), differenceCell(gone.exact, gone.cents), ...emptyBudgets(columns)],
  }];
  return section("book", "What to book", scrollingTable("What to book, by team", {
    caption: columns.corrections
      ? "One row a team and cost centre. Corrections are of closed months; owed and corrections make what to book"
      : "One row a team and cost centre. What is owed is what to book: nothing of closed months was corrected",
    columns: [
      { title: "Team" },
      { title: "Cost centre", style: "beside" },
      { title: "Owed", figure: true },
      ...(columns.corrections ? ["Corrections", "To book"].map((title) => ({ title, figure: true })) : []),
      ...(columns.change ? [{ title: "Change", figure: true }] : []),
      ...(columns.budgets ? ["Budget", "Used", "Forecast"].map((title) => ({ title, figure: true })) : []),
    ],
    rows: [...lines, ...vanished],
    foot: {
      header: "Total",
      cells: [
        BESIDE,
        ...totalCells(booking, columns),
        ...(total.change === null ? [] : [differenceCell(total.change.exact, total.change.cents)]),
        ...emptyBudgets(columns),
      ],
    },
    style: "book",
  }));
}

/** Where the page is narrow the cost centre stands below the name instead of in a column. */
function nameRow({ key: { team, costCenter } }: TeamBooking, id: string | undefined): Html {
  const name = id === undefined ? showName(team) : html`<a href="#${id}">${showName(team)}</a>`;
  return costCenter === null ? name : html`${name}<span class="narrow quiet">${showName(costCenter)}</span>`;
}

function moneyCells({ figures, owed, corrections, toBook }: TeamBooking, columns: BookColumns): Html[] {
  const own = sumOwed(figures);
  return [
    own.cost === null ? costCell(own, owed.cents) : moneyCell(owed.exact, owed.cents),
    ...(columns.corrections ? [corrections.exact === 0n ? GAP_CELL : differenceCell(corrections.exact, corrections.cents), moneyCell(toBook.exact, toBook.cents)] : []),
  ];
}

function totalCells({ total: { owed, corrections, toBook }, rows }: Booking, columns: BookColumns): Html[] {
  const priced = rows.some(({ figures }) => sumOwed(figures).cost !== null && figures.requests > 0n) || owed.exact !== 0n;
  return [
    priced ? moneyCell(owed.exact, owed.cents) : html`<td class="figure gap">not priced</td>`,
    ...(columns.corrections ? [differenceCell(corrections.exact, corrections.cents), moneyCell(toBook.exact, toBook.cents)] : []),
  ];
}

function emptyBudgets({ budgets }: BookColumns): Html[] {
  return budgets ? [NO_CELL, NO_CELL, NO_CELL] : [];
}

/** A budget's line in each cell; the team's section names them. */
function budgetCells(budgets: readonly BudgetFigures[]): Html[] {
  const [only, ...others] = budgets;
  if (only === undefined) return [GAP_CELL, GAP_CELL, GAP_CELL];
  if (others.length === 0) return [html`<td class="figure">${showBudget(only)}</td>`, percentCell(only), only.forecast === null ? GAP_CELL : amountCell(only.forecast)];
  const lines = (show: (budget: BudgetFigures) => Html | string): Html => html`<td class="figure">${budgets.map((budget) => html`<div>${show(budget)}</div>`)}</td>`;
  return [
    lines(showBudget),
    lines((budget) => formatUsed(budget)),
    lines(({ forecast }) => (forecast === null ? "–" : showAmount(forecast))),
  ];
}

/** With its period where that is not the month, so that nobody holds a day's amount against it. */
function showBudget({ amount, period }: BudgetFigures): Html {
  return html`${/^\d{4}-\d{2}$/.test(period) ? "" : html`<span class="quiet">${showName(period)}</span> `}${showAmount(amount)}`;
}

export function percentCell(budget: BudgetFigures): Html {
  return html`<td class="figure${budget.spent > budget.amount ? " over" : ""}">${formatUsed(budget)}</td>`;
}

function formatUsed({ percent, spent, amount }: BudgetFigures): string {
  return `${percent.toFixed(1)}\u00A0%${spent > amount ? " (over)" : ""}`;
}
