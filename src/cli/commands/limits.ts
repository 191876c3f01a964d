import { endOfData, evaluateByDays, stateOfBudgets } from "../../limits/check-limits.ts";
import type { DayManifest } from "../../lake/days/day-manifest.ts";
import type { Budget } from "../../limits/budgets/budget.ts";
import { evaluationsOfMonth } from "../../limits/budgets/evaluations.ts";
import { lastExport } from "../../limits/checking/coverage.ts";
import { findToldLate } from "../../limits/checking/ended-limits.ts";
import { dayOf } from "../../ledger/days.ts";
import { type ExchangeRate, rateOn, rateToJson } from "../../ledger/exchange-rate.ts";
import { showSecond } from "../../limits/budgets/show-limit.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { limitFigures } from "../../limits/budgets/limit-figures.ts";
import type { LimitState } from "../../limits/budgets/limit-state.ts";
import { estimateLive, readLiveBase } from "../../limits/estimate-live.ts";
import type { LiveEstimate, NoEstimate } from "../../limits/live/live-estimate.ts";
import { estimateToJson, showEstimate } from "../../limits/live/show-estimate.ts";
import type { Ledger } from "../../open/ledger.ts";
import { monthOfFlag } from "../month-of-flag.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { columnsOf, openLog, print, printJson, silentProgress } from "../terminal.ts";
import { type LiveReading, readLive } from "../read-live.ts";
import { limitsTable } from "./limits-table.ts";
import type { Clock } from "../../ledger/clock.ts";

export interface LimitsFlags extends SettingFlags {
  /** `YYYY-MM`, `last` or `this`: the end of that month, or of the data in it. */
  month?: string;
  json?: boolean;
}

/** Shows the configured budgets by the built days, now or at the end of a month, and the ended periods without a timely alert. */
export async function limits(flags: LimitsFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const ledger = await openLedger(config, { log: openLog(), progress: silentProgress, clock, signs: false }, "cached");
  const budgets = ledger.rules.budgets();
  const now = ledger.work.clock();
  const days = budgets.length === 0 ? [] : [...(await loadLedgerState(ledger.stores.lake)).days.values()];
  const month = flags.month === undefined ? undefined : monthOfFlag(flags.month, "this", config.timezone, now);
  const { current, late } = month === undefined ? await stateNow(ledger, budgets, days, now) : { current: await evaluateByDays(ledger, evaluationsOfMonth(budgets, month.name, lastExport(days)), days), late: [] };
  const asOf = endOfData(days, now);
  const { secondCurrency, rates } = ledger.rules.report;
  const rateOf = (state: LimitState): ExchangeRate | undefined => (secondCurrency === undefined ? undefined : rateOn(rates, secondCurrency, lastDayOf(state)));
  const live = budgets.length === 0 || month !== undefined ? undefined : await readLive(config, ledger.stores.lake.url, clock, async (source) => await estimateLive(await readLiveBase(ledger, days, now), source, now));
  const describe = (state: LimitState): object => ({ ...describeJson(state, rateOf(state)), ...liveJson(state, live) });
  if (flags.json) printJson({ ...(month === undefined ? {} : { month: month.name }), as_of: asOf?.toISOString() ?? null, limits: current.map(describe), ended: late.map(describe) });
  else if (budgets.length === 0) print("no budgets: set limits in aperture-ledger.yaml (docs/limits.md, aperture-ledger init writes an example)");
  else print(...(month?.said ?? []), ...limitsTable([...current, ...late], { asOf, month: month?.name, columns: columnsOf(process.stdout), idle: budgets.length - current.length, rateOf, liveOf: (state) => describeLive(state, live) }));
  return 0;
}

async function stateNow(ledger: Ledger, budgets: readonly Budget[], days: readonly DayManifest[], now: Date): Promise<{ current: LimitState[]; late: LimitState[] }> {
  const { current, ended } = await stateOfBudgets(ledger, budgets, days, now, false);
  return { current, late: await findToldLate(ledger.stores.lake, ended) };
}

type Live = LiveReading<(LiveEstimate | NoEstimate)[]> | undefined;

function liveJson(state: LimitState, live: Live): object {
  if (live === undefined || state.ended !== null) return {};
  if ("unavailable" in live) return { live_estimate: null };
  const found = live.found.find((one) => one.state.name === state.name);
  return { live_estimate: found === undefined ? null : estimateToJson(found) };
}

function describeLive(state: LimitState, live: Live): string[] {
  if (live === undefined || state.ended !== null) return [];
  if ("unavailable" in live) return [`no live estimate: ${live.unavailable}`];
  return live.found.filter((one) => one.state.name === state.name).map(showEstimate);
}

/** The day whose rate applies: the last day of the period, or the last day built so far. */
function lastDayOf({ period: { to, timezone }, asOf }: LimitState): string {
  return dayOf(new Date(Math.min(to.getTime(), asOf.getTime()) - 1), timezone);
}

function describeJson(state: LimitState, rate: ExchangeRate | undefined): object {
  const { name, scope, period, ended, forecast, reached, forecastOver, unpriced } = state;
  const { amount_usd, spent_usd, left_usd, percent, elapsed_percent, pace, exhausted, ...figures } = limitFigures(state);
  return {
    name,
    scope,
    period: { unit: period.unit, name: period.name, from: period.from.toISOString(), to: period.to.toISOString(), timezone: period.timezone },
    ended_at: ended?.toISOString() ?? null,
    amount_usd,
    spent_usd,
    left_usd,
    ...(rate === undefined ? {} : { second: { ...rateToJson(rate), amount: showSecond(state.amount, rate), spent: showSecond(state.spent, rate), left: showSecond(state.left, rate) } }),
    percent,
    elapsed_percent,
    pace,
    forecast:
      forecast === null
        ? null
        : { method: forecast.method, expected_usd: figures.forecast_usd, low_usd: figures.forecast_low_usd, high_usd: figures.forecast_high_usd },
    forecast_over: forecastOver,
    exhausted,
    reached,
    unpriced_models: unpriced,
  };
}
