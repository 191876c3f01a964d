import type { DayManifest } from "../lake/days/day-manifest.ts";
import { costOfDay } from "../lake/ledger-totals.ts";
import type { Budget } from "./budgets/budget.ts";
import { evaluateAll, spendNeeded } from "./budgets/evaluate-limits.ts";
import { currentEvaluations, type Evaluation } from "./budgets/evaluations.ts";
import type { LimitState } from "./budgets/limit-state.ts";
import { formatDollars } from "../ledger/money.ts";
import type { Ledger } from "../open/ledger.ts";
import { findEnded } from "./checking/ended-limits.ts";
import { readSpend, type SpendReading } from "./checking/read-spend.ts";
import type { SentAlerts } from "./alerting/send-alerts.ts";
import { tellAlerts } from "./alerting/tell-alerts.ts";

export interface CheckedLimits {
  /** UTC date that is looked at. */
  date: string;
  /** Dollars with nine decimals, of the days that are built. */
  spent_usd: string;
  /** Of the budgets that are in force, in the order of the configuration. */
  states: LimitState[];
  /** Of what was found worth knowing, anomalies included. */
  alerts: SentAlerts;
}

export interface LimitSummary {
  name: string;
  period: string;
  /** Of the amount. */
  percent: number;
  /** Thresholds, in per cent. */
  reached: readonly number[];
}

/** Says what was spent on a UTC date so far, how the budgets stand, and tells whoever should know, also of periods that ended. */
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
  /** Of the budgets in force, in the periods under way. */
  current: LimitState[];
  /** In periods that ended and are still evaluated, the last one of each budget first. */
  ended: LimitState[];
}

/** How budgets stand, and how they stood at the end of periods that are over. @param note as of `findEnded`. */
export async function stateOfBudgets(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], now: Date, note: boolean): Promise<StateOfBudgets> {
  const asOf = endOfData(days, now) ?? now;
  const ended = await findEnded(reading.stores.lake, budgets, { now, asOf, note });
  const states = await evaluateByDays(reading, [...currentEvaluations(budgets, now, asOf), ...ended], days);
  return { current: states.filter((state) => state.ended === null), ended: states.filter((state) => state.ended !== null) };
}

/** How budgets stand by the days that are built. */
export async function stateOfLimits(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], now: Date): Promise<LimitState[]> {
  return await evaluateByDays(reading, currentEvaluations(budgets, now, endOfData(days, now) ?? now), days);
}

export async function evaluateByDays(reading: SpendReading, evaluations: readonly Evaluation[], days: readonly DayManifest[]): Promise<LimitState[]> {
  const spend = new Map<string, Awaited<ReturnType<typeof readSpend>>>();
  for (const [timezone, { from, to }] of spendNeeded(evaluations)) spend.set(timezone, await readSpend(reading, days, from, to, timezone));
  return evaluateAll(evaluations, spend);
}

/** The time of the last export that is in a built day, or now where that is earlier; undefined where nothing is built. */
export function endOfData(days: readonly DayManifest[], now: Date): Date | undefined {
  const last = lastExport(days);
  return last !== undefined && last > now ? now : last;
}

/** The time of the last export that is in a built day; undefined where nothing is built. */
export function lastExport(days: readonly DayManifest[]): Date | undefined {
  const times = days.flatMap(({ inputs }) => inputs.map(({ export: { time } }) => Date.parse(time)));
  return times.length === 0 ? undefined : new Date(times.reduce((latest, time) => Math.max(latest, time)));
}

/** What job records, logs and `run` show of the states. */
export function summariseLimits(states: readonly LimitState[]): LimitSummary[] {
  return states.map(({ name, period, percent, reached }) => ({ name, period: period.name, percent, reached }));
}
