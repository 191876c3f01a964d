import { formatDollars } from "../../ledger/money.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { Forecast } from "../../limits/budgets/forecast.ts";
import { limitFigures } from "../../limits/budgets/limit-figures.ts";
import { showMoney } from "../shown-money.ts";
import type { Overview } from "../../run/read-overview.ts";
import type { MonthToDate } from "../../run/read-spending.ts";
import { firstLines } from "../first-lines.ts";

type Glance = Omit<Overview, "status">;

/** Lines about money, reports and verification, for people. */
export function describeOverview({ newest, spending, lastReport, lastVerification }: Glance): string[] {
  return [
    ...firstLines(newest, ({ instance, time }) => visibleText(`newest       ${instance}: ${time === null ? "no export so far" : `export of ${toMinute(time)}`}`)),
    ...("problem" in spending ? [visibleText(`attention    the month to date and the budgets cannot be read: ${spending.problem}`)] : describeSpending(spending)),
    `report       ${lastReport === null ? "none so far: call aperture-ledger chargeback" : describeReport(lastReport)}`,
    `verified     ${lastVerification === null ? "no verification is noted: aperture-ledger archive verify --record records one" : describeVerified(lastVerification)}`,
  ];
}

function describeSpending({ month, budgets }: Exclude<Glance["spending"], { problem: string }>): string[] {
  return [
    ...(month === null ? [] : [visibleText(`month        ${month.month} to date: ${showMoney(month.owed)} owed${month.forecast === null ? "" : `, forecast ${showMoney(month.forecast.expected)}`}${describeUnpriced(month)}`)]),
    ...firstLines(budgets, (state) => {
      const expected = state.forecast === null ? "" : `, forecast ${showMoney(state.forecast.expected)}`;
      return visibleText(`budget       ${state.name} ${state.period.name}: ${showMoney(state.spent)} of ${showMoney(state.amount)} (${state.percent.toFixed(1)} %)${expected}`);
    }),
  ];
}

function describeUnpriced({ unpricedRequests }: MonthToDate): string {
  const count = Math.ceil(unpricedRequests);
  return count === 0 ? "" : `; ${String(count)} ${count === 1 ? "request has" : "requests have"} no price`;
}

function describeReport({ month, status, dataUntil }: NonNullable<Glance["lastReport"]>): string {
  return `${month}${status === null ? "" : `, ${status}`}${dataUntil === null ? "" : `, data up to ${toMinute(dataUntil)}`}`;
}

function describeVerified({ checked_at: at, whole, findings, exports, recorded }: NonNullable<Glance["lastVerification"]>): string {
  const where = recorded === null ? "noted in the lake" : `recorded in the chain, signed, by ${visibleText(recorded.by)} on ${visibleText(recorded.host)}`;
  return `${toMinute(at)}, ${whole ? "the whole archive" : "a part of the archive"}, ${String(exports)} exports read: ${findings === 0 ? "nothing found" : `${String(findings)} findings`}; ${where}`;
}

function toMinute(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}

/** For machines: money as text of dollars with nine decimals. */
export function overviewToJson({ version, newest, spending, lastReport, lastVerification }: Glance): object {
  return {
    version,
    newest_exports: newest,
    ...("problem" in spending ? { month: null, budgets: null, spending_problem: spending.problem } : { month: monthToJson(spending.month), budgets: spending.budgets.map((state) => ({ name: state.name, period: state.period.name, ...limitFigures(state) })) }),
    last_report: lastReport === null ? null : { month: lastReport.month, page: lastReport.page, status: lastReport.status, data_until: lastReport.dataUntil },
    last_verification: lastVerification,
  };
}

function monthToJson(month: MonthToDate | null): object | null {
  if (month === null) return null;
  const { month: name, owed, teams, forecast, unpricedRequests } = month;
  return { name, owed_usd: formatDollars(owed), teams: teams.map(({ team, owed: own }) => ({ team, owed_usd: formatDollars(own) })), unpriced_requests: unpricedRequests, ...forecastToJson(forecast) };
}

function forecastToJson(forecast: Forecast | null): object {
  if (forecast === null) return { forecast_usd: null };
  return { forecast_usd: formatDollars(forecast.expected), forecast_low_usd: formatDollars(forecast.low), forecast_high_usd: formatDollars(forecast.high), forecast_method: forecast.method };
}
