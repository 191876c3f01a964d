import { expect, test } from "vitest";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import type { BudgetFigures } from "../../src/chargeback/sections/budgets.ts";
import { ACME } from "../screenshots/acme.ts";
import { inventCompany } from "./invented-company.ts";

const company = inventCompany({ people: 40, teams: ACME });
const without = (budget: BudgetFigures): BudgetFigures => ({ ...budget, forecast: null });
const OVER: ChargebackReport = {
  ...company,
  insights: {
    ...company.insights,
    teams: company.insights.teams.map((team) => ({ ...team, budgets: team.budgets.map(without) })),
    budgets: { company: company.insights.budgets.company.map(without), others: company.insights.budgets.others.map(without) },
  },
};

/** Number of cells of each row of a page's tables that say how budgets are used, by the titles of the table. */
function budgetTables(page: string): { titles: string[]; cells: Set<number> }[] {
  return [...page.matchAll(/<table.*?<\/table>/gs)].flatMap(([table]) => {
    const [head = "", ...rows] = [...table.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) => row);
    const titles = [...head.matchAll(/<th[^>]*>(.*?)<\/th>/gs)].map(([, title = ""]) => title.replaceAll(/<[^>]+>/g, ""));
    return titles.includes("Used") ? [{ titles, cells: new Set(rows.map((row) => [...row.matchAll(/<t[hd][ >]/g)].length)) }] : [];
  });
}

test.each([["a month that goes on forecasts its budgets", company, true], ["a month that is over has no forecasts, and no column for them", OVER, false]] as const)("%s", async (_, report, isForecast) => {
  const tables = budgetTables(await renderHtml(report, REPORT_FILES));
  expect(tables.length).toBeGreaterThan(1);
  for (const { titles, cells } of tables) {
    expect(titles.includes("Forecast")).toBe(isForecast);
    expect(cells).toEqual(new Set([titles.length]));
  }
});
