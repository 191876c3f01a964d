import type { DuckDBConnection } from "@duckdb/node-api";
import type { Allocated } from "../../allocation/shares/allocate.ts";
import { allocateSpan } from "../../allocation/shares/allocate-span.ts";
import type { AllocationSettings } from "../../allocation/settings/settings.ts";
import { daysOfMonth, type Month, utcDates } from "../../ledger/months.ts";
import { startOfDay } from "../../ledger/days.ts";

/** Local rollups of one UTC date of one gateway. */
interface DatedRollups {
  date: string;
  file: string;
}

export interface AllocatedDay {
  /** `YYYY-MM-DD` in the month's time zone. */
  day: string;
  from: Date;
  to: Date;
  /** Those that may hold usage of the day: a day in the month’s time zone touches several UTC dates. */
  rollups: readonly string[];
  allocated: readonly Allocated[];
}

export interface AllocatedDays {
  /** What invoices change for the whole month; it belongs to no single day. */
  truedUp: readonly Allocated[];
  /** Each day of the month, in order. */
  days: AsyncIterable<AllocatedDay>;
}

/**
 * Allocates a month one day at a time, because a whole month would not fit into memory. The days and what is trued up add up to the month's
 * allocations, to the nanodollar.
 */
export async function allocateDays(duck: DuckDBConnection, rollups: readonly DatedRollups[], month: Month, settings: AllocationSettings): Promise<AllocatedDays> {
  const { direct, truedUp } = await allocateMonth(duck, rollups, month, settings);
  const days = daysOfMonth(month);
  const starts = days.map((day) => startOfDay(day, month.timezone));
  const allocate = async function* (): AsyncGenerator<AllocatedDay> {
    for (const [index, day] of days.entries()) {
      const span = { from: starts[index] ?? month.from, to: starts[index + 1] ?? month.to };
      const dates = new Set(utcDates({ ...month, ...span }));
      const ofDay = rollups.filter(({ date }) => dates.has(date)).map(({ file }) => file);
      yield { day, ...span, rollups: ofDay, allocated: (await allocateSpan(duck, ofDay, span, settings, [], direct)).allocated };
    }
  };
  return { truedUp, days: allocate() };
}

/** What allocating a day needs from the whole month: what pools are spread by, and invoices. Empty without either. */
async function allocateMonth(duck: DuckDBConnection, rollups: readonly DatedRollups[], month: Month, settings: AllocationSettings) {
  if (settings.pools.length === 0 && (settings.trueUps ?? []).length === 0) return { direct: new Map<string, bigint>(), truedUp: [] };
  const { direct, truedUp } = await allocateSpan(duck, rollups.map(({ file }) => file), month, settings);
  return { direct, truedUp };
}
