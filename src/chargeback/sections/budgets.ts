import { html } from "hono/html";
import type { Nanodollars } from "../../ledger/money.ts";
import { type Html, showName } from "../page/cells.ts";
import { amountCell, GAP_CELL, plainTable, showAmount } from "../page/tables.ts";
import { amountToJson } from "../report/figures-json.ts";
import type { SummaryRow } from "../report/summary-row.ts";

export interface BudgetFigures {
  name: string;
  scope: string;
  /** Name of the period, such as `2026-10`. */
  period: string;
  amount: Nanodollars;
  spent: Nanodollars;
  /** Percentage of the amount, with one decimal. */
  percent: number;
  /** For the whole period: what was spent once it is over, null without data to forecast from. */
  forecast: Nanodollars | null;
}

/** Several budgets have a line each in every cell; the team's section names them. */
export function budgetCells(budgets: readonly BudgetFigures[]): Html[] {
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

/** Names the period where it is not the month, so that nobody mistakes a day's amount for a month's. */
function showBudget({ amount, period }: BudgetFigures): Html {
  return html`${/^\d{4}-\d{2}$/.test(period) ? "" : html`<span class="quiet">${showName(period)}</span> `}${showAmount(amount)}`;
}

function percentCell(budget: BudgetFigures): Html {
  return html`<td class="figure${budget.spent > budget.amount ? " over" : ""}">${formatUsed(budget)}</td>`;
}

function formatUsed({ percent, spent, amount }: BudgetFigures): string {
  return `${percent.toFixed(1)}\u00A0%${spent > amount ? " (over)" : ""}`;
}

export function renderBudgets(budgets: readonly BudgetFigures[]): Html {
  return plainTable({
    caption: "Budgets",
    columns: [{ title: "Budget" }, { title: "Amount", figure: true }, { title: "Used", figure: true }, { title: "Forecast", figure: true }],
    rows: budgets.map((budget) => ({
      header: html`${showName(budget.name)} <span class="quiet">${showName(budget.period)}</span>`,
      cells: [amountCell(budget.amount), percentCell(budget), budget.forecast === null ? GAP_CELL : amountCell(budget.forecast)],
    })),
    style: "compact",
  });
}

export function budgetRows(team: string, { name, period, amount, spent, forecast }: BudgetFigures): SummaryRow[] {
  return ([["amount", amount], ["spent", spent], ["forecast", forecast]] as const).map(([what, owed]) => ({ section: "budget", team, item: name, detail: `${what} ${period}`, owed }));
}

export function budgetToJson({ name, scope, period, amount, spent, percent, forecast }: BudgetFigures): object {
  return { name, scope, period, amount_usd: amountToJson(amount), spent_usd: amountToJson(spent), percent, forecast_usd: amountToJson(forecast) };
}
