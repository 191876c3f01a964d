import { join } from "node:path";
import { type OwedSums, sumOwedByTeam, type TeamOwing } from "../chargeback/report/sum-owed.ts";
import type { DayManifest } from "../lake/days/day-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { loadMonthState } from "../lake/months/month-state.ts";
import { monthAt } from "../ledger/months.ts";
import type { Nanodollars } from "../ledger/money.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import type { Budget } from "../limits/budgets/budget.ts";
import { currentEvaluations } from "../limits/budgets/evaluations.ts";
import type { Forecast } from "../limits/budgets/forecast.ts";
import type { LimitState } from "../limits/budgets/limit-state.ts";
import { endOfData, evaluateByDays } from "../limits/check-limits.ts";
import type { Ledger } from "../open/ledger.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";

/** What a month owes so far, as its allocations have it: the total of a report that is made from the same allocations. */
export interface MonthToDate {
  /** `YYYY-MM` */
  month: string;
  /** IANA name. */
  timezone: string;
  owed: Nanodollars;
  /** Most owed first. */
  teams: readonly TeamOwing[];
  /** Requests with tokens and no price, in no sum. */
  unpricedRequests: number;
  /** For the whole month: what is owed now, and the expected usage of the days to come. Null where there is no usage to base it on. */
  forecast: Forecast | null;
}

/** Spend now. */
export interface Spending {
  /** End of the known usage; null without built days. */
  asOf: Date | null;
  /** Null while the month has no allocations. */
  month: MonthToDate | null;
  /** The budgets in force, in the order of the configuration. */
  budgets: readonly LimitState[];
}

/** A budget over everything that is owed, so that the month has the forecast that a budget of the company would have. */
function wholeMonth(timezone: string): Budget {
  return { name: "", scope: new Map(), amount: 1n, per: "month", timezone, thresholds: [], forecast: false, notify: [] };
}

/**
 * Reads the month to date and the budgets. Writes nothing. Throws `config_invalid` for a budget over an unknown team.
 * @param days manifests of all built days.
 */
export async function readSpending(ledger: Pick<Ledger, "stores" | "rules">, days: readonly DayManifest[], now: Date): Promise<Spending> {
  const { stores: { lake }, rules: { allocation: { timezone }, budgets } } = ledger;
  const asOf = endOfData(days, now) ?? null;
  const configured = budgets();
  if (asOf === null) return { asOf, month: null, budgets: [] };
  const [whole, ...inForce] = await evaluateByDays(ledger, currentEvaluations([wholeMonth(timezone), ...configured], now, asOf), days);
  const name = monthAt(now, timezone);
  const sums = await sumOwedOf(lake, name);
  if (sums === null || whole === undefined) return { asOf, month: null, budgets: inForce };
  const owed = sums.teams.reduce((sum, team) => sum + team.owed, 0n);
  return { asOf, month: { month: name, timezone, owed, teams: sums.teams, unpricedRequests: Number(sums.unpriced) / 1e9, forecast: forecastOwed(whole, owed) }, budgets: inForce };
}

/** Null where the month has no allocations. */
async function sumOwedOf(lake: ObjectStore, month: string): Promise<OwedSums | null> {
  const table = (await loadMonthState(lake, month)).manifests.get(month)?.allocations;
  if (table === undefined) return null;
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "allocations.parquet");
    await downloadWritten(lake, table, file);
    return await withDuckDb({ temporaryDirectory: workspace }, (duck) => sumOwedByTeam(duck, file));
  });
}

/** Budgets count usage alone. Adjustments and charges count in the forecast as they are known now. */
function forecastOwed({ forecast, spent }: LimitState, owed: Nanodollars): Forecast | null {
  if (forecast === null) return null;
  const other = owed - spent;
  return { method: forecast.method, expected: forecast.expected + other, low: forecast.low + other, high: forecast.high + other };
}
