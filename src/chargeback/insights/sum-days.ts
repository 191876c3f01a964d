import type { DayFigures } from "./insights.ts";
import { nameTeam, type PaidUsages } from "./paid-usage.ts";

export interface DaySums {
  all: DayFigures[];
  /** By `nameTeam`; a team without usage is not among them. */
  byTeam: ReadonlyMap<string, DayFigures[]>;
}

/** What each day cost, before adjustments, overall and by team. The days of a team add up to it, and teams to the whole, exactly. */
export function sumDays(paid: PaidUsages, days: readonly string[]): DaySums {
  const all = noDays(days);
  const byTeam = new Map<string, DayFigures[]>();
  const indexOf = new Map(days.map((day, index) => [day, index]));
  for (const { usage, payers } of paid.values()) {
    const index = indexOf.get(usage.day) ?? -1;
    for (const payer of payers) {
      const name = nameTeam(payer);
      const ofTeam = byTeam.get(name) ?? noDays(days);
      byTeam.set(name, ofTeam);
      for (const day of [all[index], ofTeam[index]]) {
        if (day === undefined) throw new RangeError(`${usage.day} is no day of the month`);
        day.requests += payer.figures.requests;
        day.billing[usage.billing] += payer.figures.cost ?? 0n;
      }
    }
  }
  return { all, byTeam };
}

export function noDays(days: readonly string[]): DayFigures[] {
  return days.map((date) => ({ date, billing: { metered: 0n, subscription: 0n, self_hosted: 0n }, requests: 0n }));
}
