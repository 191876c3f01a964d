import type { Nanodollars } from "../../ledger/money.ts";
import { descending } from "../../ledger/orders.ts";

/** What a team owes for a model, for a caller or for a value of a dimension. */
export interface DriverSum {
  team: string;
  /** `model`, `charge`, `caller`, or the name of a dimension. */
  kind: string;
  name: string;
  owed: Nanodollars;
}

/** A model, a caller or a value of a dimension, and how much more is owed for it than in the month before. */
export interface ChangeDriver extends Pick<DriverSum, "kind" | "name"> {
  difference: Nanodollars;
}

/**
 * The main drivers of a change: for each kind (model, caller, each dimension) the one whose amount changed most in the direction of the total,
 * largest first. Kinds without a change in that direction are left out.
 */
export function findDrivers(before: readonly DriverSum[], now: readonly DriverSum[], change: Nanodollars): ChangeDriver[] {
  const differences = new Map<string, ChangeDriver>();
  const add = ({ kind, name }: DriverSum, amount: Nanodollars): void => {
    const key = JSON.stringify([kind, name]);
    differences.set(key, { kind, name, difference: (differences.get(key)?.difference ?? 0n) + amount });
  };
  for (const one of before) add(one, -one.owed);
  for (const one of now) add(one, one.owed);
  const towards = [...differences].filter(([, { difference }]) => (change < 0n ? difference < 0n : difference > 0n));
  const bySize = towards.toSorted(([a, one], [b, other]) => descending(size(one), size(other)) || (a < b ? -1 : 1)).map(([, driver]) => driver);
  return [...Map.groupBy(bySize, ({ kind }) => kind).values()].flatMap(([largest]) => (largest === undefined ? [] : [largest]));
}

function size({ difference }: ChangeDriver): Nanodollars {
  return difference < 0n ? -difference : difference;
}
