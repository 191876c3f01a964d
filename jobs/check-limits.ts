import type { DayManifest } from "../src/lake/day-manifest.ts";
import { costOfDay } from "../src/lake/ledger-totals.ts";
import type { Budget } from "../src/limits/budgets/budget.ts";
import { evaluateLimits, spendNeeded, type SpendByTimezone } from "../src/limits/budgets/evaluate-limits.ts";
import type { LimitState } from "../src/limits/budgets/limit-state.ts";
import { formatDollars } from "../src/money.ts";
import type { LedgerContext } from "./ledger-context.ts";
import { readSpend, type SpendReading } from "./limits/read-spend.ts";
import type { SentAlerts } from "./limits/send-alerts.ts";
import { tellAlerts } from "./limits/tell-alerts.ts";

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

/** Says what was spent on a UTC date so far, how the budgets stand, and tells whoever should know. */
export async function checkLimits(ledger: Pick<LedgerContext, "lake" | "allocation" | "alerting" | "budgets" | "log">, days: readonly DayManifest[], now: Date): Promise<CheckedLimits> {
  const date = now.toISOString().slice(0, 10);
  const today = days.filter((day) => day.date === date);
  const spent = today.reduce((sum, day) => sum + costOfDay(day), 0n);
  const states = await stateOfLimits(ledger, ledger.budgets(), days, now);
  const checked = { date, spent_usd: formatDollars(spent) };
  ledger.log.info(checked, "spent so far");
  for (const summary of summariseLimits(states)) ledger.log.info(summary, "budget");
  return { ...checked, states, alerts: await tellAlerts(ledger, states, days, now) };
}

/** How budgets stand by the days that are built. */
export async function stateOfLimits(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], now: Date): Promise<LimitState[]> {
  const asOf = endOfData(days, now) ?? now;
  return evaluateLimits(budgets, await readSpendOf(reading, budgets, days, { now, asOf }), now, asOf);
}

async function readSpendOf(reading: SpendReading, budgets: readonly Budget[], days: readonly DayManifest[], { now, asOf }: { now: Date; asOf: Date }): Promise<SpendByTimezone> {
  const spend = new Map<string, Awaited<ReturnType<typeof readSpend>>>();
  for (const [timezone, { from, to }] of spendNeeded(budgets, now, asOf)) spend.set(timezone, await readSpend(reading, days, from, to, timezone));
  return spend;
}

/** The time of the last export that is in a built day, or now where that is earlier; undefined where nothing is built. */
export function endOfData(days: readonly DayManifest[], now: Date): Date | undefined {
  const times = days.flatMap(({ inputs }) => inputs.map(({ export: { time } }) => Date.parse(time)));
  if (times.length === 0) return undefined;
  const last = times.reduce((latest, time) => Math.max(latest, time));
  return new Date(Math.min(last, now.getTime()));
}

/** What job records, logs and `run` show of the states. */
export function summariseLimits(states: readonly LimitState[]): LimitSummary[] {
  return states.map(({ name, period, percent, reached }) => ({ name, period: period.name, percent, reached }));
}
