import { TZDate } from "@date-fns/tz";
import { format } from "date-fns/format";
import { addDays, dayOf, startOfDay, weekdayOf } from "../../ledger/days.ts";

export type PeriodUnit = "day" | "week" | "month" | "quarter" | "year";

/** A calendar period in a time zone: everything from `from` on and before `to`. */
export interface BudgetPeriod {
  unit: PeriodUnit;
  /** `2026-10-05`, `2026-W41`, `2026-10`, `2026-Q4`, `2026`. */
  name: string;
  from: Date;
  to: Date;
  /** IANA name. */
  timezone: string;
  firstDay: string;
  /** First day after it. */
  endDay: string;
}

type DayBounds = Pick<BudgetPeriod, "name" | "firstDay" | "endDay">;

/** The period that contains an instant. Days have 23 to 25 hours where the clocks change. */
export function boundPeriod(unit: PeriodUnit, at: Date, timezone: string): BudgetPeriod {
  const bounds = BOUND_DAYS[unit](dayOf(at, timezone));
  return { unit, ...bounds, from: startOfDay(bounds.firstDay, timezone), to: startOfDay(bounds.endDay, timezone), timezone };
}

const BOUND_DAYS: Readonly<Record<PeriodUnit, (day: string) => DayBounds>> = {
  day: (day) => ({ name: day, firstDay: day, endDay: addDays(day, 1) }),
  week: (day) => {
    const monday = addDays(day, -weekdayOf(day));
    return { name: nameWeek(monday), firstDay: monday, endDay: addDays(monday, 7) };
  },
  month: (day) => ({ name: day.slice(0, 7), ...boundMonths(day, 1) }),
  quarter: (day) => ({ name: `${day.slice(0, 4)}-Q${String(Math.ceil(monthOf(day) / 3))}`, ...boundMonths(day, 3) }),
  year: (day) => ({ name: day.slice(0, 4), ...boundMonths(day, 12) }),
};

/** A week belongs to the year of its Thursday. */
function nameWeek(monday: string): string {
  return format(new TZDate(Date.parse(monday), "UTC"), "RRRR-'W'II");
}

/** @param count months; they divide the year. */
function boundMonths(day: string, count: number): Pick<DayBounds, "firstDay" | "endDay"> {
  const first = Math.floor((monthOf(day) - 1) / count) * count;
  const startOf = (month: number): string => new Date(Date.UTC(Number(day.slice(0, 4)), month, 1)).toISOString().slice(0, 10);
  return { firstDay: startOf(first), endDay: startOf(first + count) };
}

/** 1 is January. */
function monthOf(day: string): number {
  return Number(day.slice(5, 7));
}
