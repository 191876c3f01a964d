import { mapBillings } from "../../ledger/usage/usage-record.ts";
import type { DayFigures } from "./insights.ts";
import { nameTeam, type PaidUsages } from "./paid-usage.ts";

export interface DaySums {
  all: DayFigures[];
  /** By `nameTeam`; a team without usage is not among them. */
  byTeam: ReadonlyMap<string, DayFigures[]>;
}

/** What each day cost, before adjustments, overall and by team. The days of a team add up to it, and teams to the whole, exactly. */
export class RunningDays implements DaySums {
  readonly all: DayFigures[];
  readonly byTeam = new Map<string, DayFigures[]>();
  readonly #days: readonly string[];

  constructor(days: readonly string[]) {
    this.#days = days;
    this.all = noDays(days);
  }

  add(paid: PaidUsages): void {
    for (const { usage, payers } of paid.values()) {
      const index = this.#days.indexOf(usage.day);
      for (const payer of payers) {
        const name = nameTeam(payer);
        const ofTeam = this.byTeam.get(name) ?? noDays(this.#days);
        this.byTeam.set(name, ofTeam);
        for (const day of [this.all[index], ofTeam[index]]) {
          if (day === undefined) throw new RangeError(`${usage.day} is no day of the month`);
          day.requests += payer.figures.requests;
          day.billing[usage.billing] += payer.figures.cost ?? 0n;
        }
      }
    }
  }
}

export function noDays(days: readonly string[]): DayFigures[] {
  return days.map((date) => ({ date, billing: mapBillings(() => 0n), requests: 0n }));
}
