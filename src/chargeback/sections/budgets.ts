import { html } from "hono/html";
import { formatCents, type Nanodollars, signDollar } from "../../ledger/money.ts";
import { type Html, showName } from "../page/cells.ts";
import { amountCell, GAP_CELL, plainTable, section, showAmount } from "../page/tables.ts";
import { amountToJson } from "../report/figures-json.ts";
import type { RoundAmount } from "../report/rounding.ts";
import type { SummaryRow } from "../report/summary-row.ts";

export interface BudgetFigures {
  name: string;
  scope: string;
  /** Whether it is for one team and everything that the team owes. */
  isWholeTeam: boolean;
  /** Name of the period, such as `2026-10`. */
  period: string;
  amount: Nanodollars;
  spent: Nanodollars;
  /** Percentage of the amount, with one decimal. */
  percent: number;
  /** For the whole period; null once it is over, and without data to forecast from. */
  forecast: Nanodollars | null;
}

/** The budgets of a month, each list in the order of the configuration. */
export interface MonthBudgets {
  /** Budgets that name this team and no other; they may ask for more than the team. */
  byTeam: ReadonlyMap<string, BudgetFigures[]>;
  /** Budgets of the whole company. */
  company: BudgetFigures[];
  /** All other budgets: for more or less than one whole team. */
  others: BudgetFigures[];
}

const MONTH = /^\d{4}-\d{2}$/;

/** Titles of the columns that say how budgets are used. A month that is over has no forecast. */
export function budgetTitles(budgets: readonly BudgetFigures[]): string[] {
  return ["Used", ...(budgets.some(({ forecast }) => forecast !== null) ? ["Forecast"] : [])];
}

/** Cells of the budget and of its forecast. Several budgets have a line each in every cell; the team's section names them. */
export function budgetCells(budgets: readonly BudgetFigures[], round: RoundAmount): Html[] {
  const [only, ...others] = budgets;
  if (only === undefined) return [GAP_CELL, GAP_CELL, GAP_CELL];
  if (others.length === 0) return [html`<td class="figure">${showBudget(only)}</td>`, percentCell(only, round), only.forecast === null ? GAP_CELL : amountCell(only.forecast, round)];
  const lines = (show: (budget: BudgetFigures) => Html | string): Html => html`<td class="figure">${budgets.map((budget) => html`<div>${show(budget)}</div>`)}</td>`;
  return [
    lines(showBudget),
    lines((budget) => formatUsed(budget, round)),
    lines(({ forecast }) => (forecast === null ? "–" : showAmount(forecast, round(forecast)))),
  ];
}

/** Names the period where it is not the month, so that nobody mistakes a day's amount for a month's. */
function showBudget({ amount, period }: BudgetFigures): Html {
  return html`${MONTH.test(period) ? "" : html`<span class="quiet">${showName(period)}</span> `}${showAmount(amount)}`;
}

function percentCell(budget: BudgetFigures, round: RoundAmount): Html {
  return html`<td class="figure${budget.spent > budget.amount ? " over" : ""}">${formatUsed(budget, round)}</td>`;
}

/** For a period other than a month also the amount spent so far: for a year, the year to date. */
function formatUsed({ percent, spent, amount, period }: BudgetFigures, round: RoundAmount): string {
  const used = `${percent.toFixed(1)}\u00A0%${spent > amount ? " (over)" : ""}`;
  return MONTH.test(period) ? used : `${signDollar(formatCents(round(spent)))} (${used})`;
}

/** Budgets that are in no team's row. @param adjusted whether what is owed has adjustments, which budgets leave out */
export function renderOtherBudgets({ company, others }: Pick<MonthBudgets, "company" | "others">, round: RoundAmount, adjusted: boolean): Html | string {
  const budgets = [...company, ...others];
  if (budgets.length === 0) return "";
  const titles = budgetTitles(budgets);
  return section("budgets", "Budgets", plainTable({
    caption: `Budgets of the company, of parts of teams and of several teams${adjusted ? ", before adjustments" : ""}`,
    columns: [{ title: "Budget" }, { title: "Of" }, ...["Amount", "Spent", ...titles].map((title) => ({ title, figure: true }))],
    rows: budgets.map((budget) => ({
      header: html`${showName(budget.name)} <span class="quiet">${showName(budget.period)}</span>`,
      cells: [html`<td>${showName(budget.scope)}</td>`, amountCell(budget.amount), amountCell(budget.spent, round), html`<td class="figure${budget.spent > budget.amount ? " over" : ""}">${budget.percent.toFixed(1)}\u00A0%</td>`, budget.forecast === null ? GAP_CELL : amountCell(budget.forecast, round)].slice(0, titles.length + 3),
    })),
  }));
}

/** @param adjusted whether what is owed has adjustments, which budgets leave out */
export function renderBudgets(budgets: readonly BudgetFigures[], round: RoundAmount, adjusted: boolean): Html {
  const titles = budgetTitles(budgets);
  return plainTable({
    caption: `Budgets${adjusted ? ", before adjustments" : ""}`,
    columns: [{ title: "Budget" }, ...["Amount", ...titles].map((title) => ({ title, figure: true }))],
    rows: budgets.map((budget) => ({
      header: html`${showName(budget.name)} <span class="quiet">${showName(budget.period)}</span>`,
      cells: [amountCell(budget.amount), percentCell(budget, round), budget.forecast === null ? GAP_CELL : amountCell(budget.forecast, round)].slice(0, titles.length + 1),
    })),
    style: "compact",
  });
}

export function budgetRows(team: string, { name, period, amount, spent, forecast }: BudgetFigures): SummaryRow[] {
  return ([["amount", amount], ["spent", spent], ["forecast", forecast]] as const).map(([what, value]) => ({ section: "budget", team, item: name, detail: `${what} ${period}`, value }));
}

export function budgetToJson({ name, scope, period, amount, spent, percent, forecast }: BudgetFigures): object {
  return { name, scope, period, amount_usd: amountToJson(amount), spent_usd: amountToJson(spent), percent, forecast_usd: amountToJson(forecast) };
}
