import { HOUR_MS } from "../ledger/durations.ts";
import type { SimulationOptions } from "./options.ts";
import type { Random } from "./random.ts";

export interface RequestTime {
  /** Milliseconds since 1970 UTC. */
  at: number;
  machine: boolean;
}

/** As many moments as there are records, in order, over the hours of working days and of the nights between them. */
export function* requestTimes(options: SimulationOptions, random: Random): Generator<RequestTime> {
  const start = Math.floor(options.from.getTime() / 1000) * 1000;
  const hours = options.days * 24;
  const grown = (hour: number): number => 1 + ((options.growth - 1) * hour) / hours;
  let wholeWeight = 0;
  for (let hour = 0; hour < hours; hour += 1) wholeWeight += weigh(start + hour * HOUR_MS).all * grown(hour);

  let weightSoFar = 0;
  let sent = 0;
  for (let hour = 0; hour < hours; hour += 1) {
    const begin = start + hour * HOUR_MS;
    const weight = weigh(begin);
    weightSoFar += weight.all * grown(hour);
    // Rounding the running sum instead of each hour makes the hours add up to the whole.
    const due = hour === hours - 1 ? options.records : Math.floor((options.records * weightSoFar) / wholeWeight);
    const count = due - sent;
    for (let index = 0; index < count; index += 1) {
      const at = begin + Math.floor(((index + random.unit()) * HOUR_MS) / count);
      yield { at, machine: random.chance(weight.machines / weight.all) };
    }
    sent = due;
  }
}

function weigh(time: number): { all: number; machines: number } {
  const date = new Date(time);
  const weekday = date.getUTCDay() % 6 !== 0;
  const hour = date.getUTCHours();
  const office = hour >= 8 && hour < 18;
  const aroundIt = hour === 7 || (hour >= 18 && hour < 21);
  const people = (office ? 1 : aroundIt ? 0.25 : 0.01) * (weekday ? 1 : 0.04);
  const machines = weekday && office ? 0.25 : 0.1;
  return { all: people + machines, machines };
}
