import { dayOf } from "../../ledger/days.ts";
import type { ClosedAs } from "../../chargeback/diff-months.ts";
import type { DoubtfulDays } from "../../chargeback/closing/usage-as-closed.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";

/** `as closed on 2026-10-02 by Kim (0123456789abcdef)`; the day is in the time zone of the close. */
export function describeClosed({ id, closed_at, closed_by, timezone }: ClosedAs): string {
  return `as closed on ${dayOf(new Date(closed_at), timezone)} by ${visibleText(closed_by)} (${id})`;
}

export function closedJson({ id, closed_at, closed_by }: ClosedAs): object {
  return { id, closed_at, closed_by };
}

/** Lines about days whose records at the close are not known. */
export function describeDoubtful({ rebuilt, asNow }: DoubtfulDays): string[] {
  return [
    ...(rebuilt.length === 0 ? [] : [`attention    the close kept no records of ${listSome(rebuilt, 3)}: rebuilt from the exports that it knew`]),
    ...(asNow.length === 0 ? [] : [`attention    the close kept no records of ${listSome(asNow, 3)}, and some of their exports no longer exist: these days are shown as they are now, not as they were closed`]),
  ];
}

export function doubtfulJson({ rebuilt, asNow }: DoubtfulDays): object {
  return { rebuilt_days: rebuilt, days_as_now: asNow };
}
