import type { LedgerState } from "../../lake/ledger-state.ts";
import { startOfDay } from "../../ledger/days.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import type { KnownTime } from "../report/compared-days.ts";

/** Exports say until when usage is known; without any, the end of the last day does. */
export function knownTime({ exports, days }: Pick<LedgerState, "exports" | "days">, timezone: string): KnownTime {
  const dates = [...days.values()].map(({ date }) => date).sort();
  const ends = [...exports.values()].map(({ time }) => new Date(time).getTime());
  const lastDay = startOfDay(dates.at(-1) ?? "1970-01-01", timezone).getTime() + DAY_MS;
  return { from: startOfDay(dates[0] ?? "9999-12-31", timezone), to: new Date(ends.length === 0 ? lastDay : ends.reduce((last, end) => Math.max(last, end), 0)) };
}
