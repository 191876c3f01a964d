import { addDays } from "../../ledger/days.ts";
import type { Nanodollars } from "../../ledger/money.ts";
import { UNTAGGED } from "../../ledger/names/unassigned.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import type { DaySpend } from "../budgets/spend.ts";
import { distance, findUsualRange, UNITS_PER_NANODOLLAR } from "./usual-range.ts";

type SubjectKind = "team" | "tag" | "caller";

export interface AnomalySettings {
  of: readonly SubjectKind[];
  historyDays: number;
  leastDays: number;
  /** Distance from the median, in spreads. */
  threshold: number;
  /** Least distance from the median. */
  minimum: Nanodollars;
  direction: "up" | "both";
}

export interface NamedAmount {
  name: string;
  amount: Nanodollars;
}

/** A day on which a subject's spend left its usual range. */
export interface Anomaly {
  kind: SubjectKind;
  name: string;
  /** `YYYY-MM-DD` in the configured time zone. */
  day: string;
  spent: Nanodollars;
  median: Nanodollars;
  /** The range that it left. */
  low: Nanodollars;
  high: Nanodollars;
  /** Tenths of spreads between spend and median; null when there is no spread. */
  tenths: bigint | null;
  /** Number of days that the range is based on. */
  days: number;
  /** Parts of the day's spend, largest first. */
  models: NamedAmount[];
  callers: NamedAmount[];
}

const MILLION = 1_000_000;

/**
 * Finds unusual spend on a day, compared with the median of the days before. Usage that callers pay for themselves does not count.
 * A day without spend counts as 0 from the subject's first day with spend. In order of kind and name.
 */
export function findAnomalies(spends: readonly DaySpend[], day: string, settings: AnomalySettings): Anomaly[] {
  return [...new Set(settings.of)].sort().flatMap((kind) => {
    const subjects = Map.groupBy(spends, (spend) => spend[kind]);
    if (kind === "tag") subjects.delete(UNTAGGED);
    return [...subjects]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, rows]) => judge(kind, name, rows, day, settings) ?? []);
  });
}

function judge(kind: SubjectKind, name: string, rows: readonly DaySpend[], day: string, settings: AnomalySettings): Anomaly | undefined {
  const byDay = sumBy(rows, (row) => row.day);
  const history = listHistory(byDay, day, settings.historyDays);
  if (history.length < settings.leastDays) return undefined;
  const spent = byDay.get(day) ?? 0n;
  const { median, spread } = findUsualRange(history);
  const above = spent * UNITS_PER_NANODOLLAR - median;
  const away = distance(above, 0n);
  const margin = (BigInt(Math.round(settings.threshold * MILLION)) * spread) / BigInt(MILLION);
  if (away <= margin || away < settings.minimum * UNITS_PER_NANODOLLAR) return undefined;
  if (above < 0n && settings.direction === "up") return undefined;
  const ofDay = rows.filter((row) => row.day === day);
  return {
    kind,
    name,
    day,
    spent,
    median: median / UNITS_PER_NANODOLLAR,
    low: median > margin ? (median - margin) / UNITS_PER_NANODOLLAR : 0n,
    high: (median + margin) / UNITS_PER_NANODOLLAR,
    tenths: spread === 0n ? null : (away * 10n) / spread,
    days: history.length,
    models: rank(sumBy(ofDay, (row) => row.model)),
    callers: rank(sumBy(ofDay, (row) => row.caller)),
  };
}

/** The spend on each of the days before, from the first day with cost: free requests do not start a history. */
function listHistory(byDay: ReadonlyMap<string, Nanodollars>, day: string, most: number): Nanodollars[] {
  let known = day;
  for (const [one, cost] of byDay) if (cost > 0n && one < known) known = one;
  const earliest = addDays(day, -most);
  const amounts: Nanodollars[] = [];
  for (let one = known > earliest ? known : earliest; one < day; one = addDays(one, 1)) amounts.push(byDay.get(one) ?? 0n);
  return amounts;
}

function sumBy(rows: readonly DaySpend[], keyOf: (row: DaySpend) => string): Map<string, Nanodollars> {
  const sums = new Map<string, Nanodollars>();
  for (const row of rows) {
    if (isListValue(row.billing)) continue;
    sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0n) + (row.cost ?? 0n));
  }
  return sums;
}

function rank(sums: ReadonlyMap<string, Nanodollars>): NamedAmount[] {
  const amounts = [...sums].map(([name, amount]) => ({ name, amount })).filter(({ amount }) => amount !== 0n);
  return amounts.sort((a, b) => (a.amount === b.amount ? (a.name < b.name ? -1 : 1) : a.amount > b.amount ? -1 : 1));
}
