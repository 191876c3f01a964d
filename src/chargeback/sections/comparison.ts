import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { boundMonth, type Month, monthTitle } from "../../ledger/months.ts";
import type { Comparison, DaySpan, KnownDays } from "../report/compared-days.ts";

/** Why months are not compared. */
export function describeNoComparison(comparison: Comparison, month: Month): string {
  const { now, before } = comparison;
  const earlier = monthTitle(monthBefore(month));
  if (comparison.basis === "none" && comparison.isForgotten) return `${monthTitle(month)} is not compared with ${earlier}: only some days could be, and ${earlier} was closed by a version that did not keep its days as they were.`;
  return `${monthTitle(month)} is not compared with ${earlier}: ${describeDays(now, monthTitle(month))}, and ${describeDays(before, earlier)}. No day is known of both.`;
}

/** How many days of both months are known. */
export function describeKnown({ now, before }: Comparison, month: Month): string {
  return `${upperFirst(describeDays(now, monthTitle(month)))}, ${describeDays(before, monthTitle(monthBefore(month)))}.`;
}

export function describeDays(known: KnownDays | null, title: string): string {
  if (known === null) return `no whole day of ${title} is known`;
  const count = known.last - known.first + 1;
  return count === known.of ? `all ${String(count)} days of ${title} are known` : `${String(count)} of ${String(known.of)} days of ${title} are known (${showSpan(known)})`;
}

export function showSpan({ first, last }: DaySpan): string {
  return first === last ? String(first) : `${String(first)} to ${String(last)}`;
}

/** `October 2026`, or `1 to 9 October 2026`. */
export function nameSpan(month: Month, days: DaySpan | null): string {
  return days === null ? monthTitle(month) : `${showSpan(days)} ${monthTitle(month)}`;
}

function monthBefore({ from, timezone }: Month): Month {
  return boundMonth(format(new TZDate(from.getTime() - 1, timezone), "yyyy-MM"), timezone);
}

function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

export function comparisonToJson(comparison: Comparison | null): object | null {
  if (comparison === null) return null;
  const { basis, now, before } = comparison;
  return { basis, days: comparison.basis === "days" ? comparison.days : null, known_days: { now, before } };
}
