import type { DayManifest } from "../lake/days/day-manifest.ts";
import { costOfDay } from "../lake/ledger-totals.ts";
import type { Budget } from "./budgets/budget.ts";
import { evaluateAll, spendNeeded } from "./budgets/evaluate-limits.ts";
import { currentEvaluations, type Evaluation } from "./budgets/evaluations.ts";
import type { LimitState } from "./budgets/limit-state.ts";
import { formatDollars } from "../ledger/money.ts";
import type { Ledger } from "../open/ledger.ts";
import { lastExport } from "./checking/coverage.ts";
import { findEnded } from "./checking/ended-limits.ts";
import { readSpend, type SpendReading } from "./checking/read-spend.ts";
import type { SentAlerts } from "./delivering/send-alerts.ts";
import { tellAlerts } from "./delivering/tell-alerts.ts";

export interface CheckedLimits {
  /** The evaluated UTC date. */
  date: string;
  /** Dollars with nine decimals, from the built days. */
  spent_usd: string;
  /** The budgets in force, in the order of the configuration. */
  states: LimitState[];
  /** Alerts of this evaluation, including anomalies. */
  alerts: SentAlerts;
}

export interface LimitSummary {
  name: string;
  period: string;
  /** Percentage of the amount. */
  percent: number;
  /** Thresholds, in per cent. */
  reached: readonly number[];
}

/** Reports the spend on a UTC date and the states of the budgets, and sends alerts, also for ended periods. */
export async function checkLimits(ledger: Pick<Ledger, "stores" | "rules" | "telling">, days: readonly DayManifest[], now: Date): Promise<CheckedLimits> {
  const date = now.toISOString().slice(0, 10);
  const today = days.filter((day) => day.date === date);
  const spent = today.reduce((sum, day) => sum + costOfDay(day), 0n);
  const { current: states, ended } = await stateOfBudgets(ledger, ledger.rules.budgets(), days, now, true);
  const checked = { date, spent_usd: formatDollars(spent) };
  ledger.telling.log.info(checked, "spent so far");
  for (const summary of summariseLimits(states)) ledger.telling.log.info(summary, "budget");
  return { ...checked, states, alerts: await tellAlerts(ledger, [...states, ...ended], days, now) };
}

export interface StateOfBudgets {
  /** The budgets in force, in their current periods. */
  current: LimitState[];
  /** Ended periods that are still evaluated, the last one of each budget first. */
  ended: LimitState[];
}

/** The states of the budgets now, and at the end of ended periods. @param note as for `findEnded`. */
export async function stateOfBudgets(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], now: Date, note: boolean): Promise<StateOfBudgets> {
  const asOf = endOfData(days, now) ?? now;
  const ended = await findEnded(reading.stores.lake, budgets, { now, asOf, note });
  const states = await evaluateByDays(reading, [...currentEvaluations(budgets, now, asOf), ...ended], days);
  return { current: states.filter((state) => state.ended === null), ended: states.filter((state) => state.ended !== null) };
}

/** The states of the budgets by the built days. */
export async function stateOfLimits(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], now: Date): Promise<LimitState[]> {
  return await evaluateByDays(reading, currentEvaluations(budgets, now, endOfData(days, now) ?? now), days);
}

export async function evaluateByDays(reading: SpendReading, evaluations: readonly Evaluation[], days: readonly DayManifest[]): Promise<LimitState[]> {
  const spend = new Map<string, Awaited<ReturnType<typeof readSpend>>>();
  for (const [timezone, { from, to }] of spendNeeded(evaluations)) spend.set(timezone, await readSpend(reading, days, from, to, timezone));
  return evaluateAll(evaluations, spend);
}

/** The time of the last export in a built day, or now if that is earlier; undefined without built days. */
export function endOfData(days: readonly DayManifest[], now: Date): Date | undefined {
  const last = lastExport(days);
  return last !== undefined && last > now ? now : last;
}

/** The summary of the states for job results, logs and `run`. */
export function summariseLimits(states: readonly LimitState[]): LimitSummary[] {
  return states.map(({ name, period, percent, reached }) => ({ name, period: period.name, percent, reached }));
}
